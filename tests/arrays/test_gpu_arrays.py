"""Arrays on a GPU: filtered there, in stream order, without a copy to the host, and returned in their own kind."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import DeviceError, DeviceImage, ImageError, Pipeline, devices
from imgcuda.cuda.driver_api import choice, driver
from imgcuda.layouts import LAYOUTS, ImageLayout
from support.installed import installed

Make = Callable[..., npt.NDArray[Any]]
FILTERS = installed()
INVERT = FILTERS.create("invert", {})
BLUR = FILTERS.create("blur", {"sigma": 1.5})
CHAINS = {
    "invert": Pipeline([INVERT]),
    "blur": Pipeline([BLUR]),
    "three": Pipeline([INVERT, BLUR, FILTERS.create("grayscale", {})]),
    "another size": Pipeline([FILTERS.create("resize", {"width": 20, "height": 17})]),
    "none": Pipeline([]),
}
SLOW = """extern "C" __global__ void slow(unsigned char *to, const unsigned char *from, int n, long long cycles)
{
    long long start = clock64();
    while (clock64() - start < cycles) { }
    for (int i = threadIdx.x; i < n; i += blockDim.x) to[i] = from[i];
}"""
CYCLES = 200_000_000
"""About a tenth of a second: far longer than a call takes."""


class Library:
    """How the tests use a library: arrays on a GPU, streams, and copies to the host."""

    name = ""

    def __init__(self, module: Any) -> None:
        self.module = module

    def array(self, image: npt.NDArray[Any], gpu: int = 0) -> Any:
        raise NotImplementedError

    def on_host(self, array: Any) -> npt.NDArray[Any]:
        raise NotImplementedError

    def is_own(self, array: Any) -> bool:
        raise NotImplementedError


class Cupy(Library):
    name = "cupy"

    def array(self, image: npt.NDArray[Any], gpu: int = 0) -> Any:
        with self.module.cuda.Device(gpu):
            return self.module.asarray(image)

    def on_host(self, array: Any) -> npt.NDArray[Any]:
        return np.asarray(self.module.asnumpy(array))

    def is_own(self, array: Any) -> bool:
        return isinstance(array, self.module.ndarray)


class Torch(Library):
    name = "torch"

    def array(self, image: npt.NDArray[Any], gpu: int = 0) -> Any:
        return self.module.from_numpy(np.ascontiguousarray(image)).to(f"cuda:{gpu}")

    def on_host(self, array: Any) -> npt.NDArray[Any]:
        return np.asarray(array.cpu().numpy())

    def is_own(self, array: Any) -> bool:
        return isinstance(array, self.module.Tensor) and bool(array.is_cuda)


class Numba(Library):
    name = "numba.cuda"

    def array(self, image: npt.NDArray[Any], gpu: int = 0) -> Any:
        return self.module.to_device(np.ascontiguousarray(image))

    def on_host(self, array: Any) -> npt.NDArray[Any]:
        return np.asarray(array.copy_to_host())

    def is_own(self, array: Any) -> bool:
        return bool(self.module.is_cuda_array(array)) and hasattr(array, "copy_to_host")


class Ours(Library):
    name = "imgcuda"

    def array(self, image: npt.NDArray[Any], gpu: int = 0) -> Any:
        return DeviceImage.upload(image, f"cuda:{gpu}")

    def on_host(self, array: Any) -> npt.NDArray[Any]:
        return np.asarray(array.download())

    def is_own(self, array: Any) -> bool:
        return isinstance(array, DeviceImage)


@pytest.fixture
def cupy(gpu: str) -> Cupy:
    return Cupy(pytest.importorskip("cupy"))


@pytest.fixture
def torch(gpu: str) -> Torch:
    found = pytest.importorskip("torch")
    if not found.cuda.is_available():
        pytest.skip("this PyTorch has no CUDA")
    return Torch(found)


@pytest.fixture(params=[Cupy, Torch, Numba, Ours], ids=lambda kind: kind.name)
def library(request: pytest.FixtureRequest, gpu: str) -> Library:
    kind: type[Library] = request.param
    if kind is Torch:
        return request.getfixturevalue("torch")  # type: ignore[no-any-return]
    return kind(pytest.importorskip(kind.name))


class Transfers:
    """Counts the bytes that PyCUDA copies between host and device."""

    def __init__(self) -> None:
        self.down = 0
        self.up = 0


@pytest.fixture
def transfers(gpu: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Transfers]:
    counted = Transfers()
    up, down = driver().memcpy_htod_async, driver().memcpy_dtoh_async

    def count_up(target: Any, source: Any, *rest: Any) -> None:
        counted.up += memoryview(source).nbytes
        up(target, source, *rest)

    def count_down(target: Any, source: Any, *rest: Any) -> None:
        counted.down += memoryview(target).nbytes
        down(target, source, *rest)

    monkeypatch.setattr(driver(), "memcpy_htod_async", count_up)
    monkeypatch.setattr(driver(), "memcpy_dtoh_async", count_down)
    yield counted


# The same kind, the same samples, no copy


@pytest.mark.parametrize("kind", ["uint8", "float32"])
@pytest.mark.parametrize("shape", [(41, 64), (41, 63, 3), (41, 63, 4)], ids=str)
@pytest.mark.parametrize("name", CHAINS)
def test_the_own_kind_comes_back_with_the_same_samples(
    library: Library, gpu: str, name: str, shape: tuple[int, ...], kind: str, random_image: Make
) -> None:
    image = random_image(shape, kind)
    made = CHAINS[name](library.array(image))
    assert library.is_own(made)
    np.testing.assert_array_equal(library.on_host(made), CHAINS[name](image, device=gpu))


def test_no_pixel_is_copied_to_the_host_or_from_it(library: Library, transfers: Transfers, random_image: Make) -> None:
    image = random_image((500, 700, 3))
    given = library.array(image)
    CHAINS["three"](given)
    transfers.up = transfers.down = 0
    CHAINS["three"](given)
    assert transfers.down == 0
    assert transfers.up < 1000  # the weights of the blur


def test_the_input_is_not_changed_and_not_given_back(library: Library, random_image: Make) -> None:
    image = random_image((40, 50, 3))
    given = library.array(image)
    for name in CHAINS:
        assert CHAINS[name](given) is not given
    np.testing.assert_array_equal(library.on_host(given), image)


VIEWS: dict[str, Callable[[Any], Any]] = {
    "turned": lambda a: a.swapaxes(0, 1),
    "a part": lambda a: a[3:, 2:-1],
    "every second": lambda a: a[::2, ::2],
    "from an odd address": lambda a: a[1:],
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_read_by_its_strides(torch: Torch, cupy: Cupy, view: str, gpu: str, random_image: Make) -> None:
    image = random_image((40, 51, 3))
    for library in (torch, cupy):
        given = library.array(image)
        made = BLUR(VIEWS[view](given))
        wanted = BLUR(np.ascontiguousarray(VIEWS[view](image)), device=gpu)
        np.testing.assert_array_equal(library.on_host(made), wanted)


def test_channels_first_of_torch_is_read_after_a_permutation(torch: Torch, gpu: str, random_image: Make) -> None:
    image = random_image((3, 40, 50), "float32")
    made = BLUR(torch.array(image).permute(1, 2, 0))
    np.testing.assert_array_equal(torch.on_host(made), BLUR(np.ascontiguousarray(image.transpose(1, 2, 0)), device=gpu))


SIZES = {"N": 3, "H": 40, "W": 51, "C": 3}


@pytest.mark.parametrize("name", ["blur", "three", "another size"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_read_and_returned(
    library: Library, layout: ImageLayout, name: str, gpu: str, random_image: Make
) -> None:
    image = random_image(tuple(SIZES[axis] for axis in layout))
    made = CHAINS[name](library.array(image), layout=layout)
    assert library.is_own(made)
    wanted = CHAINS[name](image, device=gpu, layout=layout)
    np.testing.assert_array_equal(library.on_host(made), wanted)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_in_strides_is_written_to_out_and_to_the_array_itself(
    torch: Torch, cupy: Cupy, layout: ImageLayout, transfers: Transfers, gpu: str, random_image: Make
) -> None:
    image = random_image(tuple(SIZES[axis] for axis in layout))
    wanted = BLUR(image[..., ::2], device=gpu, layout=layout)
    for library in (torch, cupy):
        whole, target = library.array(image), library.array(np.zeros_like(image))
        given, out = whole[..., ::2], target[..., ::2]
        transfers.down = 0
        assert BLUR(given, out=out, layout=layout) is out
        BLUR(given, out=given, layout=layout)
        assert transfers.down == 0
        np.testing.assert_array_equal(library.on_host(out), wanted)
        np.testing.assert_array_equal(library.on_host(given), wanted)
        np.testing.assert_array_equal(library.on_host(whole)[..., 1::2], image[..., 1::2])


def test_channels_last_of_torch_is_not_copied_and_stays(torch: Torch, random_image: Make) -> None:
    tensor = torch.array(random_image((4, 3, 64, 48))).to(memory_format=torch.module.channels_last)
    made = INVERT(tensor, layout="NCHW")
    assert made.is_contiguous(memory_format=torch.module.channels_last)
    assert torch.module.equal(made, 255 - tensor)


@pytest.mark.parametrize("shape", [(40, 51, 7), (64, 64, 12)], ids=str)
def test_more_than_four_channels_are_filtered_in_groups(
    library: Library, shape: tuple[int, ...], transfers: Transfers, gpu: str, random_image: Make
) -> None:
    image = random_image(shape, "uint16")
    given = library.array(image)
    transfers.down = 0
    made = BLUR(given)
    assert transfers.down == 0
    np.testing.assert_array_equal(library.on_host(made), BLUR(image, device=gpu))


@pytest.mark.parametrize("kind", ["float16", "float64"])
@pytest.mark.parametrize("name", CHAINS)
def test_other_floats_are_computed_as_float32_and_come_back(
    library: Library, name: str, kind: str, gpu: str, random_image: Make
) -> None:
    image = random_image((41, 63, 3), "float32").astype(kind)
    made = CHAINS[name](library.array(image))
    wanted = CHAINS[name](image, device=gpu)
    assert library.on_host(made).dtype == kind
    np.testing.assert_array_equal(library.on_host(made), wanted)


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_bfloat16_of_torch_is_rounded_as_torch_rounds(
    torch: Torch, name: str, layout: ImageLayout, random_image: Make
) -> None:
    image = torch.array(random_image(tuple(SIZES[axis] for axis in layout), "float32")).bfloat16()
    wanted = CHAINS[name](image.float(), layout=layout).bfloat16()
    made = CHAINS[name](image, layout=layout)
    assert made.dtype == torch.module.bfloat16
    assert torch.module.equal(made, wanted)
    out = torch.module.empty_like(wanted)
    assert CHAINS[name](image, layout=layout, out=out) is out
    assert torch.module.equal(out, wanted)


def test_bfloat16_of_jax_comes_back(gpu: str, random_image: Make) -> None:
    jax = pytest.importorskip("jax")
    if jax.default_backend() != "gpu":
        pytest.skip("this JAX has no CUDA")
    image = jax.numpy.asarray(random_image((40, 50, 3), "float32")).astype(jax.numpy.bfloat16)
    made = BLUR(image)
    assert made.dtype == jax.numpy.bfloat16
    wanted = jax.numpy.asarray(BLUR(image.astype(jax.numpy.float32))).astype(jax.numpy.bfloat16)
    assert bool((made == wanted).all())


def test_a_two_phase_filter_measures_on_the_gpu(library: Library, gpu: str, random_image: Make) -> None:
    equalize = FILTERS.create("equalize", {})
    image = random_image((60, 70))
    np.testing.assert_array_equal(library.on_host(equalize(library.array(image))), equalize(image, device=gpu))


@pytest.mark.parametrize("itself", [False, True], ids=["another array", "the array itself"])
@pytest.mark.parametrize("name", ["invert", "blur"])
def test_the_result_may_be_written_to_an_array_of_the_caller(
    torch: Torch, cupy: Cupy, name: str, itself: bool, gpu: str, random_image: Make
) -> None:
    image = random_image((40, 52, 3))
    for library in (torch, cupy):
        given = library.array(image)
        out = given if itself else library.array(np.zeros_like(image))
        assert CHAINS[name](given, out=out) is out
        np.testing.assert_array_equal(library.on_host(out), CHAINS[name](image, device=gpu))


def test_pycudas_arrays_come_back(gpu: str, random_image: Make) -> None:
    gpuarray = pytest.importorskip("pycuda.gpuarray")
    if choice() != "pycuda":
        pytest.skip("PyCUDA takes contexts that it has made current itself")
    from imgcuda.cuda.context import pushed_if_open

    DeviceImage.upload(random_image((4, 4)), gpu)  # opens the primary context
    image = random_image((40, 50, 3))
    with pushed_if_open(0):
        made = BLUR(gpuarray.to_gpu(image))
        assert isinstance(made, gpuarray.GPUArray)
        np.testing.assert_array_equal(made.get(), BLUR(image, device=gpu))
        del made


def test_jax_comes_back_on_its_gpu(gpu: str, random_image: Make) -> None:
    jax = pytest.importorskip("jax")
    if jax.default_backend() != "gpu":
        pytest.skip("this JAX has no CUDA")
    image = random_image((40, 50, 3))
    made = BLUR(jax.numpy.asarray(image))
    assert isinstance(made, jax.Array)
    np.testing.assert_array_equal(np.asarray(made), BLUR(image, device=gpu))


def test_cv_cudas_tensors_come_back(torch: Torch, gpu: str, random_image: Make) -> None:
    cvcuda = pytest.importorskip("cvcuda")
    image = random_image((40, 50, 3))
    given = torch.array(image)
    made = BLUR(cvcuda.as_tensor(given, "HWC"))
    assert isinstance(made, cvcuda.Tensor)
    np.testing.assert_array_equal(torch.module.as_tensor(made.cuda(), device="cuda").cpu(), BLUR(image, device=gpu))


# Refusals


def test_a_cpu_is_refused_with_the_remedy(library: Library, random_image: Make) -> None:
    with pytest.raises(DeviceError, match=r"the array is on cuda:0, and device is cpu; .* \.get\(\) of CuPy or \.cpu"):
        INVERT(library.array(random_image((5, 6))), device="cpu")


def test_wrong_types_shapes_and_outs_are_refused(torch: Torch, random_image: Make) -> None:
    image = torch.array(random_image((5, 6, 3)))
    with pytest.raises(ImageError, match=r"samples must be .* or float64; got int32"):
        INVERT(image.int())
    with pytest.raises(ImageError, match=r"got bool; convert with array\.astype\('uint8'\) \* 255"):
        INVERT(image.bool())
    with pytest.raises(ImageError, match="1 to 4 channels"):
        INVERT(image.permute(2, 0, 1))
    with pytest.raises(ImageError, match=r"cannot be read on the GPU: .*requires? grad"):
        INVERT(image.float().requires_grad_())
    with pytest.raises(ImageError, match=r"layout='NCHW' takes \(images, channels, height, width\); got shape"):
        INVERT(image.permute(2, 0, 1), layout="NCHW")
    with pytest.raises(ImageError, match=r"shape and type, \(5, 6, 3\) uint8; its elements share memory"):
        INVERT(image, out=image[:1].expand(5, 6, 3))
    with pytest.raises(ImageError, match=r"grayscale takes images of 1 to 4 channels, since .* this one has 6"):
        FILTERS.create("grayscale", {})(image.repeat(2, 2, 2))
    with pytest.raises(ImageError, match=r"\(5, 6, 3\) uint8; it is \(5, 6\) uint8"):
        INVERT(image, out=image[:, :, 0].clone())
    with pytest.raises(ImageError, match="out must be a writable array of the array's own kind, Tensor; got a ndarray"):
        INVERT(image, out=np.zeros((5, 6, 3), np.uint8))


def test_an_image_beyond_the_memory_limit_is_refused_with_the_remedy(
    torch: Torch, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = torch.array(random_image((500, 700, 3)))
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", "100K")
    with pytest.raises(imgcuda.DeviceMemoryError, match=r"does not run in strips.*\.get\(\) or \.cpu\(\)"):
        CHAINS["three"](given)


# Stream order


def slow_copy(cupy: Cupy, target: Any, source: Any) -> None:
    """Queue a copy that takes long, in CuPy's current stream."""
    kernel = cupy.module.RawKernel(SLOW, "slow")
    kernel((1,), (256,), (target, source, np.int32(source.size), np.int64(CYCLES)))


@pytest.mark.parametrize("stream", ["default", "blocking", "non-blocking"])
def test_a_call_waits_on_the_gpu_for_a_slow_producer(cupy: Cupy, stream: str, gpu: str, random_image: Make) -> None:
    image = random_image((64, 64, 3))
    wanted = BLUR(image, device=gpu)
    module = cupy.module
    source, late = module.asarray(image), module.zeros_like(module.asarray(image))
    BLUR(late)  # everything is compiled
    slow_copy(cupy, module.zeros_like(late), source)
    module.cuda.Device().synchronize()
    own = {
        "default": module.cuda.Stream.null,
        "blocking": module.cuda.Stream(),
        "non-blocking": module.cuda.Stream(non_blocking=True),
    }[stream]
    with own:
        slow_copy(cupy, late, source)
        made = BLUR(late)
        assert not own.done  # the call came back while the producer still ran
        on_host = module.asnumpy(made, stream=own)
    own.synchronize()
    np.testing.assert_array_equal(on_host, wanted)


def test_what_the_caller_queues_next_waits_for_the_result(torch: Torch, gpu: str, random_image: Make) -> None:
    image = random_image((1024, 1024, 3))
    wanted = BLUR(image, device=gpu)
    module = torch.module
    given = torch.array(image)
    BLUR(given)
    for stream in (module.cuda.current_stream(), module.cuda.Stream()):
        stream.wait_stream(module.cuda.current_stream())
        with module.cuda.stream(stream):
            for _ in range(20):
                copy = given.clone()
                made = BLUR(copy).clone()
                copy.zero_()  # the filter must have read it
                stream.synchronize()
                np.testing.assert_array_equal(torch.on_host(made), wanted)


def test_a_batch_that_is_copied_on_the_way_keeps_the_order_of_streams(
    torch: Torch, gpu: str, random_image: Make
) -> None:
    images, module = random_image((4, 3, 256, 300), "float32").astype("float16"), torch.module
    wanted, given = BLUR(images, device=gpu, layout="NCHW"), torch.array(images)
    BLUR(given, layout="NCHW")
    for stream in (module.cuda.current_stream(), module.cuda.Stream()):
        stream.wait_stream(module.cuda.current_stream())
        with module.cuda.stream(stream):
            for _ in range(20):
                copy = given.clone()
                made = BLUR(copy, layout="NCHW").clone()
                copy.zero_()  # the filter must have read it
                stream.synchronize()
                np.testing.assert_array_equal(torch.on_host(made), wanted)


def test_a_device_image_is_handed_on_after_the_work_that_makes_it(
    cupy: Cupy, torch: Torch, gpu: str, random_image: Make
) -> None:
    image = random_image((700, 900, 3))
    wanted = BLUR(image, device=gpu)
    for _ in range(10):
        made = BLUR(DeviceImage.upload(image, gpu))
        for read in (torch.module.as_tensor(made, device="cuda"), torch.module.from_dlpack(made)):
            np.testing.assert_array_equal(torch.on_host(read), wanted)
        for other in (cupy.module.asarray(made), cupy.module.from_dlpack(made)):
            np.testing.assert_array_equal(cupy.on_host(other), wanted)
        made.free()
        np.testing.assert_array_equal(torch.on_host(read), wanted)  # what is read by DLPack stays
        np.testing.assert_array_equal(cupy.on_host(other), wanted)


def test_dlpack_takes_streams_as_the_standard_has_them(gpu: str, random_image: Make) -> None:
    image = DeviceImage.upload(random_image((4, 5)), gpu)
    for stream in (None, 1, 2, -1):
        assert image.__dlpack__(stream=stream) is not None
    with pytest.raises(ValueError, match="stream must not be 0"):
        image.__dlpack__(stream=0)


# A DeviceImage


def test_a_device_image_is_copied_where_a_consumer_asks_for_it(gpu: str, torch: Torch, random_image: Make) -> None:
    image = random_image((40, 50, 3))
    given = DeviceImage.upload(image, gpu)
    capsule = given.__dlpack__(copy=True)
    made = torch.module.utils.dlpack.from_dlpack(capsule)
    assert made.data_ptr() != given.__cuda_array_interface__["data"][0]
    np.testing.assert_array_equal(torch.on_host(made), image)
    with pytest.raises(BufferError, match="is not on DLPack's device"):
        given.__dlpack__(dl_device=(1, 0), copy=False)


def test_a_freed_image_is_refused(gpu: str, random_image: Make) -> None:
    with DeviceImage.upload(random_image((4, 5)), gpu) as image:
        INVERT(image).free()
    with pytest.raises(DeviceError, match="this DeviceImage was freed"):
        INVERT(image)


def test_a_device_image_needs_one_gpu(gpu: str, random_image: Make) -> None:
    with pytest.raises(DeviceError, match="is on one GPU, as cuda or cuda:0; device is 'cpu'"):
        DeviceImage.upload(random_image((4, 5)), "cpu")


# Memory and threads


alone = pytest.mark.skipif("PYTEST_XDIST_WORKER" in os.environ, reason="other processes use the GPU's memory: -n 0")
"""For what compares all of the GPU's memory."""


def taken() -> int:
    """Return how much of the GPU's memory is in use when all work is done."""
    import pycuda.driver as driver

    from imgcuda.cuda.context import pushed_if_open

    gc.collect()
    with pushed_if_open(0):
        driver.Context.synchronize()
        free, total = driver.mem_get_info()
    return int(total - free)


@alone
def test_a_thousand_calls_take_no_more_memory_than_ten(library: Library, random_image: Make) -> None:
    given = library.array(random_image((500, 700, 3)))
    for _ in range(10):
        CHAINS["three"](given)
    before = taken()
    for _ in range(1000):
        CHAINS["three"](given)
    assert taken() - before < 32 << 20  # 1,000 results are 350 MB


@alone
def test_batches_that_are_copied_on_the_way_take_no_more_memory_with_time(library: Library, random_image: Make) -> None:
    given = library.array(random_image((3, 3, 300, 200), "float32").astype("float16"))
    for _ in range(10):
        CHAINS["three"](given, layout="NCHW")
    before = taken()
    for _ in range(300):
        CHAINS["three"](given, layout="NCHW")
    assert taken() - before < 32 << 20  # 300 results are 108 MB, and the copies in between 2 GB


def test_two_threads_on_two_streams_do_not_mix(cupy: Cupy, gpu: str, random_image: Make) -> None:
    images = [random_image((300, 400, 3)), random_image((300, 400, 3))[::-1].copy()]
    wanted = [CHAINS["three"](image, device=gpu) for image in images]
    wrong: list[int] = []

    def work(number: int) -> None:
        with cupy.module.cuda.Stream(non_blocking=True) as stream:
            given = cupy.module.asarray(images[number])
            for _ in range(100):
                made = CHAINS["three"](given)
                on_host = cupy.module.asnumpy(made, stream=stream)
                stream.synchronize()
                if not (on_host == wanted[number]).all():
                    wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_each_array_is_filtered_on_its_own_gpu(torch: Torch, cupy: Cupy, random_image: Make) -> None:
    if len(devices.find()) < 3:
        pytest.skip("there is one GPU")
    image = random_image((60, 70, 3))
    wanted = BLUR(image, device="cuda:1")
    for library in (torch, cupy):
        made = BLUR(library.array(image, 1))
        assert int(made.__dlpack_device__()[1]) == 1
        np.testing.assert_array_equal(library.on_host(made), wanted)
        with pytest.raises(DeviceError, match="the array is on cuda:1, and device is cuda:0; leave device away"):
            BLUR(library.array(image, 1), device="cuda:0")


@alone
def test_results_in_memory_of_ours_end_with_their_last_reader(gpu: str, random_image: Make) -> None:
    image = DeviceImage.upload(random_image((4000, 4000, 3)), gpu)
    before = taken()
    for _ in range(50):
        INVERT(image)
    assert taken() - before < 256 << 20  # 50 results are 2.4 GB

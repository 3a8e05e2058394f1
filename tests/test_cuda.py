"""Tests that need a GPU: its memory and contexts are released, and its errors are translated."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import DeviceArray, DeviceError, DeviceMemoryError, Filter, FilterError, Gpu, devices
from imgcuda.cuda import driver_calls, presence
from imgcuda.cuda import memory as cuda_memory
from imgcuda.cuda.driver_api import driver
from imgcuda.engine.protocol import Launch
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Source, specialize
from imgcuda.testing import assert_close

if TYPE_CHECKING:
    from support.gpu_memory import GpuMemory

Make = Callable[..., npt.NDArray[Any]]


class Fragile(Filter):
    """Fail after it has taken 64 MiB."""

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source("fragile.cu", "")

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        gpu.empty((64, 2**20), np.uint8)
        raise RuntimeError("half-way")


class Greedy(Filter):
    """Ask for more than there is."""

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source("greedy.cu", "")

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return gpu.empty((2**20, 2**20, 4), np.float32)


def contexts() -> int:
    """Return how many contexts are on this thread's stack."""
    current = ctypes.c_void_p()
    driver_calls.function("cuCtxGetCurrent")(ctypes.byref(current))
    return int(current.value is not None)


def test_a_gpu_is_present() -> None:
    """Say once, and plainly, why nothing below ran."""
    if why := devices.no_gpu():
        pytest.skip(why)
    assert presence.count() >= 1


FORK = """
import sys
from multiprocessing import get_context
import numpy as np
import imgcuda
from imgcuda.engine.protocol import Launch
image = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
imgcuda.apply(image, "invert", device=sys.argv[1])
with get_context("fork").Pool(1) as pool:
    print((pool.apply(imgcuda.apply, (image, "invert")) == 255 - image).all())
    try:
        pool.apply(imgcuda.apply, (image, "invert"), {"device": sys.argv[1]})
    except imgcuda.DeviceError as error:
        print(error)
"""


def test_a_forked_process_runs_filters_on_the_cpu(gpu: str) -> None:
    done = subprocess.run([sys.executable, "-c", FORK, gpu], capture_output=True, text=True, timeout=60)
    right, said = done.stdout.splitlines()
    assert right == "True"
    assert "this process was forked from one that had used a GPU" in said


# Memory


@pytest.mark.parametrize("shape", [(500, 700, 4), (3000, 4000, 3)], ids=["whole", "in strips"])
@pytest.mark.parametrize("name", ["blur", "edges", "grayscale"])
def test_no_memory_is_left_after_a_filter(
    gpu: str, name: str, shape: tuple[int, ...], random_image: Make, gpu_memory: GpuMemory
) -> None:
    image = random_image(shape)
    for _ in range(20):
        imgcuda.apply(image, name, device=gpu)
    assert gpu_memory.most > image.nbytes
    assert gpu_memory.after_giving_back() == 0


def test_no_memory_is_left_after_a_filter_that_fails(gpu: str, random_image: Make, gpu_memory: GpuMemory) -> None:
    image = random_image((500, 700, 3))
    for _ in range(20):
        with pytest.raises(FilterError, match=r"fragile failed at test_cuda\.py:\d+: RuntimeError: half-way"):
            Fragile()(image, device=gpu)
    assert gpu_memory.most > 64 << 20
    assert gpu_memory.after_giving_back() == 0


def test_a_session_that_ends_in_an_error_releases_what_is_left(gpu: str, gpu_memory: GpuMemory) -> None:
    with pytest.raises(RuntimeError, match="half-way"), devices.choose(gpu).session() as session:
        session.empty((64, 2**20), np.uint8)
        assert gpu_memory.taken == 64 << 20
        raise RuntimeError("half-way")
    assert gpu_memory.after_giving_back() == 0


def test_without_enough_memory_the_message_says_so_and_the_next_call_works(
    gpu: str, random_image: Make, gpu_memory: GpuMemory
) -> None:
    image = random_image((17, 31))
    with pytest.raises(
        DeviceMemoryError, match=rf"{gpu}: allocating 16777216\.0 MiB: the device is out of memory; --device cpu"
    ):
        Greedy()(image, device=gpu)
    assert gpu_memory.after_giving_back() == 0
    assert_close(imgcuda.apply(image, "edges", device=gpu), imgcuda.apply(image, "edges", device="cpu"))


def test_memory_is_kept_for_the_next_filter_and_no_more_than_a_bound(
    gpu: str, random_image: Make, gpu_memory: GpuMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((2000, 2000, 3))
    imgcuda.apply(image, "edges", device=gpu)
    kept = gpu_memory.taken
    assert kept >= 2 * image.nbytes
    for _ in range(5):
        imgcuda.apply(image, "edges", device=gpu)
    assert gpu_memory.most == kept
    monkeypatch.setattr(cuda_memory, "most_kept", lambda device: 14 << 20)
    imgcuda.apply(image, "edges", device=gpu)
    assert 0 < gpu_memory.taken <= 14 << 20


def test_under_a_memory_limit_nothing_is_kept(
    gpu: str, random_image: Make, gpu_memory: GpuMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", "100M")
    imgcuda.apply(random_image((2000, 2000, 3)), "edges", device=gpu)
    assert gpu_memory.most > 0
    assert gpu_memory.taken == 0


def test_spare_memory_is_given_back_when_the_device_is_full(
    gpu: str, random_image: Make, gpu_memory: GpuMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    imgcuda.apply(random_image((2000, 2000, 3)), "edges", device=gpu)
    taken: list[int] = []

    def full_once(size: int) -> Any:
        taken.append(gpu_memory.taken)
        if len(taken) == 1:
            raise driver().MemoryError("cuMemAlloc failed: out of memory")
        return gpu_memory.take(size)

    monkeypatch.setattr(driver(), "mem_alloc", full_once)
    with devices.choose(gpu).session() as session:
        session.empty((77, 2**20), np.uint8)
    assert taken[0] >= 24_000_000
    assert taken[1:] == [0]


# Contexts and threads


def test_no_context_is_left_on_the_stack(gpu: str, random_image: Make) -> None:
    assert not contexts()
    imgcuda.apply(random_image((17, 31)), "edges", device=gpu)
    assert not contexts()
    with pytest.raises(FilterError):
        Fragile()(random_image((17, 31)), device=gpu)
    assert not contexts()
    with pytest.raises(DeviceError):
        Greedy()(random_image((17, 31)), device=gpu)
    assert not contexts()


def test_sessions_may_be_nested(gpu: str, random_image: Make) -> None:
    image = random_image((17, 31))
    with devices.choose(gpu).session() as session:
        held = session.upload(image)
        imgcuda.apply(image, "edges", device=gpu)
        assert_close(session.download(held), image)
    assert not contexts()


def test_eight_threads_may_work_at_once(gpu: str, random_image: Make) -> None:
    def work(number: int) -> None:
        image = random_image((100 + number, 120, 3), seed=number)
        expected = imgcuda.apply(image, "edges", device="cpu")
        for _ in range(20):
            assert_close(imgcuda.apply(image, "edges", device=gpu), expected)
        assert not contexts()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, number) for number in range(8)]:
            done.result()


@pytest.mark.parametrize("shape", [(9, 9, 4), (3000, 4000, 3)], ids=["whole", "in strips"])
def test_a_process_ends_without_a_word(gpu: str, shape: tuple[int, ...]) -> None:
    code = f"import numpy, imgcuda; kept = imgcuda.apply(numpy.zeros({shape}, 'u1'), 'blur', device='{gpu}')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# Launches


def test_an_image_may_be_narrower_than_a_block(gpu: str, random_image: Make) -> None:
    for shape in ((1, 1), (3, 1), (1, 3, 3), (200, 2, 4)):
        image = random_image(shape)
        for name in ("blur", "edges", "grayscale"):
            assert_close(imgcuda.apply(image, name, device=gpu), imgcuda.apply(image, name, device="cpu"), 1)


def test_both_engines_agree_on_a_photograph(gpu: str, picture: npt.NDArray[np.uint8]) -> None:
    for name in ("blur", "edges", "grayscale"):
        assert_close(imgcuda.apply(picture, name, device=gpu), imgcuda.apply(picture, name, device="cpu"), 1)


def test_a_launch_beyond_the_devices_limits_is_refused_before_it_is_tried(gpu: str) -> None:
    program = specialize(Source("k.cu", "__global__ void k(pixel *p) {}"), np.uint8, 1, {"PACK": 1})
    with devices.choose(gpu).session() as session:
        memory = session.empty((1,), np.uint8)
        with pytest.raises(DeviceError, match=rf"k\.cu: k cannot be launched on {gpu}: a block of 2048x1x1 threads"):
            session.launch(Launch(program, "k", Dim3(1), Dim3(2048), [memory]))


def test_a_gpu_that_is_not_there_is_refused(gpu: str) -> None:
    with pytest.raises(DeviceError, match=r"there is no cuda:99; this machine has \d+ GPU"):
        imgcuda.apply(np.zeros((2, 2), np.uint8), "edges", device="cuda:99")
    assert gpu


def test_a_gpu_describes_itself(gpu: str) -> None:
    assert "compute capability" in devices.choose(gpu).description

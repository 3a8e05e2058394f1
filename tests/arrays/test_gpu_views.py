"""What an array on a GPU says of itself, and the copy of one with strides, which the CPU engine runs as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import DeviceArray, ImageError, devices
from imgcuda.arrays.gpu_views import GpuView
from imgcuda.arrays.stored_types import BFLOAT16, as_float32
from imgcuda.arrays.strided_copy import read_strided, write_strided
from imgcuda.layouts import LAYOUTS, axis_order

Make = Callable[..., npt.NDArray[Any]]

VIEWS: dict[str, Callable[[npt.NDArray[Any]], npt.NDArray[Any]]] = {
    "whole": lambda image: image,
    "turned": lambda image: image.transpose(1, 0, 2),
    "channels first": lambda image: image.reshape(3, 20, 33).transpose(1, 2, 0),
    "upside down": lambda image: image[::-1],
    "mirrored": lambda image: image[:, ::-1, ::-1],
    "a part": lambda image: image[3:, 1:-2],
    "every third": lambda image: image[::3, ::3],
    "one row again and again": lambda image: np.broadcast_to(image[:1], image.shape),
}


class Interface:
    """An array with the CUDA array interface, in host memory."""

    def __init__(self, array: npt.NDArray[Any], **changed: Any) -> None:
        self.array, self._changed = array, changed

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        array = self.array
        own = {"shape": array.shape, "strides": array.strides, "typestr": array.dtype.str, "version": 3}
        return {**own, "data": (array.ctypes.data, not array.flags.writeable), **self._changed}


def placed(whole: DeviceArray, view: npt.NDArray[Any], image: npt.NDArray[Any]) -> tuple[DeviceArray, list[int]]:
    """Return where the view of an image lies if the image is uploaded, and its strides in samples."""
    first = view.ctypes.data - image.ctypes.data
    steps = [step // image.itemsize for step in view.strides]
    return DeviceArray(whole.pointer + first, view.shape, whole.dtype, whole.owner), steps


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("view", VIEWS)
def test_an_image_with_strides_is_copied_on_its_device(view: str, kind: str, device: str, random_image: Make) -> None:
    image = random_image((20, 33, 3), kind)
    seen = VIEWS[view](image)
    with devices.choose(device).session() as session:
        place, steps = placed(session.upload(image), seen, image)
        np.testing.assert_array_equal(session.download(read_strided(session, place, steps, image.dtype)), seen)


@pytest.mark.parametrize("kind", ["uint8", "float32", "float64", "float16"])
@pytest.mark.parametrize("view", list(VIEWS)[1:-1])
def test_an_image_is_written_to_any_strides(view: str, kind: str, device: str, random_image: Make) -> None:
    image = np.zeros((20, 33, 3), kind)
    seen = VIEWS[view](image)
    given = random_image(seen.shape, "uint8" if kind == "uint8" else "float32")
    with devices.choose(device).session() as session:
        whole = session.zeros(image.shape, kind)
        place, steps = placed(whole, seen, image)
        write_strided(session, session.upload(given), place, steps)
        made = session.download(whole)
    seen[...] = given
    np.testing.assert_array_equal(made, image)


def test_each_float16_is_read_and_float32_rounded_as_by_numpy(device: str) -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16).reshape(256, 256, 1)
    assert_converted(device, halves, halves.astype(np.float32))
    with np.errstate(over="ignore"):
        near = next_to(halves.astype(np.float32))
        assert_converted(device, near.astype(np.float16), near, reads=False)


def test_each_bfloat16_is_read_and_float32_rounded_as_by_torch(device: str) -> None:
    torch = pytest.importorskip("torch")
    bits = np.arange(1 << 16, dtype=np.uint16).reshape(256, 256, 1)
    assert_converted(device, bits.view(BFLOAT16), as_float32(bits))
    near = next_to(as_float32(bits))
    rounded = torch.from_numpy(near).bfloat16().view(torch.uint16).numpy()
    assert_converted(device, rounded.view(BFLOAT16), near, reads=False)


def next_to(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return floats: all, the middles between one and the next by their bits, and those right beside the middles."""
    bits = np.unique(samples[np.isfinite(samples)].view(np.uint32)).astype(np.int64)
    middles = (bits[:-1] + bits[1:]) // 2
    found = np.concatenate([bits, middles - 1, middles, middles + 1, [0x7F800000, 0xFF800000]])
    return found.astype(np.uint32).view(np.float32).reshape(-1, 1, 1)


def assert_converted(
    device: str, stored: npt.NDArray[Any], computed: npt.NDArray[np.float32], reads: bool = True
) -> None:
    """Assert that floats are stored as another type, and, with `reads`, that this type is read as these floats."""
    steps = [stored.shape[1], 1, 1]
    with devices.choose(device).session() as session:
        if reads:
            given = session.upload(stored)
            np.testing.assert_array_equal(
                session.download(read_strided(session, given, steps, computed.dtype)), computed
            )
        target = session.empty(stored.shape, stored.dtype)
        write_strided(session, session.upload(computed), target, steps)
        made = session.download(target)
    bits = made.view(np.uint16), stored.view(np.uint16)
    known = ~np.isnan(computed)
    np.testing.assert_array_equal(bits[0][known], bits[1][known])
    as_floats = as_float32 if stored.dtype == BFLOAT16 else np.asarray
    assert np.isnan(as_floats(made)[~known]).all()


def test_the_interface_is_read(random_image: Make) -> None:
    image = random_image((6, 7, 3))[::2]
    image.flags.writeable = False
    view = GpuView.by_interface(Interface(image, stream=5))
    assert (view.address, view.shape, view.strides) == (image.ctypes.data, image.shape, image.strides)
    assert (view.dtype, view.read_only, view.stream) == (image.dtype, True, 5)


@pytest.mark.parametrize("shape", [(6, 16), (6, 8, 3), (1, 16, 1)])
def test_strides_that_say_nothing_new_are_contiguous(shape: tuple[int, ...]) -> None:
    steps = np.zeros(shape, np.uint8).strides
    whole = np.zeros(256, np.uint8)
    first = -whole.ctypes.data % 16
    array = whole[first : first + np.prod(shape)].reshape(shape)
    for strides in (None, steps):
        assert GpuView.by_interface(Interface(array, strides=strides)).is_contiguous


@pytest.mark.parametrize(("address", "strides"), [(65, (16, 1)), (72, (16, 1)), (64, (32, 1)), (64, (1, 6))])
def test_other_strides_and_odd_addresses_are_not(address: int, strides: tuple[int, ...]) -> None:
    assert not GpuView(address, (6, 16), strides, np.dtype(np.uint8)).is_contiguous


def test_overlap_is_told_by_the_first_and_last_byte() -> None:
    view = GpuView(1000, (4, 10), (-20, 2), np.dtype(np.uint16))  # 940 to 1020
    others = [GpuView(low, (high - low,), (1,), np.dtype(np.uint8))
              for low, high in [(900, 940), (900, 941), (1019, 1100), (1020, 1100)]]  # fmt: skip
    assert [view.overlaps(other) for other in others] == [False, True, True, False]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_view_in_an_order_is_that_of_numpy(layout: str, random_image: Make) -> None:
    sizes = {"N": 3, "H": 6, "W": 7, "C": 4}
    array = random_image(tuple(sizes[axis] for axis in layout), "uint16")[..., ::-1]
    order = axis_order(layout, array.shape)
    wanted = order.inward(array)
    wanted = wanted if order.batch else wanted[None]
    wanted = wanted if wanted.ndim == 4 else wanted[..., None]
    seen = GpuView.by_interface(Interface(array)).in_order(order)
    assert (seen.address, seen.shape) == (array.ctypes.data, wanted.shape)
    for image in range(len(wanted)):
        part, own = seen.image(image).some_channels(slice(0, 1)), wanted[image, :, :, :1]
        assert part.is_same(GpuView.by_interface(Interface(own)))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"mask": object()}, "must not be masked; fill the mask"),
        ({"stream": 0}, "must not be 0; 1 is the legacy default stream"),
    ],
)
def test_what_the_interface_does_not_allow_is_refused(changed: dict[str, Any], why: str, random_image: Make) -> None:
    with pytest.raises(ImageError, match=why):
        GpuView.by_interface(Interface(random_image((4, 5)), **changed))


def test_strides_between_samples_are_refused() -> None:
    for address, strides in ((64, (22, 3)), (65, (20, 2))):
        with pytest.raises(ImageError, match="must be multiples of a sample"):
            GpuView(address, (4, 5), strides, np.dtype(np.uint16)).sample_steps()

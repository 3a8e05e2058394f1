"""What an array on a GPU says of itself, and the copy of one with strides, which the CPU engine runs as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import DeviceArray, ImageError, devices
from imgcuda.arrays.contiguous_copy import contiguous
from imgcuda.arrays.gpu_views import GpuView

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


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("view", VIEWS)
def test_an_image_with_strides_is_copied_on_its_device(view: str, kind: str, device: str, random_image: Make) -> None:
    image = random_image((20, 33, 3), kind)
    wanted = np.ascontiguousarray(VIEWS[view](image))
    steps = [step // image.itemsize for step in VIEWS[view](image).strides]
    first = (VIEWS[view](image).ctypes.data - image.ctypes.data) // image.itemsize
    with devices.choose(device).session() as session:
        whole = session.upload(image)
        place = whole.pointer + first * image.itemsize
        made = contiguous(session, DeviceArray(place, wanted.shape, whole.dtype, whole.owner), steps)
        np.testing.assert_array_equal(session.download(made), wanted)


def test_the_interface_is_read(random_image: Make) -> None:
    image = random_image((6, 7, 3))[::2]
    image.flags.writeable = False
    view = GpuView.by_interface(Interface(image, stream=5))
    assert (view.address, view.shape, view.strides) == (image.ctypes.data, image.shape, image.strides)
    assert (view.dtype, view.read_only, view.stream) == (image.dtype, True, 5)


@pytest.mark.parametrize("shape", [(6, 16), (6, 8, 3), (1, 16, 1)])
def test_strides_that_say_nothing_new_are_contiguous(shape: tuple[int, ...]) -> None:
    steps = np.zeros(shape, np.uint8).strides
    for strides in (None, steps):
        assert GpuView(64, shape, strides, np.dtype(np.uint8), False).is_contiguous


@pytest.mark.parametrize(("address", "strides"), [(65, None), (72, None), (64, (32, 1)), (64, (1, 6))])
def test_other_strides_and_odd_addresses_are_not(address: int, strides: tuple[int, ...] | None) -> None:
    assert not GpuView(address, (6, 16), strides, np.dtype(np.uint8), False).is_contiguous


def test_overlap_is_told_by_the_first_and_last_byte() -> None:
    view = GpuView(1000, (4, 10), (-20, 2), np.dtype(np.uint16), False)  # 940 to 1020
    assert [view.overlaps(*place) for place in [(900, 940), (900, 941), (1019, 1100), (1020, 1100)]] == [
        False, True, True, False,
    ]  # fmt: skip


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


def test_strides_between_samples_are_refused(random_image: Make) -> None:
    view = GpuView(64, (4, 5), (22, 3), np.dtype(np.uint16), False)
    with devices.choose("cpu").session() as session, pytest.raises(ImageError, match="must be multiples of a sample"):
        view.image(session)

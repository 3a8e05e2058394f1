"""The thread that decodes the JPEGs of others in batches, with a coder that notes what it is given."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda.batch.jpeg_batches import JpegBatches
from imgcuda.engine.protocol import Device, DeviceArray
from support.processes import wait_for

Data = npt.NDArray[np.uint8]


class Coder:
    """Decodes a JPEG, here one byte, to an array at that address; 0 cannot be decoded, and 255 fails."""

    def __init__(self, device: FakeDevice) -> None:
        self._device = device

    def decode(self, files: Sequence[Data], channels: int) -> list[DeviceArray | None]:
        self._device.begun = True
        self._device.go_on.wait(30)
        self._device.batches.append((sorted(int(each[0]) for each in files), channels))
        if any(each[0] == 255 for each in files):
            raise ValueError("a broken file")
        kind = np.dtype(np.uint8)
        return [DeviceArray(int(each[0]), (1, 1, channels), kind) if each[0] else None for each in files]


class FakeDevice:
    def __init__(self, fails: bool = False) -> None:
        self.batches: list[tuple[list[int], int]] = []
        self.go_on = threading.Event()
        self.begun = False
        self._fails = fails

    def session(self) -> Any:
        return nullcontext()

    def jpeg_coder(self) -> Any:
        if self._fails:
            raise ValueError("no context")
        return Coder(self)


def asked(device: FakeDevice, files: Sequence[tuple[int, int]]) -> list[Any]:
    """Return what threads get that ask for these files, bytes and channels, while the first is decoded."""
    batches = JpegBatches(cast("Device", device))

    def decode(file: tuple[int, int]) -> Any:
        try:
            made = batches.decode(np.array([file[0]], np.uint8), file[1])
        except ValueError as error:
            return str(error)
        return made and made.pointer

    with ThreadPoolExecutor(len(files)) as pool:
        first = pool.submit(decode, files[0])
        wait_for(lambda: device.begun)
        results = pool.map(decode, files[1:])
        wait_for(lambda: batches.waiting == len(files) - 1)
        device.go_on.set()
        return [first.result(), *results]


def test_what_waits_is_decoded_together() -> None:
    device = FakeDevice()
    assert asked(device, [(number, 3) for number in range(1, 8)]) == [1, 2, 3, 4, 5, 6, 7]
    assert len(device.batches) == 2
    assert len(device.batches[1][0]) == 6


def test_gray_and_color_are_batches_of_their_own() -> None:
    device = FakeDevice()
    asked(device, [(1, 3), (2, 1), (3, 3), (4, 1), (5, 3)])
    assert all(len({number % 2 for number in files}) == 1 for files, _ in device.batches)
    assert len(device.batches) == 3


def test_a_file_that_fails_fails_alone() -> None:
    device = FakeDevice()
    assert asked(device, [(1, 3), (2, 3), (255, 3), (0, 3)]) == [1, 2, "a broken file", None]


@pytest.mark.parametrize("count", [1, 3])
def test_a_device_that_has_no_coder_fails_for_all(count: int) -> None:
    device = FakeDevice(fails=True)
    device.go_on.set()
    batches = JpegBatches(cast("Device", device))
    for _ in range(count):
        with pytest.raises(ValueError, match="no context"):
            batches.decode(np.array([1], np.uint8), 3)

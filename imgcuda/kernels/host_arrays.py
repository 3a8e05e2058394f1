"""The arrays in host memory among a launch's arguments: they are put on the device, and what was written is put back.

Two arguments that are one array, or of which one is a part of the other, are one array on the device, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import DeviceArray, DeviceSession
from imgcuda.errors import LaunchError
from imgcuda.programs.source import KernelArgument


@dataclass
class _Memory:
    """Memory that holds one or several arguments."""

    bytes: npt.NDArray[np.uint8]
    start: int
    end: int
    is_written: bool
    """Whether the kernel may write to it, by what it declares."""
    on_device: DeviceArray | None = None


class HostArrays:
    """The arrays in host memory of one launch."""

    def __init__(self) -> None:
        self._given: dict[DeviceArray, tuple[str, KernelArgument, npt.NDArray[Any]]] = {}
        self._memories: list[_Memory] = []

    def describe(self, place: str, argument: KernelArgument, array: npt.NDArray[Any]) -> DeviceArray:
        """Return an array as a DeviceArray at its address in host memory; LaunchError if no kernel can take it.

        `place` begins the messages: the kernel, and what it declares.
        """
        given = f"it was given an array of {' x '.join(map(str, array.shape))} {array.dtype}"
        if not array.flags.c_contiguous:
            raise LaunchError(f"{place}; {given} with gaps or in another order; pass numpy.ascontiguousarray of it")
        if not array.dtype.isnative or array.dtype.hasobject:
            raise LaunchError(f"{place}; {given}, whose elements are not plain numbers of this machine")
        if argument.pointer and not argument.const and not array.flags.writeable:
            remedy = f"pass a copy, or declare const {argument.written.replace(' *', '')} *{argument.name}"
            raise LaunchError(f"{place}, which a kernel may write to; {given} that is read-only; {remedy}")
        made = DeviceArray(_start(array), array.shape, array.dtype, array)
        self._given[made] = place, argument, array
        return made

    def put(self, session: DeviceSession) -> None:
        """Put all arrays on the device."""
        by_address = sorted(self._given.values(), key=lambda each: (_start(each[2]), -each[2].nbytes))
        for place, argument, array in by_address:
            self._add(place, array, argument.pointer and not argument.const)
        for memory in self._memories:
            memory.on_device = session.adopt(memory.bytes) if memory.is_written else session.upload(memory.bytes)

    def _add(self, place: str, array: npt.NDArray[Any], is_written: bool) -> None:
        """Note the memory of an array, or that it is within the memory of an earlier one."""
        start, end = _start(array), _start(array) + array.nbytes
        last = self._memories[-1] if self._memories else None
        if start == end:
            return
        if last is None or start >= last.end:
            self._memories.append(_Memory(array.reshape(-1).view(np.uint8), start, end, is_written))
        elif end <= last.end:
            last.is_written |= is_written
        else:
            raise LaunchError(f"{place}; its array shares a part of its memory with another argument's; pass copies")

    def on_device(self, array: DeviceArray) -> DeviceArray:
        """Return where an array of `describe` is on the device; any other array is there already."""
        if array not in self._given:
            return array
        if not array.nbytes:
            return replace(array, pointer=0)
        memory = next(each for each in self._memories if each.start <= array.pointer < each.end)
        assert memory.on_device is not None
        return replace(array, pointer=memory.on_device.pointer + array.pointer - memory.start)

    def put_back(self, session: DeviceSession) -> None:
        """Wait for the device, and put what kernels wrote into the caller's arrays."""
        for memory in self._memories:
            if memory.is_written and memory.on_device is not None:
                made = session.download(memory.on_device)
                if made is not memory.bytes:
                    np.copyto(memory.bytes, made)


def _start(array: npt.NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])

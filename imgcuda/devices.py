"""Finds the devices of this machine and chooses one by name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imgcuda.cuda import presence
from imgcuda.engine.protocol import Device, DeviceSession, JpegCoder
from imgcuda.errors import DeviceError, did_you_mean


class Together(NamedTuple):
    """Several devices that share the rows of an image. A chain that cannot run in strips runs on the first."""

    devices: tuple[Device, ...]

    @property
    def name(self) -> str:
        """The name for `--device`: "cuda:0,1"."""
        kind = self.devices[0].name.partition(":")[0]
        return f"{kind}:{','.join(device.name.partition(':')[2] for device in self.devices)}"

    @property
    def description(self) -> str:
        return " and ".join(device.description for device in self.devices)

    def session(self) -> AbstractContextManager[DeviceSession]:
        return self.devices[0].session()

    def pinned(self, memory: npt.NDArray[np.uint8]) -> AbstractContextManager[None]:
        return self.devices[0].pinned(memory)

    def jpeg_coder(self) -> JpegCoder | None:
        return self.devices[0].jpeg_coder()


def members(device: Device) -> Sequence[Device]:
    """Return the devices of a Together, or the one device itself."""
    return device.devices if isinstance(device, Together) else (device,)


def choose(name: str | None = None) -> Device:
    """Return the device called "cuda", "cuda:1", "cpu" or "auto": a GPU if there is one, else the CPU.

    "cuda:0,1" and "cuda:all" are several GPUs that share the rows of an image. None means the value of IMGCUDA_DEVICE,
    else "auto". Raises DeviceError if the device does not exist.
    """
    asked = name or os.environ.get("IMGCUDA_DEVICE") or "auto"
    origin = "" if name or asked == "auto" else " (from the variable IMGCUDA_DEVICE)"
    name = asked.lower()
    kind, _, number = name.partition(":")
    if kind == "auto" and not number:
        checking = _checking()
        return _cpu(checking) if checking or no_gpu() else gpu(0)
    if kind == "cpu" and not number:
        return _cpu(_checking())
    if name == "cuda:all":
        return _gpus(range(max(1, len(find()) - 1)))
    if kind == "cuda" and (name == "cuda" or re.fullmatch(r"[0-9]{1,6}(,[0-9]{1,6})*", number)):
        return _gpus(dict.fromkeys(int(part or 0) for part in number.split(",")))
    hint = did_you_mean(kind, ["auto", "cuda", "cpu"])
    raise DeviceError(
        f"no device is called '{name[:60]}'{origin}; write auto, cpu, cuda, or cuda:N for the GPU numbered N "
        f"(cuda:0,1 or cuda:all for several){hint}"
    )


@contextmanager
def checked() -> Iterator[None]:
    """Do all runs within the context on the CPU, checked; IMGCUDA_CHECK=1 does so for a whole process.

    A kernel raises CheckError, with the line, the thread and the element, if it accesses an array out of bounds, reads
    uninitialized memory, has a data race or a divergent barrier, never ends, or computes NaN. Checked runs take about a
    hundred times as long.
    """
    token = _checked.set(True)
    try:
        yield
    finally:
        _checked.reset(token)


_checked: ContextVar[bool] = ContextVar("checked", default=False)


def _checking() -> bool:
    """Return whether runs are checked now."""
    asked = os.environ.get("IMGCUDA_CHECK")
    if asked and asked.lower() not in ("0", "1", "false", "true"):
        raise DeviceError(f"IMGCUDA_CHECK must be 0 or 1; it is '{asked.lower()}'")
    return _checked.get() or bool(asked and asked.lower() in ("1", "true"))


def find() -> list[Device]:
    """Return all devices of this machine, GPUs first."""
    gpus = 0 if presence.missing() else presence.count()
    return [*map(_cuda, range(gpus)), _cpu(_checking())]


def no_gpu() -> str | None:
    """Return why no GPU can be used, in a sentence; None when one can."""
    return presence.missing()


def no_codecs(device: Device) -> str | None:
    """Return why a device cannot decode and encode, in a sentence; None if it can."""
    if not device.name.startswith("cuda"):
        return f"{device.name} has no codecs of its own: they are of GPUs"
    from imgcuda.cuda import jpeg_codec

    return jpeg_codec.missing()


def _gpus(numbers: Iterable[int]) -> Device:
    """Return a GPU by its number, or several as a Together."""
    gpus = tuple(gpu(number) for number in numbers)
    return gpus[0] if len(gpus) == 1 else Together(gpus)


def gpu(index: int) -> Device:
    """Return a GPU by its number; DeviceError if it cannot be used."""
    if _checking():
        raise DeviceError("checked runs are for the CPU; on a GPU, compute-sanitizer does what they do")
    if why := presence.missing():
        raise DeviceError(
            f"cuda:{index} cannot be used: {why}; --device cpu runs the same kernels on this machine's cores"
        )
    if index >= (count := presence.count()):
        raise DeviceError(f"there is no cuda:{index}; this machine has {count} GPU{'s' * (count > 1)}, counted from 0")
    return _cuda(index)


def _cuda(index: int) -> Device:
    from imgcuda.cuda.device import CudaDevice

    return CudaDevice(index)


@cache
def _cpu(checked: bool) -> Device:
    from imgcuda.cpu.device import CpuDevice

    return CpuDevice(checked)

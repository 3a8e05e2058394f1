"""`imgcuda.kernels` on one device: the value of the pytest fixture `kernels`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from os import PathLike

from imgcuda import kernels
from imgcuda.programs.source import Define


class DeviceKernels:
    """`imgcuda.kernels` with `device` as the device of all launches that do not name another."""

    def __init__(self, device: str) -> None:
        self.device = device
        """Its name: "cpu", "cuda:0"."""

    def load(self, path: str | PathLike[str], defines: Mapping[str, Define] | None = None) -> kernels.Module:
        """Return the kernels of a `.cu` file, as `kernels.load`."""
        return kernels.load(path, defines, self.device)

    def compile(
        self, text: str, defines: Mapping[str, Define] | None = None, name: str = "kernels.cu"
    ) -> kernels.Module:
        """Return the kernels of a text, as `kernels.compile`."""
        return kernels.compile(text, defines, self.device, name)

    def checked(self) -> AbstractContextManager[None]:
        """Return the context of `kernels.checked()` on the CPU; on a GPU, which cannot check, one that does nothing."""
        return kernels.checked() if self.device == "cpu" else nullcontext()

    def __repr__(self) -> str:
        return f"<kernels on {self.device}>"

"""Any CUDA kernels, launched from Python: on a GPU, or from the same file on this machine's cores, also checked.

from imgcuda import kernels

module = kernels.load("saxpy.cu")
module.saxpy(len(x), 2.0, x, y, grid=4, block=256)    # writes to the NumPy array y

with kernels.checked():                               # CheckError, with line, thread and index, for a kernel at fault
    module.saxpy(len(x), 2.0, x, y, grid=4, block=256)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from imgcuda.devices import checked as checked
from imgcuda.errors import LaunchError, shown
from imgcuda.kernels.constants import Constants as Constants
from imgcuda.kernels.kernel_modules import Kernel as Kernel
from imgcuda.kernels.kernel_modules import Module as Module
from imgcuda.kernels.module_variables import Variables as Variables
from imgcuda.kernels.texture_objects import Texture as Texture
from imgcuda.programs.source import Define, Source

__all__ = ["Constants", "Kernel", "Module", "Texture", "Variables", "checked", "compile", "load"]

_MACRO = re.compile(r"[A-Za-z_]\w*(?:\([\w, ]*\))?")
"""A macro's name, and its arguments if it has some."""


def load(
    path: str | PathLike[str],
    defines: Mapping[str, Define] | None = None,
    device: str | None = None,
    include_dirs: Sequence[str | PathLike[str]] = (),
) -> Module:
    """Return the kernels of a `.cu` file; `#include "file"` takes files beside it, and in the folders `include_dirs`.

    `defines` are macros, as by the compilers' -D: `{"TILE": 16, "T": "float"}`. `device` is where they are launched if
    a launch does not say: "cpu", "cuda", "cuda:1"; None means IMGCUDA_DEVICE, else a GPU if there is one, else the CPU.
    Kernels are compiled when they are first launched, and kept on disk. Raises KernelError for a mistake in the file,
    with its line.
    """
    if not Path(path).exists():
        raise LaunchError(f"there is no kernel file {shown(Path(path), 300)}")
    return Module(Source.read(Path(path), [Path(each) for each in include_dirs]), _checked(defines), device)


def compile(
    text: str,
    defines: Mapping[str, Define] | None = None,
    device: str | None = None,
    name: str = "kernels.cu",
) -> Module:
    """Return the kernels of a text in CUDA C; `name` is the file's in messages, the rest is as for `load`."""
    return Module(Source(name, text), _checked(defines), device)


def _checked(defines: Mapping[str, Define] | None) -> dict[str, Define]:
    """Return the macros; LaunchError if one has no name of C, or a value of more than one line."""
    for name, value in (defines or {}).items():
        if not _MACRO.fullmatch(name):
            raise LaunchError(f"a macro's name must be an identifier, as TILE; got {shown(name)}")
        if not isinstance(value, int | float | str | np.number) or (isinstance(value, str) and "\n" in value):
            raise LaunchError(f"the macro {name} must be a number, or text of one line; got {shown(value)}")
    return dict(defines or {})

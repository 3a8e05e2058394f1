"""Filters of kernels as people paste them, for the tests of messages."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np

from imgcuda import Filter

IMAGE = np.random.default_rng(0).integers(0, 256, (21, 34), np.uint8)
INDEX = "int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;"
NUMBERS = itertools.count()


def made(folder: Path, text: str | bytes, base: str = "Filter", field: str = "") -> Any:
    """Return a filter of a file with this kernel, and a field if it has one; @ stands for its name."""
    name = f"pasted{next(NUMBERS)}"
    (folder / f"{name}.py").write_text(
        f'from imgcuda import *\n\nclass {name.title()}({base}):\n    """Try."""\n    layout = Layout(block=(16, 16))\n'
        f"    {field}\n"
    )
    raw = text if isinstance(text, bytes) else text.encode()
    (folder / f"{name}.cu").write_bytes(raw.replace(b"@", name.encode()))
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec and spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: type[Filter] = getattr(module, name.title())
    return found()


def kernel(arguments: str, body: str, before: str = "") -> str:
    return f"{before}__global__ void @({arguments})\n{{\n    {INDEX}\n    {body}\n}}\n"


USUAL = "const unsigned char *src, unsigned char *dst, int width, int height"
INVERT = "if (x < width && y < height) dst[y * width + x] = 255 - src[y * width + x];"

"""The arithmetic of a launch: how many blocks of threads cover an image."""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, NamedTuple

from imgcuda.errors import LaunchError, shown

VECTOR = 64
"""The largest number of threads in a CPU vector."""


class Dim3(NamedTuple):
    """A size in blocks or threads along x, y and z, as CUDA's `dim3`."""

    x: int
    y: int = 1
    z: int = 1

    @property
    def total(self) -> int:
        return self.x * self.y * self.z


def dim3(what: str, size: object) -> Dim3:
    """Return the size of a grid or a block from a number, or from up to three; LaunchError for anything else."""
    sizes = size if isinstance(size, tuple | list) else (size,)
    whole = [operator.index(each) for each in sizes if hasattr(type(each), "__index__")]
    if not 1 <= len(sizes) <= 3 or len(whole) < len(sizes):
        raise LaunchError(f"{what} must be a whole number, or up to three, as (x, y, z); got {shown(size)}")
    return Dim3(*whole)


class LaunchLimits(NamedTuple):
    """The limits of a launch on a device."""

    threads: int = 1024
    block: Dim3 = Dim3(1024, 1024, 64)
    grid: Dim3 = Dim3(2**31 - 1, 65535, 65535)
    shared: int = 227 << 10
    """The most bytes of dynamic shared memory in a block: here those of the GPUs that give it most."""


@dataclass(frozen=True)
class Layout:
    """How the threads of a kernel cover an image.

    `over="pixels"`: x counts pixels. `over="samples"`: x runs along the width * channels samples of a row, so
    that neighboring threads access neighboring bytes for any number of channels: the fast layout.
    `over="image"`: x counts all pixels, row after row, for kernels that do not use the position of a pixel.
    `rows`: the number of rows that each thread computes; over the image, the number of iterations that a block makes
    over consecutive spans. `pack`: the number of neighboring samples along x that a thread computes on a GPU, with wide
    loads and stores. On the CPU it is always one, since loads of neighboring threads are one wide load anyway; a block
    has `pack` times the threads instead, up to 1024. A block that iterates has one vector of threads there and makes
    more iterations, so that it reads memory in order. `margin`: the number of samples at either side of a block that it
    reads but does not compute; a multiple of `pack`. `cpu`: the layout on the CPU, where it is another.
    """

    over: Literal["pixels", "samples", "image"] = "pixels"
    block: tuple[int, int] = (32, 8)
    rows: int = 1
    pack: int = 1
    margin: int = 0
    cpu: Layout | None = None

    def grid(self, width: int, height: int, channels: int) -> Dim3:
        """Return the grid that covers an image; its last blocks may extend beyond the right and lower edges."""
        across, down = self.block[0] * self.pack - 2 * self.margin, self.block[1] * self.rows
        if self.over == "image":
            return Dim3(ceil_div(width * height, across * self.rows))
        return Dim3(ceil_div(width * channels if self.over == "samples" else width, across), ceil_div(height, down))

    def unpacked(self) -> Layout:
        """Return the layout for the CPU: a thread computes one sample at a time, and a block covers as many samples."""
        return _unpacked(self)

    @property
    def constants(self) -> dict[str, int]:
        """The macros that a kernel may use, to size its shared memory and unroll its loops."""
        return {"BLOCK_WIDTH": self.block[0], "BLOCK_HEIGHT": self.block[1], "ROWS": self.rows, "PACK": self.pack,
                "MARGIN": self.margin}  # fmt: skip


@cache
def _unpacked(layout: Layout) -> Layout:
    if layout.cpu is not None:
        return layout.cpu.unpacked()
    across, down = layout.block
    if layout.over == "image" and layout.rows > 1:
        threads = min(across * layout.pack, VECTOR)
        rows = ceil_div(across * layout.pack * layout.rows, threads)
        return replace(layout, block=(threads, 1), rows=rows, pack=1)
    return replace(layout, block=(across * min(layout.pack, max(1, 1024 // (across * down))), down), pack=1)


def ceil_div(dividend: int, divisor: int) -> int:
    """Return the quotient rounded up."""
    return -(-dividend // divisor)


def excess(grid: Dim3, block: Dim3, limits: LaunchLimits, shared: int = 0) -> str:
    """Return in words what part of a launch exceeds a device's limits; an empty string if it fits."""
    if block.total > limits.threads:
        return f"a block of {block.x}x{block.y}x{block.z} threads; at most {limits.threads} threads fit"
    for what, asked, limit in (("block", block, limits.block), ("grid", grid, limits.grid)):
        for axis in ("x", "y", "z"):
            size, most = getattr(asked, axis), getattr(limit, axis)
            if not 1 <= size <= most:
                return f"a {what} of {size} along {axis}; it must be from 1 to {most}"
    if not 0 <= shared <= limits.shared:
        return f"{shared} bytes of dynamic shared memory; it must be from 0 to {limits.shared}"
    return ""

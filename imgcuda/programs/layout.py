"""The arithmetic of a launch: how many blocks of threads cover an image. Imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

VECTOR = 64
"""The most threads that are a vector of the CPU."""


class Dim3(NamedTuple):
    """A size in blocks or threads along x, y and z, as CUDA's `dim3`."""

    x: int
    y: int = 1
    z: int = 1

    @property
    def total(self) -> int:
        return self.x * self.y * self.z


class LaunchLimits(NamedTuple):
    """What one launch may ask of a device."""

    threads: int = 1024
    block: Dim3 = Dim3(1024, 1024, 64)
    grid: Dim3 = Dim3(2**31 - 1, 65535, 65535)


@dataclass(frozen=True)
class Layout:
    """How the threads of a kernel cover an image.

    `over="pixels"`: x counts pixels. `over="samples"`: x runs along the width * channels samples of a row, so
    that neighbouring threads touch neighbouring bytes whatever the channel count: the fast layout.
    `over="image"`: x counts all pixels, row after row, for kernels that need not know where a pixel is.
    `rows`: how many rows each thread makes; over the image, how many rounds a block's threads make, each behind the one
    before. `pack`: how many neighbours along x it makes on a GPU, for wide loads and stores; on the CPU always one,
    since there neighbouring threads' loads are one wide load already: a block then has as many times the threads, up to
    1024. A block that makes rounds has a vector of them and makes more rounds instead, since vectors come one after the
    other: so it goes through its memory once. `margin`: samples at either side of what a block covers that it only
    reads, and its neighbours make; a multiple of `pack`.
    """

    over: Literal["pixels", "samples", "image"] = "pixels"
    block: tuple[int, int] = (32, 8)
    rows: int = 1
    pack: int = 1
    margin: int = 0

    def grid(self, width: int, height: int, channels: int) -> Dim3:
        """Return how many blocks cover an image; the last ones may hang over its right and lower edges."""
        across, down = self.block[0] * self.pack - 2 * self.margin, self.block[1] * self.rows
        if self.over == "image":
            return Dim3(ceil_div(width * height, across * self.rows))
        return Dim3(ceil_div(width * channels if self.over == "samples" else width, across), ceil_div(height, down))

    def unpacked(self) -> Layout:
        """Return the layout for the CPU, in which a thread makes one sample at a time and a block covers as many."""
        across, down = self.block
        if self.over == "image" and self.rows > 1:
            return replace(self, block=(VECTOR, 1), rows=ceil_div(across * self.pack * self.rows, VECTOR), pack=1)
        return replace(self, block=(across * min(self.pack, max(1, 1024 // (across * down))), down), pack=1)

    @property
    def constants(self) -> dict[str, int]:
        """What a kernel may use at compile time, to size its shared memory and unroll its loops."""
        return {"BLOCK_WIDTH": self.block[0], "BLOCK_HEIGHT": self.block[1], "ROWS": self.rows, "PACK": self.pack,
                "MARGIN": self.margin}  # fmt: skip


def ceil_div(dividend: int, divisor: int) -> int:
    """Return the quotient rounded up: how many times `divisor` it takes to hold `dividend`."""
    return -(-dividend // divisor)


def excess(grid: Dim3, block: Dim3, limits: LaunchLimits) -> str:
    """Return what of a launch is beyond a device's limits, in words; an empty string when it fits."""
    if block.total > limits.threads:
        return f"a block of {block.x}x{block.y}x{block.z} threads; at most {limits.threads} threads fit"
    for what, asked, limit in (("block", block, limits.block), ("grid", grid, limits.grid)):
        for axis in ("x", "y", "z"):
            size, most = getattr(asked, axis), getattr(limit, axis)
            if not 1 <= size <= most:
                return f"a {what} of {size} along {axis}; it must be from 1 to {most}"
    return ""

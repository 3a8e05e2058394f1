"""Convolve: weighted sums of neighbors, by a matrix of weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from imgcuda import (
    Alpha,
    DeviceArray,
    Gpu,
    Layout,
    Matrix,
    NeighborhoodFilter,
    ParameterError,
    has_alpha,
    param,
    white_level,
)

Weights = npt.NDArray[Any]

LARGEST = 1023
"""The most rows or columns of a kernel: the samples that one row of it reads must fit into shared memory."""

NEGLIGIBLE = 1e-6
"""The part of its weights that a kernel may lose when it is split into a column and a row, and by which its sum may
differ from 0: about the rounding error of a float."""

AT_ONCE = 25
"""The most weights, 5x5, for which a sum over all of them is as fast as one over columns and one over rows."""

SMALL = 7
"""The most rows, or columns, of a kernel whose sums a thread keeps in registers."""

MARGIN = 256
"""The most samples to either side of a block that are its halo; of 1024 samples it makes the others."""


class Convolve(NeighborhoodFilter):
    """Weigh each pixel and its neighbors with a matrix, and add them up.

    The matrix is the kernel, of odd sides; its middle lies on the pixel that is made. `mode` says which way round: a
    convolution, as in mathematics and in SciPy's convolve, turns it by half a turn, so that a single bright pixel
    becomes the kernel as it is written; a correlation lays it over the image as it is written, as OpenCV's filter2D
    does. For kernels that look the same after half a turn it makes no difference.

    A kernel that is a column times a row, to within 1e-6 of its weights, is summed along the columns, then along the
    rows.

    With alpha, colors are weighed by their alpha, and alpha itself by the kernel divided by its sum, so that what
    makes an image brighter does not make it more opaque. A kernel whose sum is 0 measures differences: it leaves alpha
    as it was.
    """

    channelwise = True
    only_launches = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "correlate": {"mode": "correlation"},
        "filter2d": {"mode": "correlation"},
    }

    kernel: Matrix = param(help="the weights: rows of numbers, an odd number of rows and of columns")
    mode: Literal["convolution", "correlation"] = param(
        default="convolution",
        help="convolution turns the kernel by half a turn, as mathematics and SciPy have it; correlation lays it over "
        "the image as it is written, as OpenCV does",
    )
    normalize: bool = param(default=False, help="divide by the sum of the weights, if that is not 0")
    offset: float = param(
        default=0.0, ge=-1, le=1, help="what is added to the result, as a part of the range: 0.5 is a medium gray"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        height, width = self.kernel.shape
        if height % 2 == 0 or width % 2 == 0:
            raise ParameterError(
                f"kernel must have odd sides, so that one weight is in the middle; got {height}x{width}"
            )
        if max(height, width) > LARGEST:
            raise ParameterError(f"kernel must have at most {LARGEST} rows and columns; got {height}x{width}")

    @property
    def halo(self) -> int:
        return max(self.kernel.shape) // 2

    @property
    def alpha_mode(self) -> Alpha:
        return "premultiplied" if self._sum else "color"

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        divisor = self._sum if self.normalize and self._sum else 1.0
        if not has_alpha(image.channels):
            return self._summed(gpu, image, divisor, self.offset * white_level(image.dtype))
        made = self._summed(gpu, image, self._sum or 1.0, 0.0)
        gain = (self._sum or 1.0) / divisor
        if gain == 1 and self.offset == 0:
            return made
        opaque = made if self._sum else image
        return gpu.launch("brighten", made, opaque, gain, self.offset, layout=Layout(block=(256, 1)))

    @property
    def _sum(self) -> float:
        """The sum of the weights; 0 where it is nothing beside them."""
        weights = self.kernel.array
        total = float(weights.sum())
        return total if abs(total) > NEGLIGIBLE * np.abs(weights).sum() else 0.0

    def _summed(self, gpu: Gpu, image: DeviceArray, divisor: float, bias: float) -> DeviceArray:
        """Return the weighted sums by `divisor`, plus `bias`, in the way that is fastest for the kernel."""
        unit = power_of_2(self.kernel.array)
        weights, scale = self.kernel.array / unit, unit / divisor
        if self.mode == "convolution":
            weights = weights[::-1, ::-1]
        factors = separated(weights) if weights.size > AT_ONCE else None
        if factors is None:
            kernel = "small" if max(weights.shape) <= SMALL else "large"
            return launch_whole(gpu, kernel, image, weights, scale, bias)
        if margin(weights.shape[1], image.channels) <= MARGIN:
            return self.by_columns_and_rows(gpu, image, *factors, scale, bias)
        down, along = factors
        sums = launch_whole(gpu, "large", image, down[:, None], 1.0, 0.0, to=np.dtype(np.float32))
        return launch_whole(gpu, "large", sums, along[None, :], scale, bias, to=image.dtype)

    @staticmethod
    def by_columns_and_rows(
        gpu: Gpu, image: DeviceArray, down: Weights, along: Weights, scale: float, bias: float
    ) -> DeviceArray:
        """Return the sums by a kernel whose rows are `along`, each times its number of `down`; in one launch.

        Rows that are the same in both directions, or the negative, take fewer products on the CPU; columns and rows
        that are the same take fewer registers on a GPU.

        A filter whose kernel file includes convolve.cu may call it too; FINISH of that file then makes its result from
        a sum.
        """
        few = len(down) <= 17  # what a block makes is high where it would else mostly read above and below
        beside = margin(len(along), image.channels)
        wide = Layout(over="samples", block=(256, 1), rows=8, pack=4, margin=beside)
        layout = Layout(over="samples", block=(128, 1), rows=16, pack=4, margin=beside, cpu=wide) if few else wide
        sizes = {"ABOVE": len(down) // 2, "BESIDE": len(along) // 2, "MARGIN": beside}
        tables = [table.astype(np.float32) for table in (down, along)]
        mirror = mirrored(tables[1])
        symmetric = all(mirrored(table) == 1 for table in tables)
        return gpu.launch(
            "separable",
            image,
            *tables,
            float(mirror),
            scale,
            bias,
            *sizes.values(),
            constants={"SEPARABLE": 1, "PAIRED": abs(mirror)},
            gpu_constants={**sizes, "SYMMETRIC": int(symmetric), "BLOCKS": 4 if few else 3},
            layout=layout,
        )


def mirrored(weights: Weights) -> int:
    """Return 1 if weights are the same to either side of their middle, -1 if they are the negative, else 0."""
    turned = weights[::-1]
    return 1 if np.array_equal(weights, turned) else -int(np.array_equal(weights, -turned))


def separated(weights: Weights) -> tuple[Weights, Weights] | None:
    """Return a column and a row whose products are the weights; None if there are none.

    If there are, every row of the weights is a multiple of any other. Those of whole numbers stay whole: a row divided
    by what its numbers have in common is in each of the others a whole number of times.
    """
    along = weights[np.abs(weights).sum(axis=1).argmax()]
    if (weights == np.rint(weights)).all() and np.abs(weights).max() < 2**53:
        along = along / (np.gcd.reduce(along.astype(np.int64)) or 1)
    down = weights @ along / (along @ along or 1.0)
    lost = np.linalg.norm(weights - np.outer(down, along))
    return (down, along) if lost <= NEGLIGIBLE * np.linalg.norm(weights) else None


def power_of_2(weights: Weights) -> float:
    """Return the divisor of weights before they become float32: 1, unless they are very large or very small."""
    exponent = int(np.frexp(np.abs(weights).max())[1])
    return 1.0 if abs(exponent) <= 64 else 2.0**exponent


def margin(width: int, channels: int) -> int:
    """Return how many samples to either side a block reads: whole packs, so that it begins where wide stores may."""
    return -(-(width // 2) * channels // 8) * 8


def launch_whole(
    gpu: Gpu,
    kernel: str,
    image: DeviceArray,
    weights: Weights,
    scale: float,
    bias: float,
    to: np.dtype[Any] | None = None,
) -> DeviceArray:
    """Sum up over rows and columns at once."""
    height, width = weights.shape
    constants = {kernel.upper(): 1, "KERNEL_HEIGHT": height, "KERNEL_WIDTH": width}
    rows = 32 if kernel == "small" else 1 if height == 1 else 16
    layout = Layout(over="samples", block=(64 if kernel == "small" else 128, 1), rows=rows, pack=4)
    if kernel == "large":
        weights = np.pad(weights, ((0, 0), (0, -width % 4)))  # so that rows begin where wide loads may
        constants |= {"TO_FLOATS": int(to == np.float32), "FROM_FLOATS": int(image.dtype == np.float32)}
    table = weights.astype(np.float32)
    return gpu.launch(kernel, image, table, scale, bias, dtype=to, constants=constants, layout=layout)

"""Blur: the Gaussian."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter, param
from imgcuda_plugins.blur.convolve import Convolve

LARGEST_AT_ONCE = 24
"""The largest radius that is blurred pixel by pixel, in one launch; beyond, a coarser grid costs less."""

TAPS = 6
"""The width of the B-spline in steps of the grid. It is as many box blurs in a row, so of degree 5."""


class Blur(NeighborhoodFilter):
    """Blur an image evenly in every direction, by a Gaussian.

    Up to a sigma of 6 a pixel is the weighted sum of all pixels around it. The result of a larger one is so smooth that
    it is computed on a coarser grid, in a time that does not grow with sigma. The result is within 1e-4 of the range
    for noise, edges and all that pictures have, and within 3e-4, a tenth of a gray level, for any image.
    """

    channelwise = True
    only_launches = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"gaussian-blur": {}, "gaussian": {}, "gaussian-filter": {}}
    peers: ClassVar[Mapping[str, str]] = {
        "OpenCV": "imgcuda_plugins.peers.opencv_calls:blur",
        "CuPy": "imgcuda_plugins.peers.cupy_calls:blur",
        "libvips": "imgcuda_plugins.peers.vips_calls:blur",
    }

    sigma: float = param(default=2.0, ge=0.1, le=100, help="standard deviation of the Gaussian, in pixels")

    @property
    def row_step(self) -> int:
        """How far apart the rows and columns of the grid are; 1 where none is needed.

        A grid holds everything that a Gaussian with a sigma of 2 steps or more leaves. Steps of 4 are exact enough from
        a sigma of 1.5 steps on, and take half the time of steps of 2.
        """
        return 1 if reach(self.sigma) <= LARGEST_AT_ONCE else max(4, 1 << int(log2(self.sigma / 2)))

    @property
    def halo(self) -> int:
        """Four standard deviations, as SciPy cuts off the Gaussian; on a grid also the reach of its B-splines."""
        step = self.row_step
        return reach(self.sigma) if step == 1 else step * grid_radius(self.sigma, step) + TAPS * (step - 1)

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """The weights of the Gaussian as far as it reaches to either side; they add up to 1."""
        radius = reach(self.sigma)
        weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / self.sigma) ** 2)
        normalized: npt.NDArray[np.float64] = weights / weights.sum()
        return normalized

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return self._at_once(gpu, image) if self.row_step == 1 else self._on_grid(gpu, image)

    def _at_once(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        made: DeviceArray = Convolve.by_columns_and_rows(gpu, image, self.weights, self.weights, 1.0, 0.0)
        return made

    def _on_grid(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        spline = b_spline(self.row_step)
        grid = self._blurred(gpu, self._down(gpu, image, gpu.upload(spline)))
        weights = gpu.upload(spline * np.float32(self.row_step))  # of which those that reach a place add up to 1
        return self._launch(gpu, "up", grid, weights, grid.width * grid.channels, shape=image.shape, dtype=image.dtype)

    def _down(self, gpu: Gpu, image: DeviceArray, spline: DeviceArray) -> DeviceArray:
        """Return the image on the grid, which goes on outside of it as far as what comes after reads."""
        step, (height, width, channels) = self.row_step, image.shape
        outside = grid_radius(self.sigma, step) + TAPS // 2 - 1
        rows, columns = ((size - 1) // step + 2 + 2 * outside for size in (height, width))
        run = -(-width // step)  # columns that are a step apart
        shape = (rows, run * step, channels)
        bands = self._launch(gpu, "down_columns", image, spline, -outside, width, height, shape=shape)
        return self._launch(gpu, "down_rows", bands, spline, -outside, width, run, shape=(rows, columns, channels))

    def _blurred(self, gpu: Gpu, grid: DeviceArray) -> DeviceArray:
        weights = grid_gaussian(self.sigma, self.row_step)
        table, taps = gpu.upload(weights), len(weights)
        height, width, channels = grid.shape
        pitch, rows, columns = width * channels, height - taps + 1, width - taps + 1
        made = self._launch(gpu, "blur_grid", grid, table, taps, pitch, pitch, shape=(rows, width, channels))
        return self._launch(gpu, "blur_grid", made, table, taps, pitch, channels, shape=(rows, columns, channels))

    def _launch(
        self,
        gpu: Gpu,
        kernel: str,
        image: DeviceArray,
        *arguments: DeviceArray | int,
        shape: Sequence[int],
        dtype: npt.DTypeLike = np.float32,
    ) -> DeviceArray:
        sizes = {"STEP": self.row_step, "TAPS": TAPS}
        layout = grid_layout(kernel, self.row_step)
        return gpu.launch(kernel, image, *arguments, shape=shape, dtype=dtype, constants=sizes, layout=layout)


def reach(sigma: float) -> int:
    """Return where SciPy cuts a Gaussian off, in pixels."""
    return int(4 * sigma + 0.5)


def grid_radius(sigma: float, step: int) -> int:
    """Return where the Gaussian is cut off on the grid, in steps: found by trial, to be nearest to SciPy's result."""
    return max(6, int(4 * sigma / step - 0.5))


def grid_layout(kernel: str, step: int) -> Layout:
    """Return the layout of a kernel: many rows per thread if a thread reads several rows before its first."""
    rows = {"down_columns": max(8, 64 // step), "up": 32}
    if kernel in rows:
        return Layout(over="samples", block=(128, 1), rows=rows[kernel], pack=4)
    return Layout(over="samples", block=(64, 4))


def b_spline(step: int) -> npt.NDArray[np.float32]:
    """Return the weights of TAPS box blurs in a row, each `step` wide, at distances -TAPS/2 steps up to +TAPS/2 steps.

    That is a discrete B-spline (Unser, Aldroubi, Eden: B-spline signal processing, 1993). It prevents aliasing: its
    spectrum has a zero of order TAPS at each frequency that the grid would mistake for a constant.
    """
    spline = np.ones(1)
    for _ in range(TAPS):
        spline = np.convolve(spline, np.ones(step) / step)
    padded: npt.NDArray[np.float32] = np.pad(spline, (TAPS // 2, TAPS // 2 - 1)).astype(np.float32)
    return padded


def grid_gaussian(sigma: float, step: int) -> npt.NDArray[np.float32]:
    """Return the weights on the grid that, with the B-splines to the grid and back, make a Gaussian.

    Spectra of blurs in a row multiply, so the Gaussian's spectrum is divided by the B-spline's, twice:
    exp(-2 (pi sigma f / step)^2) at f cycles a step of the grid, and (sin(pi f) / step / sin(pi f / step))^TAPS.
    """
    frequencies = (np.arange(256) + 0.5) / 512
    spline = (np.sin(np.pi * frequencies) / step / np.sin(np.pi * frequencies / step)) ** TAPS
    spectrum = np.exp(-2 * (np.pi * sigma / step * frequencies) ** 2) / spline**2
    radius = grid_radius(sigma, step)
    weights = spectrum @ np.cos(2 * np.pi * np.outer(frequencies, np.arange(-radius, radius + 1)))
    normalized: npt.NDArray[np.float32] = (weights / weights.sum()).astype(np.float32)
    return normalized

"""A result as the page shows it: 8 bits of red, green, blue and alpha, and counts of its levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.images import to_depth
from imgcuda.pixels import CHANNEL_NAMES, color_channels, has_alpha, white_level
from imgcuda.studio.loaded_picture import reduced

LARGEST_SHOWN = 24_000_000
"""The most pixels that are sent to the page; of a larger result it shows a smaller copy."""

LEVELS = 64
"""The bars of a histogram."""

SAMPLED = 100_000
"""The pixels that are counted while a slider is dragged; otherwise all are."""


def shown(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return an image in 8 bits, and smaller if it is too large to be sent to the page."""
    height, width = pixels.shape[:2]
    if height * width > LARGEST_SHOWN:
        pixels = reduced(pixels, int(max(height, width) * (LARGEST_SHOWN / (height * width)) ** 0.5))
    samples: npt.NDArray[np.uint8] = to_depth(pixels, "8")
    return samples


def put_rgba(samples: npt.NDArray[np.uint8], out: npt.NDArray[np.uint8]) -> None:
    """Write an 8-bit image as a canvas takes it, as rows of red, green, blue and alpha, to an array of (pixels, 4).

    Of more than four channels the first is shown. Channel by channel, this takes a fourth of the time.
    """
    channels = samples.shape[2]
    flat, colors = samples.reshape(-1, channels), color_channels(channels)
    for number in range(3):
        out[:, number] = flat[:, number if colors == 3 else 0]
    out[:, 3] = flat[:, -1] if has_alpha(channels) else 255


def histogram(pixels: npt.NDArray[Any], whole: bool) -> list[dict[str, Any]]:
    """Return how often levels occur in each channel, with its least, mean and greatest value."""
    step = 1 if whole else max(1, int((pixels.shape[0] * pixels.shape[1] / SAMPLED) ** 0.5))
    taken = pixels[::step, ::step]
    return [
        {"name": name, **_counted(taken[..., number], float(white_level(pixels.dtype)))}
        for number, name in enumerate(_names(pixels))
    ]


def _names(pixels: npt.NDArray[Any]) -> Sequence[str]:
    count = pixels.shape[2]
    return CHANNEL_NAMES.get(count) or [f"channel {number}" for number in range(1, count + 1)]


def _counted(samples: npt.NDArray[Any], white: float) -> dict[str, Any]:
    if samples.dtype == np.uint8:  # four times as fast as for other types
        counts = np.bincount(samples.ravel(), minlength=256)
        levels = np.arange(256)
        bars, filled = counts.reshape(LEVELS, -1).sum(axis=1), np.flatnonzero(counts)
        return _channel(bars, filled[0], (counts * levels).sum() / samples.size, filled[-1])
    with np.errstate(invalid="ignore"):
        places = np.nan_to_num(samples.astype(np.float32) * np.float32(LEVELS / white)).clip(0, LEVELS - 1)
    bars = np.bincount(places.astype(np.intp).ravel(), minlength=LEVELS)
    finite = samples[np.isfinite(samples)]
    if finite.size == 0:
        return _channel(bars, 0, 0, 0)
    return _channel(bars, finite.min(), finite.mean(dtype=np.float64), finite.max())


def _channel(bars: npt.NDArray[Any], least: Any, mean: Any, most: Any) -> dict[str, Any]:
    return {"bars": bars.tolist(), "least": float(least), "mean": float(mean), "most": float(most)}

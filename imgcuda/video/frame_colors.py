"""Converts the pixels of videos to arrays and back: which matrix and which range, and by which rounding.

The samples of a video are mostly brightness and two differences of color (YUV). A matrix makes red, green and blue of
them, by FFmpeg's swscale. Primaries and transfer function are not touched: the array has the colors that the video has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from av import VideoFrame as AvFrame
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from imgcuda.errors import ImageError

Pixels = npt.NDArray[Any]

EXACT = (
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.BITEXACT
)
"""Colors are enlarged by bicubic interpolation; all is rounded, not cut off, and the same on every processor."""

UNSPECIFIED = 2
"""FFmpeg's number for a matrix, primaries or transfer function that a file does not tell (AVCOL_SPC_UNSPECIFIED)."""
BT709, BT601 = 1, 6
HD = 720
"""From so many rows on, players take BT.709 for the matrix of a video that tells none."""

_SWSCALE = {BT709: 1, 4: 4, 5: 5, BT601: 5, 7: 7, 9: 9, 10: 9}
"""Swscale's numbers for matrices (SWS_CS_*), by those of files (AVCOL_SPC_*)."""

RGB_FORMATS = {np.dtype(np.uint8): "rgb24", np.dtype(np.uint16): "rgb48le"}


@dataclass(frozen=True)
class Timing:
    """When a frame is shown, and for how long, in units of `time_base`."""

    pts: int
    duration: int
    time_base: Fraction


@dataclass(frozen=True)
class FrameColors:
    """What a video says of its colors, in FFmpeg's numbers."""

    matrix: int
    range: int
    primaries: int
    transfer: int

    @classmethod
    def of(cls, frame: AvFrame) -> FrameColors:
        """Return the colors of a frame. What it does not tell of matrix and range is what players take."""
        matrix = int(frame.colorspace)
        if matrix not in _SWSCALE:
            matrix = _usual_matrix(frame.height)
        full = frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
        range = ColorRange.JPEG if full and not frame.format.is_rgb else ColorRange.MPEG
        return cls(matrix, int(range), int(frame.color_primaries), int(frame.color_trc))

    @classmethod
    def usual(cls, height: int) -> FrameColors:
        """Return the colors of a new video of a height: limited range, and the matrix that players take."""
        return cls(_usual_matrix(height), int(ColorRange.MPEG), UNSPECIFIED, UNSPECIFIED)

    def to_array(self, frame: AvFrame, dtype: npt.DTypeLike, by: VideoReformatter) -> Pixels:
        """Return a frame as (height, width, RGB), of uint8 or uint16."""
        yuv = not frame.format.is_rgb
        rgb = by.reformat(
            frame,
            format=RGB_FORMATS[np.dtype(dtype)],
            interpolation=EXACT,
            src_colorspace=_SWSCALE[self.matrix] if yuv else None,
            src_color_range=self.range if yuv else None,
        )
        return rgb.to_ndarray()

    def to_frame(self, pixels: Pixels, format: str, by: VideoReformatter) -> AvFrame:
        """Return an array as a frame of a format."""
        rgb = AvFrame.from_ndarray(np.ascontiguousarray(_as_rgb(pixels)), RGB_FORMATS[pixels.dtype])
        frame = by.reformat(
            rgb,
            format=format,
            interpolation=EXACT,
            dst_colorspace=_SWSCALE[self.matrix],
            dst_color_range=self.range,
        )
        if format.startswith("yuv"):
            frame.colorspace, frame.color_range = self.matrix, self.range
        frame.color_primaries, frame.color_trc = self.primaries, self.transfer
        return frame


def _usual_matrix(height: int) -> int:
    return BT709 if height >= HD else BT601


def _as_rgb(pixels: Pixels) -> Pixels:
    """Return RGB of an array of any number of channels; ImageError for alpha."""
    if pixels.ndim == 3 and pixels.shape[2] == 3:
        return pixels
    if pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 1):
        return np.repeat(pixels.reshape(*pixels.shape[:2], 1), 3, axis=2)
    raise ImageError(f"a video takes frames of (height, width) or (height, width, RGB); got shape {pixels.shape}")


def seconds(pts: int | None, time_base: Fraction | None) -> Fraction:
    """Return a time of a stream's in seconds."""
    return (pts or 0) * (time_base or Fraction(0))


def side_data(frame: AvFrame) -> dict[str, bytes]:
    """Return what a frame carries beside its pixels, by FFmpeg's names."""
    found: Iterable[Any] = frame.side_data
    return {each.type.name: bytes(each) for each in found}

"""Videos: their frames as arrays, arrays as videos, and filters over a video's frames, through PyAV (FFmpeg).

PyAV is imported when a video is first read or written: `pip install "imgcuda[video]"`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy.typing as npt

from imgcuda.filters import Filter
from imgcuda.pipeline import Pipeline
from imgcuda.video.av_library import needed
from imgcuda.video.video_options import VideoOptions

if TYPE_CHECKING:
    from imgcuda.video.decoding import VideoFrame
    from imgcuda.video.rewriting import Rewritten, Tell

__all__ = ["VideoOptions", "filter_video", "frames", "write"]

Name = str | os.PathLike[str]


def frames(path: Name, *, depth: Literal["8", "16"] | None = None) -> Iterator[npt.NDArray[Any]]:
    """Yield the frames of a video, in order, as arrays of (height, width, RGB).

    They are of uint8, or of uint16 if the video has more than 8 bits; `depth` chooses. Nothing is turned: a video that
    says that it is to be shown turned gives its frames as they are stored. Raises ImageError for what is no video.
    """
    needed(str(path), "read")
    from imgcuda.video.decoding import VideoReader

    with VideoReader(Path(path), depth=depth) as reader:
        for frame in reader.frames():
            yield frame.pixels


def write(
    path: Name,
    arrays: Iterable[npt.NDArray[Any]],
    *,
    rate: float | Fraction = 25,
    codec: str | None = None,
    quality: int | None = None,
) -> None:
    """Write arrays of one size as the frames of a video, `rate` in a second; uint16 makes more than 8 bits.

    The extension tells the container; `codec` and `quality` are as on the command line. The write is atomic: whatever
    fails, also in `arrays`, leaves the old file as it was. Raises ImageError and ParameterError.
    """
    needed(str(path), "written")
    from imgcuda.video.new_video import write_arrays

    write_arrays(Path(path), arrays, Fraction(rate).limit_denominator(100_000), codec, quality)


def filter_video(
    filters: Iterable[Filter | Pipeline],
    source: Name,
    target: Name,
    options: VideoOptions | None = None,
    *,
    device: str | None = None,
    tell: Tell | None = None,
) -> Rewritten:
    """Write a video whose frames are those of another, filtered. The rest, as its sound, is copied.

    Each frame is filtered by itself, by the chain's `for_frame` of its number. `tell` is called after each frame with
    the number of those done, and about how many there are. Raises ImgcudaError.
    """
    needed(str(source), "read")
    from imgcuda.video.rewriting import rewrite

    chain, chosen = Pipeline(filters), options or VideoOptions()

    def change(frame: VideoFrame) -> npt.NDArray[Any]:
        return chain.for_frame(frame.number)(frame.pixels, device=device, max_pixels=chosen.max_pixels)

    return rewrite(Path(source), Path(target), change, chosen, tell)

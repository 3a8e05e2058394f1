"""Writes arrays as a new video."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError
from imgcuda.images import atomic_write
from imgcuda.video.av_library import av_errors
from imgcuda.video.containers import container_of
from imgcuda.video.encoders import encoder
from imgcuda.video.encoding import VideoWriter
from imgcuda.video.frame_colors import Timing


def write_arrays(
    path: Path, arrays: Iterable[npt.NDArray[Any]], rate: Fraction, codec: str | None, quality: int | None
) -> None:
    """Write arrays as the frames of a video, `rate` in a second."""
    with av_errors(str(path), "written"):
        container = container_of(path)
        atomic_write.check(path)
    rest = iter(arrays)
    first = next(rest, None)
    if first is None:
        raise ImageError(f"{path} cannot be written: a video has at least one frame, and there is none")
    deep = first.dtype == np.uint16
    chosen = encoder(container, codec, quality, deep)

    def encode(file: IO[bytes]) -> None:
        with VideoWriter(file, container.muxer, chosen, deep=deep) as writer:
            writer.begin(rate)
            for number, pixels in enumerate(chain([first], rest)):
                writer.add(pixels, Timing(number, 1, 1 / rate))
            writer.finish()

    with av_errors(str(path), "written"):
        atomic_write.replace(path, encode)

"""Reads the frames of a video, in order, and the packets of its other streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import av
import numpy as np
import numpy.typing as npt
from av import Packet
from av import VideoFrame as AvFrame
from av.stream import Stream
from av.video.reformatter import VideoReformatter

from imgcuda.errors import ImageError
from imgcuda.video.av_library import av_errors
from imgcuda.video.containers import demuxer
from imgcuda.video.frame_colors import FrameColors, Timing, seconds, side_data

if TYPE_CHECKING:
    from av.video.stream import VideoStream

CUT_SHORT = 0.5
"""If a file ends so many seconds before the time that its header tells, it was cut short."""


@dataclass(frozen=True)
class VideoFrame:
    """A frame of a video."""

    number: int
    """Counted from 0."""
    pixels: npt.NDArray[Any]
    """(height, width, RGB), of uint8, or of uint16 if the video has more than 8 bits."""
    timing: Timing
    raw: AvFrame = field(repr=False)
    """PyAV's frame."""

    @property
    def time(self) -> Fraction:
        """When it is shown, in seconds."""
        return seconds(self.timing.pts, self.timing.time_base)


class VideoReader:
    """A video that is read once, from its beginning, within a `with` block."""

    def __init__(self, path: Path, *, depth: str | None = None, max_pixels: int | None = None) -> None:
        """Open a video; `depth` is "8" or "16" for the bits of the arrays, None for those of the video."""
        self.path = path
        self.losses: list[str] = []
        """What was lost in reading, in sentences; complete at the end."""
        self._depth, self._max_pixels = depth, max_pixels
        self._packets, self._end = 0, Fraction(0)
        with av_errors(str(path), "read"):
            self._demuxer = demuxer(path)
            self._container = av.open(path, "r", format=self._demuxer)
            try:
                self.stream = self._best()
            except BaseException:
                self._container.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._container.close()

    def _best(self) -> VideoStream:
        found = self._container.streams.best("video")
        if found is None:
            raise ImageError("it has no video, only sound")
        stream = next(each for each in self._container.streams.video if each.index == found.index)
        if self._max_pixels is not None and stream.width * stream.height > self._max_pixels:
            raise ImageError(
                f"its frames have {stream.width * stream.height:,} pixels, more than {self._max_pixels:,}; "
                "--max-pixels allows more"
            )
        stream.thread_type = "AUTO"
        return stream

    @property
    def deep(self) -> bool:
        """Whether the arrays have 16 bits."""
        if self._depth is not None:
            return self._depth == "16"
        format = self.stream.codec_context.format
        return format is not None and any(part.bits > 8 for part in format.components)

    @property
    def others(self) -> list[Stream]:
        """The other streams: sound, subtitles, covers and data."""
        return [each for each in self._container.streams if each.index != self.stream.index]

    @property
    def metadata(self) -> dict[str, str]:
        return self._container.metadata

    @property
    def chapters(self) -> list[Any]:
        return self._container.chapters()

    @property
    def count(self) -> int | None:
        """About how many frames it has; None if that is not known."""
        if self.stream.frames:
            return self.stream.frames
        rate, microseconds = self.stream.average_rate, self._container.duration
        return round(microseconds / 1e6 * rate) if rate and microseconds else None

    def frames(self) -> Iterator[VideoFrame]:
        """Yield the frames."""
        for item in self.items(()):
            if isinstance(item, VideoFrame):
                yield item

    def items(self, copied: Sequence[Stream]) -> Iterator[VideoFrame | Packet[Stream]]:
        """Yield the frames, and the packets of other streams between them, as they lie in the file."""
        wanted, by, number = {stream.index for stream in copied}, VideoReformatter(), 0
        with av_errors(str(self.path), "read"):
            for packet in self._container.demux():
                self._count(packet)
                if packet.stream.index in wanted:
                    yield packet
                elif packet.stream.index == self.stream.index:
                    for frame in self.stream.decode(packet if packet.size else None):
                        yield self._read(frame, number, by)
                        number += 1
            if not number:
                raise ImageError("it has no frame that can be decoded")
        self._look_at_the_end()

    def _read(self, frame: AvFrame, number: int, by: VideoReformatter) -> VideoFrame:
        if not number:
            self.losses += list(_losses(frame))
        if frame.is_corrupt:
            self._lose("some of its frames are damaged")
        pixels = FrameColors.of(frame).to_array(frame, np.uint16 if self.deep else np.uint8, by)
        return VideoFrame(number, pixels, self._timing(frame, number), frame)

    def _timing(self, frame: AvFrame, number: int) -> Timing:
        """Return when a frame is shown; without timestamps, by its number."""
        base = frame.time_base or self.stream.time_base or Fraction(1, 1000)
        pts = frame.pts
        if pts is None:
            pts = round(number / (self.stream.average_rate or 25) / base)
        return Timing(pts, frame.duration, base)

    def _count(self, packet: Packet[Stream]) -> None:
        """Take note of how much of the file is there."""
        if packet.pts is not None:
            self._end = max(self._end, seconds(packet.pts + (packet.duration or 0), packet.time_base))
        self._packets += packet.stream.index == self.stream.index and packet.size > 0

    def _look_at_the_end(self) -> None:
        """Note a loss if less is there than the header tells."""
        start, whole = ((time or 0) / 1e6 for time in (self._container.start_time, self._container.duration))
        there = float(self._end) - start
        if whole and there < whole - CUT_SHORT:
            self._lose(f"it is cut short: {there:.1f} s of {whole:.1f} s are there")
        elif self._demuxer == "mov" and self._packets < self.stream.frames:  # other formats tell no exact number
            self._lose(f"it is cut short: {self._packets} frames of {self.stream.frames} are there")

    def _lose(self, sentence: str) -> None:
        self.losses += [sentence] * (sentence not in self.losses)


def _losses(frame: AvFrame) -> Iterator[str]:
    """Yield a sentence for each thing about a video that is not kept, as its first frame tells."""
    if frame.interlaced_frame:
        yield "it is interlaced; each two fields are filtered as one picture, and written so"
    has_alpha = any(part.is_alpha for part in frame.format.components)
    if has_alpha and int(frame.to_ndarray(format="rgba")[:, :, 3].min()) < 255:
        yield "its transparency is left out"
    if not {"MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL", "DOVI_METADATA"}.isdisjoint(side_data(frame)):
        yield "what it says of the display that it was mastered on (HDR metadata) is left out"

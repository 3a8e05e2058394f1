"""Writes frames to a video file, and the packets of other streams beside them, as they are."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, cast

import av
import numpy as np
import numpy.typing as npt
from av import Packet
from av.codec.codec import UnknownCodecError
from av.codec.context import Flags as CodecFlags
from av.container import Flags
from av.stream import Stream
from av.video.reformatter import VideoReformatter

from imgcuda.errors import ImageError
from imgcuda.video.encoders import Encoder, check_size, pixel_format
from imgcuda.video.frame_colors import RGB_FORMATS, FrameColors, Timing, side_data

if TYPE_CHECKING:
    from av import VideoFrame as AvFrame
    from av.video.stream import VideoStream

    from imgcuda.video.decoding import VideoReader

_USUAL = av.VideoFormat("yuv420p")
"""The pixel format of a video that is made from arrays."""
FASTEST = Fraction(240)
"""The highest rate that encoders are told, of which AV1's takes no higher; timestamps are not affected."""
BUFFER = 1 << 20
"""Bytes that are written at a time."""

_DESCRIPTORS = Path("/dev/fd")

_OF_THE_FILE = {"encoder", "major_brand", "minor_version", "compatible_brands", "duration"}
"""Metadata that tells of the file or the encoder, and not of the video."""


def _opened_by_ffmpeg(file: IO[bytes]) -> str | IO[bytes]:
    """Return a name of an open file, where descriptors have names, so that FFmpeg writes it itself.

    PyAV would call Python's write(), and an exception that a signal raises there, as Ctrl-C does, would be lost.
    """
    path = _DESCRIPTORS / str(file.fileno())
    return str(path) if path.exists() else file


class VideoWriter:
    """Writes a video to a file that is open, within a `with` block. Call `add` for each frame, then `finish`."""

    def __init__(self, file: IO[bytes], muxer: str, encoder: Encoder, *, deep: bool) -> None:
        """Begin a video, of frames with more than 8 bits if `deep`."""
        self.losses: list[str] = []
        """What the file cannot hold, in sentences."""
        self._muxer, self._encoder, self._deep = muxer, encoder, deep
        self._output = av.open(_opened_by_ffmpeg(file), "w", format=muxer, buffer_size=BUFFER)
        # Without FFmpeg's version, and without random numbers in Matroska: the same each time.
        bitexact: Any = Flags.bitexact
        self._output.flags |= bitexact.value
        self._by = VideoReformatter()
        self._waiting: list[Packet[Stream]] = []
        self._copies: dict[int, Stream] = {}
        self._last: int | None = None
        self._shape: tuple[int, ...] = ()
        self._aspect: Fraction | None = None
        self._stream: VideoStream | None = None
        self._format, self._colors = "", FrameColors.usual(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(av.FFmpegError):  # after an error the file is not kept, so its end may fail, too
            self._output.close()

    def begin(self, rate: Fraction | None) -> None:
        """Add the stream of the frames; `rate` is about how many there are in a second."""
        try:
            stream = self._output.add_stream(self._encoder.name, min(rate or Fraction(25), FASTEST))
        except UnknownCodecError as error:
            raise ImageError(f"PyAV was built without {self._encoder.name}; choose another --codec") from error
        self._stream = cast("VideoStream", stream)
        self._stream.options = dict(self._encoder.options)

    def copy_of(self, reader: VideoReader, metadata: bool = True) -> list[Stream]:
        """Begin a copy of a video's other streams, and of its metadata; return those whose packets are to be added."""
        self.begin(reader.stream.average_rate)
        assert self._stream is not None
        if metadata:
            self._output.metadata.update(_lasting(reader.metadata))
            self._output.set_chapters(reader.chapters)
            self._stream.metadata.update(_lasting(reader.stream.metadata))
        self._stream.disposition = reader.stream.disposition
        self._aspect = reader.stream.sample_aspect_ratio
        return [stream for stream in reader.others if self._copy(stream)]

    def _copy(self, stream: Stream) -> bool:
        """Add a stream for packets of another file's; return False, and note the loss, if the container has none."""
        is_cover = stream.type == "video" and "attached_pic" in str(stream.disposition)
        if stream.type == "video" and not is_cover:
            self.losses.append("it has another video stream, which is left out")
            return False
        try:
            copy = self._output.add_stream_from_template(stream, opaque=True)
        except (ValueError, av.FFmpegError):
            self.losses.append(f"{self._muxer} cannot hold its {_kind(stream)}: left out")
            return False
        copy.metadata.update(_lasting(stream.metadata))
        copy.disposition = stream.disposition
        self._copies[stream.index] = copy
        return stream.type != "attachment"

    def add_packet(self, packet: Packet[Stream]) -> None:
        """Write a packet of another stream, as it is."""
        if not packet.size and packet.dts is None:  # the end of a stream
            return
        if not self._shape:  # the header comes first, which needs a frame
            self._waiting.append(packet)
            return
        copy = packet.stream = self._copies[packet.stream.index]
        try:
            self._output.mux(packet)
        except av.ArgumentError as error:
            raise ImageError(f"its {_kind(copy)} cannot be copied: it is damaged") from error

    def add(self, pixels: npt.NDArray[Any], timing: Timing, like: AvFrame | None = None) -> None:
        """Encode a frame; the first tells the size, and if it is made of another (`like`), the colors."""
        if not self._shape:
            self._open(pixels, timing, like)
        if pixels.shape[:2] != self._shape[:2]:
            raise ImageError(f"its frames change their size, from {_size(self._shape)} to {_size(pixels.shape)}")
        _check_type(pixels, self._deep)
        frame = self._colors.to_frame(pixels, self._format, self._by)
        frame.time_base, frame.duration = timing.time_base, timing.duration
        frame.pts = self._last = timing.pts if self._last is None else max(timing.pts, self._last + 1)
        assert self._stream is not None
        self._output.mux(self._stream.encode(frame))

    def _open(self, pixels: npt.NDArray[Any], timing: Timing, like: AvFrame | None) -> None:
        """Set what the encoder must know before it begins."""
        assert self._stream is not None
        height, width = pixels.shape[:2]
        context = self._stream.codec_context
        self._format = pixel_format(self._encoder, like.format if like else _USUAL, self._deep)
        check_size(width, height, self._format)
        self._colors = FrameColors.of(like) if like else FrameColors.usual(height)
        context.width, context.height, context.pix_fmt = width, height, self._format
        context.time_base = timing.time_base
        context.flags |= CodecFlags.frame_duration  # so that the last frame is shown as long as it should
        context.sample_aspect_ratio = self._aspect or Fraction(0)
        context.color_primaries, context.color_trc = self._colors.primaries, self._colors.transfer
        if self._format.startswith("yuv"):
            context.colorspace, context.color_range = self._colors.matrix, self._colors.range
        self._stream.set_display_matrix(display_matrix(like) if like else None)
        self._shape = pixels.shape
        for packet in self._waiting:
            self.add_packet(packet)
        self._waiting.clear()

    def finish(self) -> None:
        """Write what the encoder has left, and the end of the file."""
        assert self._stream is not None
        self._output.mux(self._stream.encode(None))
        self._output.close()


def _check_type(pixels: npt.NDArray[Any], deep: bool) -> None:
    if pixels.dtype not in RGB_FORMATS:
        raise ImageError(f"a video takes frames of uint8 or uint16; got {pixels.dtype}")
    if pixels.dtype != (np.uint16 if deep else np.uint8):
        raise ImageError(f"all frames of a video have one type; one of them has {pixels.dtype}")


def _lasting(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the metadata that holds for a copy, too: not what mkvmerge and others have counted."""
    counted = ("BPS", "NUMBER_OF_", "_STATISTICS", "DURATION")
    return {
        key: value for key, value in metadata.items() if key.lower() not in _OF_THE_FILE and not key.startswith(counted)
    }


def display_matrix(frame: AvFrame) -> tuple[int, ...] | None:
    """Return how players turn and mirror a frame's picture, as FFmpeg's matrix; None for not at all."""
    found = side_data(frame).get("DISPLAYMATRIX")
    return struct.unpack("=9i", found) if found else None


def _kind(stream: Stream) -> str:
    codec = f" ({stream.codec.name})" if stream.type in ("audio", "subtitle") else ""
    return {"audio": "sound", "subtitle": "subtitles"}.get(stream.type, f"{stream.type} stream") + codec


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]}"

"""Makes a video from another: decodes it, changes each frame, and encodes it, all at the same time in threads."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy.typing as npt

from imgcuda.errors import ImageError
from imgcuda.images import atomic_write, describe, mark
from imgcuda.video.ahead import ahead
from imgcuda.video.av_library import av_errors
from imgcuda.video.containers import container_of
from imgcuda.video.decoding import VideoFrame, VideoReader
from imgcuda.video.encoders import encoder
from imgcuda.video.encoding import VideoWriter
from imgcuda.video.video_options import VideoOptions

if TYPE_CHECKING:
    from av import Packet
    from av.stream import Stream

AHEAD = 4
"""The most frames that wait between decoding and filtering, and between filtering and encoding."""

Change = Callable[[VideoFrame], npt.NDArray[Any]]
"""Returns a frame's pixels, changed."""

Tell = Callable[[int, int | None], None]
"""Called with the number of frames that are done, and about how many there are, or None."""


@dataclass(frozen=True)
class Rewritten:
    """What has been read and written."""

    frames: int
    given: str
    made: str
    """The size and type of the frames, before and after."""
    lost_in_reading: tuple[str, ...]
    lost_in_writing: tuple[str, ...]


class _OtherError(BaseException):
    """Wraps an error of reading or filtering, so that the writer's error handling does not take it for its own."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def rewrite(source: Path, target: Path, change: Change, options: VideoOptions, tell: Tell | None) -> Rewritten:
    """Write a video whose frames are those of another, changed; the rest is copied. Raises ImgcudaError.

    The write is atomic: if anything fails, the target is as it was before.
    """
    made: list[Rewritten] = []
    with av_errors(str(target), "written"):
        container = container_of(target)
        atomic_write.check(target, clobber=bool(options.clobber))
    with VideoReader(source, depth=options.depth, max_pixels=options.max_pixels) as reader:
        chosen = encoder(container, options.codec, options.quality, reader.deep)

        def encode(file: IO[bytes]) -> None:
            with VideoWriter(file, container.muxer, chosen, deep=reader.deep) as writer:
                made.append(_encoded(reader, writer, change, options, tell))
            if options.software:
                mark.append(file, options.software, container.is_matroska)

        try:
            with av_errors(str(target), "written"):
                atomic_write.replace(target, encode, clobber=options.clobber)
        except _OtherError as other:
            raise other.error from other.error.__cause__
    return made[0]


def _encoded(
    reader: VideoReader, writer: VideoWriter, change: Change, options: VideoOptions, tell: Tell | None
) -> Rewritten:
    copied = writer.copy_of(reader, metadata=not options.strip)
    options.check(writer.losses)
    given = made = ""
    frames = 0
    with closing(ahead(_changed(ahead(reader.items(copied), AHEAD), change), AHEAD)) as items:
        for frame, result in _others_errors(items):
            if not isinstance(frame, VideoFrame):
                writer.add_packet(frame)
                continue
            writer.add(result, frame.timing, frame.raw)
            given, made = describe(frame.pixels), describe(result)
            frames += 1
            if tell:
                tell(frames, reader.count)
    try:
        options.check(reader.losses)
    except ImageError as error:
        raise _OtherError(ImageError(f"{reader.path} cannot be read: {error}")) from None
    writer.finish()
    return Rewritten(frames, given, made, tuple(reader.losses), tuple(writer.losses))


Item = tuple["VideoFrame | Packet[Stream]", Any]
"""A frame and its pixels, changed; or a packet of another stream, and None."""


def _changed(read: Generator[VideoFrame | Packet[Stream]], change: Change) -> Iterator[Item]:
    with closing(read):
        for item in read:
            yield item, change(item) if isinstance(item, VideoFrame) else None


def _others_errors(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items, and raise errors in them as _OtherError."""
    iterator = iter(items)
    while True:
        try:
            item = next(iterator)
        except StopIteration:
            return
        except Exception as error:
            raise _OtherError(error) from error
        yield item

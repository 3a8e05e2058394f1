"""Whether PyAV is installed, and its errors as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from imgcuda.errors import ImageError, system_words
from imgcuda.images.error_messages import translated_errors

if TYPE_CHECKING:
    import av

NEEDED = "videos need PyAV: pip install 'imgcuda[video]'"


def needed(name: str, verb: str) -> None:
    """Raise ImageError if PyAV is not installed."""
    with av_errors(name, verb):
        pass


@contextmanager
def av_errors(name: str, verb: str) -> Iterator[None]:
    """Translate any error in the block to an ImageError: "in.mp4 cannot be read: it is damaged or cut short"."""
    with translated_errors(name, verb):
        try:
            import av
        except ImportError as error:
            raise ImageError(NEEDED) from error
        try:
            yield
        except av.FFmpegError as error:
            raise ImageError(_reason(error)) from error


def _reason(error: av.FFmpegError) -> str:
    from av.error import InvalidDataError

    if isinstance(error, InvalidDataError | EOFError):
        return "it is damaged or cut short: some of its data cannot be decoded"
    words = system_words(error) if isinstance(error, OSError) and error.strerror else str(error)
    return f"FFmpeg says: {words}"

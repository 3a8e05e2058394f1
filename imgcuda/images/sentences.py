"""Whatever a decoder or an encoder raises, as one sentence with the file's name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import PIL.Image

from imgcuda.errors import ImageError
from imgcuda.images.formats import READ

LONGEST = 300
"""Letters of what others say: a decoder may put a file's whole table into its words."""


@contextmanager
def telling(name: str, verb: str) -> Iterator[None]:
    """Turn whatever is raised inside into an ImageError: "in.png cannot be read: no such file or directory"."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever reads our output has had enough: that is no error
    except Exception as error:
        raise ImageError(f"{name} cannot be {verb}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, PIL.UnidentifiedImageError):
        return f"it is not a picture in a known format: {', '.join(READ)}"
    if isinstance(error, PIL.Image.DecompressionBombError):
        return "it has more pixels than its header says"
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}..."

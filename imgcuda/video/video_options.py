"""How a video is read and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imgcuda.errors import ImageError
from imgcuda.images import Clobber


@dataclass(frozen=True)
class VideoOptions:
    """How a video is read and written."""

    codec: str | None = None
    """One of ENCODERS; None for that of the container."""
    quality: int | None = None
    """From 1 to 100; None for QUALITY."""
    depth: str | None = None
    """Bits of the samples to filter and write: "8" or "16"; None keeps those of the input."""
    strip: bool = False
    """Whether metadata is left out."""
    strict: bool = False
    """Whether any loss is refused."""
    clobber: Clobber = "ours"
    software: str = ""
    """The name that marks the output."""
    max_pixels: int | None = None
    """The most pixels of a frame."""

    def check(self, losses: Sequence[str]) -> None:
        """Raise ImageError for a loss that is refused."""
        if self.strict and losses:
            raise ImageError(f"{losses[0]}; without --strict it is done")

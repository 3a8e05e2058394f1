"""The containers of videos: which are read, by their first bytes, and which are written, by their extensions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from imgcuda.errors import ImageError, ParameterError, did_you_mean
from imgcuda.images.signatures import DEMUXERS, HEAD, demuxer_of, format_of


@dataclass(frozen=True)
class Container:
    """A kind of file that a video is written to."""

    muxer: str
    """FFmpeg's name of the muxer that writes it."""
    codecs: tuple[str, str]
    """The codecs that are chosen where none is asked for: for 8 bits, and for more."""
    others: tuple[str, ...] = ()
    """Other codecs that it holds."""

    def codec(self, asked: str | None, deep: bool) -> str:
        """Return the codec to write, for more than 8 bits if `deep`; ParameterError for one that it does not hold."""
        held = dict.fromkeys((*self.codecs, *self.others))
        if asked is not None and asked not in held:
            hint = did_you_mean(asked, list(held))
            raise ParameterError(f"--codec for {self.muxer} is one of {', '.join(held)}; got '{asked}'{hint}")
        return asked or self.codecs[deep]

    @property
    def is_matroska(self) -> bool:
        """Whether its elements are Matroska's, and not those of ISO media files."""
        return self.muxer in ("matroska", "webm")


_ISO = ("h264", "hevc")
CONTAINERS = {
    ".mp4": Container("mp4", _ISO, ("av1", "vp9")),
    ".m4v": Container("mp4", _ISO, ("av1", "vp9")),
    ".mov": Container("mov", _ISO),
    ".mkv": Container("matroska", _ISO, ("av1", "vp9", "ffv1")),
    ".webm": Container("webm", ("vp9", "av1")),
}
"""The containers that are written, by extension."""


def container_of(path: Path) -> Container:
    """Return the container to write, by a path's extension; ImageError for any other."""
    if path.suffix.lower() not in CONTAINERS:
        raise ImageError(f"a video's name ends with one of {' '.join(CONTAINERS)}")
    return CONTAINERS[path.suffix.lower()]


def demuxer(path: Path) -> str:
    """Return FFmpeg's name of the demuxer for a file, by the file's first bytes; ImageError if it is no video.

    FFmpeg is not left to guess: it takes a list of addresses for a video, too, and would open what the list names.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        found = demuxer_of(head)
        if found:
            return found
        file.seek(0)
        try:
            format = format_of(file)
        except ImageError:
            raise ImageError(f"it is no video in a known format: {', '.join([*DEMUXERS, 'gif'])}") from None
        raise ImageError(f"it is a picture ({format}), not a video; write a picture, as out.png")

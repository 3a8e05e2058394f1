"""The file formats: what each can store, its extensions, and its options."""

from __future__ import annotations

from typing import NamedTuple

from imgcuda.errors import ImageError, ParameterError, did_you_mean

Samples = frozenset[tuple[str, int]]
"""Sample types, with the numbers of channels they come in."""

_GRAY_8, _COLOR_8 = {("uint8", 1), ("uint8", 2)}, {("uint8", 3), ("uint8", 4)}
_ALL_8 = frozenset(_GRAY_8 | _COLOR_8)
_ALL_16 = frozenset(("uint16", channels) for channels in (1, 2, 3, 4))
_ALL_FLOAT = frozenset(("float32", channels) for channels in (1, 2, 3, 4))
_OPAQUE_8 = frozenset({("uint8", 1), ("uint8", 3)})
_OPAQUE_16 = frozenset({("uint16", 1), ("uint16", 3)})


class Format(NamedTuple):
    """A file format: what it can store, and the options for writing it."""

    name: str
    extensions: tuple[str, ...]
    samples: Samples
    keeps: tuple[str, ...] = ()
    """The metadata it has room for: exif, xmp, icc, dpi, photoshop (IPTC in it), text (all of it) or comment (one)."""
    several: bool = False
    """Whether it holds several pictures."""
    timed: bool = False
    """Whether those are the frames of an animation."""
    options: tuple[str, ...] = ()
    """Which of the fields of `Options` it has."""
    longest: int = 2**31 - 1
    """The most pixels that a side may have for it to be opened again."""
    area: int = 2**62
    """The most pixels that a picture may have for it to be opened again."""

    def holds(self, dtype: str, channels: int) -> bool:
        """Return whether it can hold samples of a type, in so many channels, unchanged."""
        return (dtype, channels) in self.samples


FORMATS = (
    Format(
        "PNG", (".png", ".apng"), _ALL_8 | _ALL_16, ("exif", "xmp", "icc", "dpi", "photoshop", "text"), True, True,
        options=("compress",),
    ),
    Format(
        "JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), _OPAQUE_8, ("exif", "xmp", "icc", "dpi", "photoshop", "comment"),
        options=("quality", "progressive"), longest=65500,
    ),
    Format(
        "TIFF", (".tif", ".tiff"), _ALL_8 | _ALL_16 | _ALL_FLOAT, ("exif", "xmp", "icc", "dpi", "photoshop"), True,
        options=("compress",),
    ),
    Format("WEBP", (".webp",), _ALL_8, ("exif", "xmp", "icc"), True, True, ("quality", "lossless", "compress"),
           longest=16383),
    Format("AVIF", (".avif",), _ALL_8, ("exif", "xmp", "icc"), True, True, ("quality", "lossless", "compress"),
           longest=32768, area=16384**2),
    Format("GIF", (".gif",), _ALL_8, ("comment",), True, True, longest=65535),
    Format("BMP", (".bmp",), _OPAQUE_8, ("dpi",)),
    Format("PPM", (".ppm", ".pgm", ".pnm"), _OPAQUE_8 | _OPAQUE_16, ("comment",)),
    Format("TGA", (".tga",), _ALL_8, longest=65535),
    Format("JPEG2000", (".jp2",), _ALL_8 | {("uint16", 1)}, options=("quality", "lossless")),
)  # fmt: skip


VIDEOS = (".mp4", ".m4v", ".mov", ".mkv", ".webm")
"""The extensions of files that imgcuda.video writes."""


class Options(NamedTuple):
    """How a file is written; None is for the default."""

    quality: int | None = None
    """From 1 to 100: how much a lossy format may lose."""
    compress: int | None = None
    """From 0 (none, or fast) to 9 (small, and slow)."""
    lossless: bool = False
    progressive: bool = False

    def check(self, format: Format) -> None:
        """Raise ParameterError for a choice that the format does not have."""
        for option, value in self._asdict().items():
            if value not in (None, False) and option not in format.options:
                others = ", ".join(other.name for other in FORMATS if option in other.options)
                raise ParameterError(f"--{option} is for {others}; {format.name} has no such choice")
        if self.lossless and self.quality is not None:
            raise ParameterError("--lossless loses nothing, so there is no --quality to choose")

    def fitting(self, format: Format) -> Options:
        """Return the choices that the format has; the others are for other files of a batch."""
        return Options(**{name: value for name, value in self._asdict().items() if name in format.options})


def by_extension(extension: str) -> Format:
    """Return the format of an extension, ".jpg"; ImageError for one that is not known."""
    known = {extension: format for format in FORMATS for extension in format.extensions}
    if extension in known:
        return known[extension]
    hint = did_you_mean(extension, list(known)) if extension else ""
    what = f"the extension '{extension}' is not known" if extension else "its name has no extension"
    raise ImageError(f"{what}{hint or '; write one of ' + ' '.join(known)}")


def by_name(name: str) -> Format:
    """Return a format by its name, "png" or "jpg"; ParameterError for one that is not known."""
    known = {format.name.lower(): format for format in FORMATS}
    known |= {extension[1:]: format for format in FORMATS for extension in format.extensions}
    if name.lower() in known:
        return known[name.lower()]
    hint = did_you_mean(name.lower(), list(known))
    raise ParameterError(f"--format: there is no format '{name}'{hint or '; it is one of ' + ', '.join(known)}")

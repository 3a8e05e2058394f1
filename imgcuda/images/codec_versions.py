"""The versions of the libraries by which Pillow decodes and encodes image files; a build may lack some."""

from __future__ import annotations

OF_PILLOW = {
    "libjpeg_turbo": "JPEG",
    "zlib": "PNG",
    "libtiff": "TIFF",
    "webp": "WebP",
    "avif": "AVIF",
    "jpg_2000": "JPEG 2000",
    "littlecms2": "color profiles",
}
"""Pillow's names of its libraries, and what each is for."""


def codec_versions() -> dict[str, str | None]:
    """Return for each kind of file the library that Pillow uses, with its version; None if this build has none."""
    from PIL import features

    def version(name: str) -> str | None:
        return f"{name} {features.version(name) or ''}".strip() if features.check(name) else None

    return {what: version(name) for name, what in OF_PILLOW.items()}

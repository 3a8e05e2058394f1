"""Profiles in the texts of a PNG, in hexadecimal digits, as ImageMagick, ExifTool and Exiv2 write them.

A text is called by its profile: "Raw profile type iptc".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

PREFIX = "Raw profile type "
MOST = 500_000
"""Bytes of a profile that is written: twice as many digits are nearly the longest text that Pillow opens."""

_READ = ("exif", "xmp", "iptc", "8bim")
_DIGITS = 72
"""In a line."""


def of(info: Mapping[Any, Any], *names: str) -> bytes | None:
    """Return a profile, by the first of its names that exists: None if there is none, and b"" if it is damaged."""
    found = (info[PREFIX + name] for name in names if isinstance(info.get(PREFIX + name), str))
    text = next(found, None)
    if text is None:
        return None
    try:
        return bytes.fromhex("".join(text.split("\n")[3:]))  # after an empty line, the name and the length
    except ValueError:
        return b""


def left_out(info: Mapping[Any, Any]) -> Iterator[str]:
    """Return a sentence for each profile that is not carried; damaged EXIF is reported elsewhere."""
    for name in (key.removeprefix(PREFIX) for key in info if isinstance(key, str) and key.startswith(PREFIX)):
        if name not in _READ:
            yield f"its profile '{name}' is left out"
        elif name != "exif" and not of(info, name):
            yield f"its profile '{name}' is damaged and is left out"


def text(name: str, data: bytes) -> str:
    """Return a profile as a text."""
    digits = data.hex()
    lines = [digits[start : start + _DIGITS] for start in range(0, len(digits), _DIGITS)]
    return "\n".join(["", name, f"{len(data):8}", *lines, ""])

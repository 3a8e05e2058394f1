"""Deflates and inflates by ISA-L, which is several times as fast as zlib; by zlib if ISA-L is not installed."""

from __future__ import annotations

import zlib
from types import ModuleType
from typing import Any

RAW = -15
"""The window's bits, with a sign that says: no header and no checksum around the data."""


def deflater() -> Any:
    """Return a fast compressor of raw data, like `zlib.compressobj`."""
    library = _isal()
    return (
        library.compressobj(1, zlib.DEFLATED, RAW)
        if library
        else zlib.compressobj(1, zlib.DEFLATED, RAW, 9, zlib.Z_RLE)
    )


def inflater() -> Any | None:
    """Return a fast decompressor of raw data, like `zlib.decompressobj`; None without ISA-L."""
    library = _isal()
    return library.decompressobj(RAW) if library else None


def adler32(data: Any, checksum: int = 1) -> int:
    """Return the checksum of a zlib stream."""
    found: int = (_isal() or zlib).adler32(data, checksum)
    return found


def _isal() -> ModuleType | None:
    try:
        from isal import isal_zlib  # imported with the first file that needs it
    except ImportError:  # a system that it is not built for
        return None
    return isal_zlib

"""Digests (BLAKE2b) of cache keys and of cached data.

hashlib would load OpenSSL, which takes longer than reading and writing a small image, for digests that CPython has in a
module of its own.
"""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # another Python
    from hashlib import blake2b

BYTES = 32
"""The length of a digest."""


def digest(data: bytes) -> bytes:
    """Return the digest of some bytes."""
    return blake2b(data, digest_size=BYTES).digest()


def digest_of(parts: object) -> str:
    """Return the digest of the repr() of some parts, in hexadecimal."""
    return digest(repr(parts).encode("utf-8", "backslashreplace")).hex()

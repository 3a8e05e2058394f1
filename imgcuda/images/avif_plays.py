"""How often an AVIF animation is shown, which Pillow neither reads nor writes.

An edit list says how long one showing is, and a track how long all of them are: their ratio is the count. If there is
no end, every bit of the track's length is set; this is what Pillow writes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from imgcuda.images.iso_boxes import boxes

REPEATS = 1
"""In the flags of an edit list: the showing is repeated."""
_LENGTH = {b"mvhd": (16, 24), b"tkhd": (20, 28)}
"""Where a header's length is, in its first version and in its second, after a byte that says the version."""


class _Length(NamedTuple):
    """A number in the file."""

    place: int
    form: str
    value: int

    @property
    def is_endless(self) -> bool:
        return self.value == (1 << 8 * struct.calcsize(self.form)) - 1


def plays(data: bytes) -> int:
    """Return how often an AVIF animation is shown; 0 is for ever, or if it does not say."""
    for track in _inside(data, b"moov", b"trak"):
        whole, edits = _length(data, b"tkhd", *track), next(_inside(data, b"edts", b"elst", within=track), None)
        if whole is None or edits is None:
            continue
        once = _once(data, *edits)
        if once is None:
            return 1
        return 0 if whole.is_endless or not once else -(-whole.value // once)
    return 0


def with_plays(data: bytes, count: int) -> bytes:
    """Return an AVIF animation of Pillow's with its play count set; 0 is for ever."""
    if not count:
        return data
    made = bytearray(data)
    tracks = list(_inside(data, b"moov", b"trak"))
    once = max(_once(data, *edits) or 0 for track in tracks for edits in _inside(data, b"edts", b"elst", within=track))
    lengths = [_length(data, b"mvhd", *movie) for movie in _inside(data, b"moov")]
    for length in [*lengths, *(_length(data, b"tkhd", *track) for track in tracks)]:
        if length is not None:
            struct.pack_into(length.form, made, length.place, once * count)
    return bytes(made)


def _inside(data: bytes, *kinds: bytes, within: tuple[int, int] | None = None) -> Iterator[tuple[int, int]]:
    """Return where the content of each box begins and ends that is nested in boxes of these kinds."""
    for kind, place, end in boxes(data, *(within or (0, len(data)))):
        if kind == kinds[0] and len(kinds) == 1:
            yield place, end
        elif kind == kinds[0]:
            yield from _inside(data, *kinds[1:], within=(place, end))


def _length(data: bytes, kind: bytes, place: int, end: int) -> _Length | None:
    """Return the length that a movie's or a track's header says."""
    for start, until in _inside(data, kind, within=(place, end)):
        long = data[start : start + 1] == b"\1"
        at, form = start + _LENGTH[kind][long], ">Q" if long else ">I"
        if at + struct.calcsize(form) <= until:
            return _Length(at, form, struct.unpack_from(form, data, at)[0])
    return None


def _once(data: bytes, place: int, end: int) -> int | None:
    """Return how long one showing is, by an edit list, or nothing if it is not repeated."""
    if end - place < 20:
        return 0
    if not data[place + 3] & REPEATS:
        return None
    return int(struct.unpack_from(">Q" if data[place] == 1 else ">I", data, place + 8)[0])

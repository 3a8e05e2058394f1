"""EXIF as bytes: tags are changed where they stand, and all else keeps its bytes and its place.

Texts may be in any encoding, and maker notes hold offsets from the beginning of the block: both are lost where EXIF is
parsed into values and written anew. A TIFF's own directory, which is spread over its file, is collected into a block;
a maker note keeps its offset there too, if it needs it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from imgcuda.images import jpeg

PREFIX = b"Exif\0\0"
"""What is before the block in a JPEG."""

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""How many bytes a value of each type has."""
SHORT, LONG, ASCII, RATIONAL = 3, 4, 2, 5

EXIF, GPS, INTEROP, MAKER_NOTE = 0x8769, 0x8825, 0xA005, 0x927C
ORIENTATION, SOFTWARE, PROCESSING_SOFTWARE = 0x0112, 0x0131, 0x000B
_SUB_DIRECTORIES = {EXIF: (), GPS: (), INTEROP: (EXIF,)}
"""Tags that lead to other directories, each with the tags on the way to the directory that it is in."""

_THUMBNAIL_DATA = ((0x0201, 0x0202), (0x0111, 0x0117))
_POSITIONS = (0x9214, 0xA214)
"""Where the subject is in the picture."""
_MOST_ENTRIES = 4096
_MOST_PADDING = 60_000

_MOVABLE = (b"Nikon\0\2", b"OLYMPUS\0", b"OM SYSTEM\0", b"FUJIFILM", b"Apple iOS\0", b"PENTAX \0")
"""How maker notes begin whose offsets count from their own beginning."""

MOVED = "its maker note is left out, as it could not be read in another place"


class ExifError(ValueError):
    """A block that is no EXIF, or one whose first directory is damaged."""


@dataclass(frozen=True)
class Entry:
    """A tag with its value, in the bytes of its file."""

    tag: int
    kind: int
    count: int
    value: bytes
    place: int
    """Where the value was."""

    def number(self, order: str) -> int | None:
        """Return the first number of the value, if it is a whole one."""
        code = {1: "B", SHORT: "H", LONG: "I", 13: "I", 16: "Q", 18: "Q"}.get(self.kind)
        return int(struct.unpack_from(order + code, self.value)[0]) if code and self.value else None


Read = Callable[[int, int], bytes]
"""Returns so many bytes from an offset on; there may be fewer."""


@dataclass(frozen=True)
class Reader:
    """Directories of a TIFF, or of a block of EXIF, which is one."""

    read: Read
    order: str
    big: bool = False

    def directory(self, offset: int) -> tuple[list[Entry], int, int]:
        """Return a directory's entries, how many more are damaged, and the offset of the next directory.

        Raises ExifError for one that does not fit into the file.
        """
        head, size = (8, 20) if self.big else (2, 12)
        count = self._number(self.read(offset, head)) if offset >= 8 else 0
        table = self.read(offset + head, count * size) if count <= _MOST_ENTRIES else b""
        if offset < 8 or len(table) < max(1, count) * size:
            raise ExifError("a directory does not fit into the file")
        end = offset + head + count * size
        entries = [self.entry(table[k : k + size], offset + head + k) for k in range(0, len(table), size)]
        good = [entry for entry in entries if entry is not None]
        following = self.read(end, 8 if self.big else 4)
        return good, count - len(good), self._number(following) if len(following) in (4, 8) else 0

    def _number(self, data: bytes) -> int:
        code = {2: "H", 4: "I", 8: "Q"}.get(len(data))
        return int(struct.unpack(self.order + code, data)[0]) if code else 0

    def entry(self, raw: bytes, place: int) -> Entry | None:
        """Return an entry, or nothing for one whose value is not in the file."""
        tag, kind, count = struct.unpack_from(self.order + ("HHQ" if self.big else "HHI"), raw)
        inline = raw[12:] if self.big else raw[8:]
        size = count * SIZES.get(kind, 0)
        if kind not in SIZES or size <= len(inline):
            return Entry(tag, kind, count, inline[:size] if kind in SIZES else inline, place + len(raw) - len(inline))
        offset = self._number(inline)
        value = self.read(offset, size) if size < 1 << 31 else b""
        return Entry(tag, kind, count, value, offset) if len(value) == size else None


class Block:
    """A block of EXIF, to be changed in place. What of it is damaged is taken out, and so are its thumbnails."""

    def __init__(self, data: bytes) -> None:
        """Take a block, with or without "Exif" before it. Raises ExifError for what is none."""
        while data.startswith(PREFIX):
            data = data[len(PREFIX) :]
        if data[:4] not in (b"II*\0", b"MM\0*") or len(data) < 8:
            raise ExifError("it does not begin as EXIF does")
        self.data = bytearray(data)
        self.order = "<" if data[:2] == b"II" else ">"
        self.is_damaged = False
        self._clean()

    def __bytes__(self) -> bytes:
        """Return the block with "Exif" before it, or nothing if it has no tags."""
        return PREFIX + bytes(self.data) if self.directory() else b""

    @property
    def orientation(self) -> int:
        """The orientation, from 1 (upright) to 8, and 0 if none is said."""
        found = self.find(ORIENTATION)
        value = found.number(self.order) if found else None
        return value if value and value <= 8 else 0

    @property
    def _reader(self) -> Reader:
        return Reader(lambda at, size: bytes(self.data[at : at + size]), self.order)

    def offset(self, sub: int = 0) -> int:
        """Return where the first directory is, or the one that a tag leads to; 0 if there is none."""
        if not sub:
            return int(struct.unpack_from(self.order + "I", self.data, 4)[0])
        parents = _SUB_DIRECTORIES[sub]
        found = self.find(sub, *parents)
        return (found.number(self.order) or 0) if found else 0

    def directory(self, sub: int = 0) -> list[Entry]:
        """Return the entries of the first directory, or of the one that a tag leads to."""
        offset = self.offset(sub)
        return self._reader.directory(offset)[0] if offset else []

    def find(self, tag: int, sub: int = 0) -> Entry | None:
        """Return a tag's entry."""
        offset = self.offset(sub)
        place = self._place_in(offset, tag) if offset else 0
        return self._reader.entry(bytes(self.data[place : place + 12]), place + 8) if place else None

    def remove(self, tags: Iterable[int], sub: int = 0) -> None:
        """Take tags out of a directory; their values are overwritten with zeros where nothing else needs them."""
        gone = [entry for entry in self.directory(sub) if entry.tag in set(tags)]
        if gone:
            self._keep(sub, lambda raw: self._tag(raw) not in {entry.tag for entry in gone})
            self._wipe([(entry.place, entry.place + len(entry.value)) for entry in gone if len(entry.value) > 4])

    def set_number(self, tag: int, value: int, sub: int = 0) -> None:
        """Give a tag that is there another whole number."""
        place = self._place(tag, sub)
        if place:
            kind = SHORT if value < 1 << 16 and self._kind(place) == SHORT else LONG
            packed = struct.pack(self.order + ("H" if kind == SHORT else "I"), value).ljust(4, b"\0")
            self.data[place + 2 : place + 12] = struct.pack(self.order + "HI", kind, 1) + packed

    def swap(self, one: int, other: int, sub: int = 0) -> None:
        """Have two tags change their values."""
        a, b = self._place(one, sub), self._place(other, sub)
        if a and b:
            self.data[a + 2 : a + 12], self.data[b + 2 : b + 12] = self.data[b + 2 : b + 12], self.data[a + 2 : a + 12]

    def resize(self, width: int, height: int) -> None:
        """Say another size of the picture, where a size is said."""
        across = self.find(0xA002, EXIF)
        if across and across.number(self.order) not in (None, width):
            self.remove(_POSITIONS, EXIF)
        for sub, first in ((0, 0x0100), (EXIF, 0xA002), (INTEROP, 0x1001)):
            for tag, value in ((first, width), (first + 1, height)):
                self.set_number(tag, value, sub)

    def turn(self, orientation: int) -> None:
        """Say that the picture is upright now, which had an orientation."""
        self.set_number(ORIENTATION, 1)
        if orientation != 1:
            self.remove(_POSITIONS, EXIF)
        if orientation > 4:
            for sub, across in ((0, 282), (0, 0x0100), (EXIF, 0xA002), (INTEROP, 0x1001)):
                self.swap(across, across + 1, sub)

    def name_software(self, name: bytes) -> None:
        """Say which program wrote the file last; the one before becomes the one that processed it, if none did yet."""
        old = self.find(SOFTWARE)
        value = name + b"\0"
        if old and len(old.value) == len(value) and old.value[:8] == value[:8]:
            self.data[old.place : old.place + len(value)] = value
            return
        earlier = [replace(old, tag=PROCESSING_SOFTWARE)] if old and not self.find(PROCESSING_SOFTWARE) else []
        self.add(*earlier, Entry(SOFTWARE, ASCII, len(value), value, 0))

    def add(self, *added: Entry) -> None:
        """Put tags into the first directory, which moves to the end of the block; no value moves."""
        entries = self.raw_entries()
        for entry in added:
            value = entry.value.ljust(4, b"\0")
            if len(value) > 4:
                self._align()
                value = struct.pack(self.order + "I", len(self.data))
                self.data += entry.value
            entries[entry.tag] = struct.pack(self.order + "HHI", entry.tag, entry.kind, entry.count) + value
        self._align()
        self._move_to_the_end([entries[tag] for tag in sorted(entries)])

    # How it is done

    def raw_entries(self) -> dict[int, bytes]:
        """Return the entries of the first directory in the bytes that they have there, by their tags."""
        return {self._tag(raw): raw for raw in self._raw_entries()}

    def _tag(self, raw: bytes) -> int:
        return int(struct.unpack_from(self.order + "H", raw)[0])

    def _kind(self, place: int) -> int:
        return int(struct.unpack_from(self.order + "H", self.data, place + 2)[0])

    def _align(self) -> None:
        self.data += bytes(len(self.data) % 2)

    def _raw_entries(self, sub: int = 0) -> list[bytes]:
        offset = self.offset(sub)
        count = struct.unpack_from(self.order + "H", self.data, offset)[0]
        return [bytes(self.data[offset + 2 + 12 * k : offset + 14 + 12 * k]) for k in range(count)]

    def _place(self, tag: int, sub: int) -> int:
        """Return where a tag's entry is, or 0."""
        offset = self.offset(sub)
        return self._place_in(offset, tag) if offset else 0

    def _place_in(self, offset: int, tag: int) -> int:
        count = min(struct.unpack_from(self.order + "H", self.data, offset)[0], (len(self.data) - offset - 2) // 12)
        found = [
            tag == each for (each,) in struct.iter_unpack(self.order + "H10x", self.data[offset + 2 :][: 12 * count])
        ]
        return offset + 2 + 12 * found.index(True) if True in found else 0

    def _keep(self, sub: int, wanted: Callable[[bytes], bool]) -> None:
        """Leave out entries of a directory, which stays where it is."""
        offset, raws = self.offset(sub), self._raw_entries(sub)
        kept = [raw for raw in raws if wanted(raw)]
        size = 2 + 12 * len(raws) + 4
        after = bytes(self.data[offset + size - 4 : offset + size])
        table = struct.pack(self.order + "H", len(kept)) + b"".join(kept) + after.ljust(4, b"\0")
        end = min(size, len(self.data) - offset)
        self.data[offset : offset + end] = table.ljust(size, b"\0")[:end] if kept else bytes(end)
        if not kept and not sub:
            struct.pack_into(self.order + "I", self.data, 4, 0)
        elif not kept:
            parents = _SUB_DIRECTORIES[sub]
            self._keep(parents[0] if parents else 0, lambda raw: self._tag(raw) != sub)

    def _move_to_the_end(self, raws: Sequence[bytes]) -> None:
        offset, size = self.offset(), 2 + 12 * len(self._raw_entries())
        self.data[offset : offset + size] = bytes(size)
        struct.pack_into(self.order + "I", self.data, 4, len(self.data))
        self.data += struct.pack(self.order + "H", len(raws)) + b"".join(raws) + bytes(4)

    def _clean(self) -> None:
        """Take out what is damaged, and every picture. Raises ExifError if the first directory is damaged."""
        following = self._reader.directory(self.offset())[2]
        tables = [(0, 8), self._table(self.offset())]
        for sub, parents in _SUB_DIRECTORIES.items():
            entry = self.find(sub, *parents)
            if entry and not self._is_sound(entry, tables):
                self.is_damaged = True
                self._keep(parents[0] if parents else 0, lambda raw, sub=sub: self._tag(raw) != sub)  # type: ignore[misc]
        for sub in (0, *_SUB_DIRECTORIES):
            if self.offset(sub):
                self._drop_damaged(sub, tables)
        thumbnails = self._unlink(following)
        pictures = list(jpeg.embedded(bytes(self.data)))
        self._wipe(thumbnails)
        for start, end in pictures:  # in maker notes, which are bytes that only their makers know
            self.data[start : self._end_of_value(start, end)] = bytes(self._end_of_value(start, end) - start)
        if any(end >= len(self.data) for _, end in thumbnails):
            del self.data[max(end for _, end in self._live()) :]

    def _table(self, offset: int) -> tuple[int, int]:
        """Return where a directory's entries are, from and to."""
        return offset, offset + 2 + 12 * int(struct.unpack_from(self.order + "H", self.data, offset)[0])

    def _is_sound(self, entry: Entry, tables: list[tuple[int, int]]) -> bool:
        """Return whether a tag leads to a directory, beside all others, which it then joins."""
        offset = entry.number(self.order) or 0
        try:
            self._reader.directory(offset)
        except ExifError:
            return False
        table = self._table(offset)
        apart = not _overlaps(table, tables)
        tables += [table] * apart
        return apart

    def _drop_damaged(self, sub: int, tables: Sequence[tuple[int, int]]) -> None:
        """Take out tags whose values are not in the block, or lie where directories are."""
        reader = self._reader

        def is_sound(raw: bytes) -> bool:
            entry = reader.entry(raw, 0)
            return entry is not None and (
                len(entry.value) <= 4 or not _overlaps((entry.place, entry.place + len(entry.value)), tables)
            )

        sound = [is_sound(raw) for raw in self._raw_entries(sub)]
        if not all(sound):
            self.is_damaged = True
            self._keep(sub, is_sound)
        if not any(sound) and not sub:
            raise ExifError("all of its tags are damaged")

    def _unlink(self, following: int) -> list[tuple[int, int]]:
        """Have no directory after the first one; return where the others and their pictures are."""
        first, seen = self.offset(), {self.offset()}
        struct.pack_into(self.order + "I", self._room(first), first + 2 + 12 * len(self._raw_entries()), 0)
        found = []
        while following and following not in seen:
            seen.add(following)
            try:
                entries, _, after = self._reader.directory(following)
            except ExifError:
                break
            found.append((following, following + 2 + 12 * len(entries) + 4))
            values = {entry.tag: entry.number(self.order) or 0 for entry in entries}
            found += [
                (values[at], values[at] + values[size]) for at, size in _THUMBNAIL_DATA if {at, size} <= {*values}
            ]
            following = after
        return [(start, min(end, len(self.data))) for start, end in found]

    def _room(self, first: int) -> bytearray:
        """Return the data with room for what stands after the first directory's entries."""
        self.data += bytes(max(0, first + 2 + 12 * len(self._raw_entries()) + 4 - len(self.data)))
        return self.data

    def _live(self) -> list[tuple[int, int]]:
        """Return the parts of the block that its tags need."""
        parts = [(0, 8)]
        for sub in (0, *_SUB_DIRECTORIES):
            if offset := self.offset(sub):
                entries = self.directory(sub)
                parts.append((offset, offset + 2 + 12 * len(entries) + 4))
                parts += [(entry.place, entry.place + len(entry.value)) for entry in entries]
        return parts

    def _end_of_value(self, start: int, end: int) -> int:
        """Return where an embedded picture ends: within the value that it is in."""
        return min([end, *(stop for begin, stop in self._live() if begin <= start < stop)])

    def _wipe(self, parts: Iterable[tuple[int, int]]) -> None:
        """Overwrite parts of the block with zeros, but for what its tags need."""
        live = self._live()
        for start, end in parts:
            inside = [(max(a, start), min(b, end)) for a, b in live if a < end and b > start]
            place = start
            for a, b in [*sorted(inside), (end, end)]:
                if a > place:
                    self.data[place:a] = bytes(a - place)
                place = max(place, b)


def _overlaps(part: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(part[0] < end and start < part[1] for start, end in others)


# A block made of directories


def collected(read: Read, order: str, offset: int, big: bool, without: Iterable[int]) -> tuple[bytes, list[str]]:
    """Return a TIFF's own tags and those of its EXIF as a block, but for some, and what is lost, a sentence each."""
    reader, losses = Reader(read, order, big), []
    top, damaged, _ = reader.directory(offset)
    wanted = {entry.tag: entry for entry in reversed(top) if entry.tag not in set(without)}  # the first of two
    tables, seen = {0: list(wanted.values())}, {offset}
    for sub, parents in _SUB_DIRECTORIES.items():
        table = tables.get(parents[0] if parents else 0, [])
        entry = next((entry for entry in table if entry.tag == sub), None)
        if entry is None:
            continue
        try:
            place = entry.number(order) or 0
            if place in seen:
                raise ExifError("a directory leads to itself")
            seen.add(place)
            tables[sub], more, _ = reader.directory(place)
            damaged += more
        except ExifError:
            table.remove(entry)
            damaged += 1
    if damaged:
        losses.append("its EXIF is damaged; what can be read of it is kept")
    tables = {sub: [_in_four_bytes(entry, order) for entry in table] for sub, table in tables.items()}
    block, moved = built(tables, order)
    if not block:
        return b"", [*losses, *[MOVED] * moved]
    clean = Block(block)
    return bytes(clean), [*losses, *[MOVED] * moved]


def with_tag(data: bytes, tag: int, kind: int, count: int, value: bytes) -> bytes:
    """Return a block, or a new one, with a tag that it does not have; `value` is little-endian, of at most 4 bytes
    but for texts."""
    entry = Entry(tag, kind, count, value, 0)
    if not data:
        return PREFIX + built({0: [entry]}, "<")[0]
    block = Block(data)
    block.add(entry if block.order == "<" else replace(entry, value=_swapped(value, kind)))
    return bytes(block)


def _swapped(value: bytes, kind: int) -> bytes:
    """Return a value in the other byte order."""
    size = {5: 4, 10: 4}.get(kind, SIZES.get(kind, 1))
    return b"".join(value[k : k + size][::-1] for k in range(0, len(value), size))


def in_order(table: Sequence[Entry], order: str, wanted: str) -> list[Entry]:
    """Return entries in a byte order."""
    return [entry if order == wanted else replace(entry, value=_swapped(entry.value, entry.kind)) for entry in table]


def entries_at(data: bytes, order: str) -> dict[int, bytes]:
    """Return the entries of the first directory of what `built` made for a place in a file."""
    count = struct.unpack_from(order + "H", data)[0] if data else 0
    raws = [data[2 + 12 * k : 14 + 12 * k] for k in range(count)]
    return {struct.unpack_from(order + "H", raw)[0]: raw for raw in raws}


def tables_of(block: Block) -> dict[int, list[Entry]]:
    """Return the entries of all the directories of a block."""
    return {sub: block.directory(sub) for sub in (0, *_SUB_DIRECTORIES) if block.offset(sub)}


def _in_four_bytes(entry: Entry, order: str) -> Entry:
    """Return an entry of a BigTIFF as one that a block can hold."""
    kind = {16: LONG, 17: 9, 18: 13}.get(entry.kind)
    if kind is None:
        return entry
    numbers = struct.unpack(f"{order}{entry.count}{'q' if kind == 9 else 'Q'}", entry.value)
    low, high = (-(1 << 31), 1 << 31) if kind == 9 else (0, 1 << 32)
    cut = [min(max(number, low), high - 1) for number in numbers]
    value = struct.pack(f"{order}{entry.count}{'i' if kind == 9 else 'I'}", *cut)
    return replace(entry, kind=kind, value=value)


def built(tables: dict[int, list[Entry]], order: str, base: int = 0) -> tuple[bytes, bool]:
    """Return a block of directories, and whether a maker note could not be kept. Its place is `base`, in a file."""
    note = next((entry for entry in tables.get(EXIF, []) if entry.tag == MAKER_NOTE), None)
    moved = False
    if note and (note.value.startswith(_MOVABLE) or len(note.value) <= 4):
        note = None
    elif note and (base or not 8 <= note.place <= _MOST_PADDING):
        tables = {**tables, EXIF: [entry for entry in tables[EXIF] if entry is not note]}
        note, moved = None, True
    tables = _without_empty(tables)
    if not tables.get(0):
        return b"", moved
    room = _Room(order, base, note)
    places = {sub: room.take(2 + 12 * len(tables[sub]) + 4) for sub in tables}
    for sub, place in places.items():
        entries = sorted(tables[sub], key=lambda entry: entry.tag)
        raws = [room.entry(entry, places) for entry in entries]
        room.put(place, struct.pack(order + "H", len(raws)) + b"".join(raws))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", places[0])
    if not base:
        room.put(0, head)
    return bytes(room.data), moved


def _without_empty(tables: dict[int, list[Entry]]) -> dict[int, list[Entry]]:
    """Return directories without the empty ones, and without the tags that lead to none."""
    kept = {sub: table for sub, table in tables.items() if table}
    gone = set(_SUB_DIRECTORIES) - set(kept)
    kept = {sub: [entry for entry in table if entry.tag not in gone] for sub, table in kept.items()}
    return kept if all(kept.values()) else _without_empty(kept)


class _Room:
    """A block that is being filled, around a maker note that keeps its place."""

    def __init__(self, order: str, base: int, note: Entry | None) -> None:
        self.order, self.base, self.note = order, base, note
        self.data = bytearray(0 if base else 8)
        self.next = base or 8
        if note:
            self.put(note.place, note.value)

    def take(self, size: int) -> int:
        place = self.next
        if self.note and place < self.note.place + len(self.note.value) and place + size > self.note.place:
            place = self.note.place + len(self.note.value)
            place += place % 2
        self.next = place + size + size % 2
        self.data += bytes(max(0, self.next - self.base - len(self.data)))
        return place

    def put(self, place: int, data: bytes) -> None:
        self.data += bytes(max(0, place - self.base + len(data) - len(self.data)))
        self.data[place - self.base : place - self.base + len(data)] = data

    def entry(self, entry: Entry, places: dict[int, int]) -> bytes:
        head = struct.pack(self.order + "HHI", entry.tag, entry.kind, entry.count)
        if entry.tag in places and entry.tag:
            return struct.pack(self.order + "HHII", entry.tag, LONG, 1, places[entry.tag])
        if len(entry.value) <= 4:
            return head + entry.value.ljust(4, b"\0")
        if entry is self.note:
            return head + struct.pack(self.order + "I", entry.place)
        place = self.take(len(entry.value))
        self.put(place, entry.value)
        return head + struct.pack(self.order + "I", place)


def shortened(block: Block, most: int) -> tuple[bytes, list[int]]:
    """Return a block of so many bytes at most, without its largest values, and the tags of those."""
    tables, gone = tables_of(block), []
    data = bytes(block)
    while len(data) > most:
        sub, largest = max(
            ((sub, entry) for sub in tables for entry in tables[sub]), key=lambda pair: len(pair[1].value)
        )
        tables[sub] = [entry for entry in tables[sub] if entry is not largest]
        gone.append(largest.tag)
        made, moved = built(tables, block.order)
        data = PREFIX + made if made else b""
        if moved:
            gone.append(MAKER_NOTE)
    return data, list(dict.fromkeys(gone))

"""A reader of object files: the sections, symbols and relocations of a 64-bit little-endian ELF file."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

X86_64, ARM64 = 62, 183
"""The machine numbers in an ELF file's header."""

_MAGIC = b"\x7fELF\x02\x01"
_SYMBOLS, _RELOCATIONS, NO_BITS = 2, 4, 8
ALLOCATED, EXECUTABLE = 2, 4
_GLOBAL_FUNCTION = 1 << 4 | 2


class ObjectSection(NamedTuple):
    """A section: a part of the file that is loaded as one piece."""

    type: int
    flags: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int


class ObjectSymbol(NamedTuple):
    """A name for a place in a section; section 0 stands for a function of another library."""

    name: str
    section: int
    value: int
    is_function: bool
    """Whether it is a function that other files may call."""


class Relocation(NamedTuple):
    """A place in a section that depends on the address of a symbol."""

    section: int
    offset: int
    type: int
    symbol: int
    addend: int


class ObjectFile:
    """The contents of an ELF object file. `machine` is 0 if the bytes are not an ELF file of this kind."""

    def __init__(self, binary: bytes) -> None:
        self.binary = binary
        self.machine: int = struct.unpack_from("<H", binary, 18)[0] if binary.startswith(_MAGIC) else 0
        self.sections = list(self._sections()) if self.machine else []
        self.symbols = [
            symbol for section in self.sections if section.type == _SYMBOLS for symbol in self._symbols(section)
        ]

    def contents(self, section: ObjectSection) -> bytes:
        """Return the bytes of a section; zeros if the file stores none for it."""
        if section.type == NO_BITS:
            return bytes(section.size)
        return self.binary[section.offset : section.offset + section.size]

    def relocations(self) -> Iterator[Relocation]:
        """Return the relocations of all sections that are loaded."""
        for section in self.sections:
            if section.type == _RELOCATIONS and self.sections[section.info].flags & ALLOCATED:
                for offset, info, addend in struct.iter_unpack("<QQq", self.contents(section)):
                    yield Relocation(section.info, offset, info & 0xFFFFFFFF, info >> 32, addend)

    def _sections(self) -> Iterator[ObjectSection]:
        (table,) = struct.unpack_from("<Q", self.binary, 40)
        (count,) = struct.unpack_from("<H", self.binary, 60)
        for number in range(count):
            _, kind, flags, _, offset, size, link, info, alignment, _ = struct.unpack_from(
                "<IIQQQQIIQQ", self.binary, table + 64 * number
            )
            yield ObjectSection(kind, flags, offset, size, link, info, alignment)

    def _symbols(self, table: ObjectSection) -> Iterator[ObjectSymbol]:
        names = self.contents(self.sections[table.link])
        for name, info, _, section, value, _ in struct.iter_unpack("<IBBHQQ", self.contents(table)):
            word = names[name : names.index(b"\0", name)].decode()
            yield ObjectSymbol(word, section, value, info == _GLOBAL_FUNCTION and section != 0)

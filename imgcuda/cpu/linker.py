"""A linker for kernels: turns an object file into an image that only has to be copied into memory to run.

LLVM's own loader does the same each time a kernel is loaded, but importing LLVM takes longer than everything else that
a kernel from the cache needs. This linker runs once, when a kernel is compiled. It knows ELF for x86-64 and for 64-bit
Arm, and the relocations in LLVM's position-independent code (the ELF supplements of both ABIs list them).
"""

from __future__ import annotations

import mmap
import struct
from typing import NamedTuple

from imgcuda.cpu.object_file import ALLOCATED, ARM64, EXECUTABLE, X86_64, ObjectFile, Relocation

_STUBS = {
    X86_64: b"\xff\x25\x02\x00\x00\x00\x0f\x0b",  # jmp [rip + 2]; ud2; the address follows
    ARM64: b"\x50\x00\x00\x58\x00\x02\x1f\xd6",  # ldr x16, 8 bytes on; br x16; the address follows
}
"""A jump to the 64-bit address stored behind it, since a call instruction only reaches targets within the image."""

_LOW_BITS = {277: 0, 278: 0, 284: 1, 285: 2, 286: 3, 299: 4}
"""Arm's relocations of an offset within a page of 4 KiB, and the binary logarithm of the unit of the offset."""


class AddressSlot(NamedTuple):
    """Eight bytes of an image that hold an address, to be filled in when it is loaded."""

    at: int
    """Their offset in the image."""
    target: int
    """The offset of their target in the image, or from the symbol if there is one."""
    symbol: str
    """A function of the C library, or an empty string."""


class LinkedCode(NamedTuple):
    """A kernel's machine code and tables, not yet at their final address."""

    data: bytes
    """Whole pages of code, followed by the data that the code reads."""
    code: int
    """The number of bytes that are code."""
    functions: dict[str, int]
    """Where the functions are that others may call, from the image's start."""
    addresses: tuple[AddressSlot, ...]


def link(binary: bytes) -> LinkedCode | None:
    """Return the image of an object file; None if it is not ELF for a machine that is known here."""
    file = ObjectFile(binary)
    return _Linker(file).image() if file.machine in _STUBS else None


class _Linker:
    """Builds one image."""

    def __init__(self, file: ObjectFile) -> None:
        self._file = file
        self._data = bytearray()
        self._starts: dict[int, int] = {}
        self._stubs: dict[str, int] = {}
        self._slots: dict[int, int] = {}
        self._addresses: list[AddressSlot] = []

    def image(self) -> LinkedCode:
        self._place(executable=True)
        self._make_stubs()
        self._align(mmap.PAGESIZE)
        code = len(self._data)
        self._place(executable=False)
        for relocation in self._file.relocations():
            self._relocate(relocation)
        functions = {
            each.name: self._symbol(number) for number, each in enumerate(self._file.symbols) if each.is_function
        }
        return LinkedCode(bytes(self._data), code, functions, tuple(self._addresses))

    def _place(self, executable: bool) -> None:
        """Append all sections that hold code, or all that hold data."""
        for number, section in enumerate(self._file.sections):
            if section.flags & ALLOCATED and bool(section.flags & EXECUTABLE) == executable:
                self._align(section.alignment)
                self._starts[number] = len(self._data)
                self._data += self._file.contents(section)

    def _make_stubs(self) -> None:
        """Append a jump to each function of another library."""
        self._align(16)
        for symbol in self._file.symbols:
            if symbol.name and not symbol.section:
                self._stubs[symbol.name] = len(self._data)
                self._data += _STUBS[self._file.machine]
                self._append_address(0, symbol.name)

    def _append_address(self, target: int, symbol: str = "") -> int:
        at = len(self._data)
        self._addresses.append(AddressSlot(at, target, symbol))
        self._data += bytes(8)
        return at

    def _align(self, alignment: int) -> None:
        self._data += bytes(-len(self._data) % max(1, alignment))

    def _symbol(self, number: int) -> int:
        """Return the offset of a symbol in the image; for a function of another library, that of its stub."""
        symbol = self._file.symbols[number]
        return self._starts[symbol.section] + symbol.value if symbol.section else self._stubs[symbol.name]

    def _slot(self, number: int) -> int:
        """Return the offset at which the image holds the address of a symbol."""
        if number not in self._slots:
            self._align(8)
            self._slots[number] = self._append_address(self._symbol(number))
        return self._slots[number]

    def _relocate(self, relocation: Relocation) -> None:
        at = self._starts[relocation.section] + relocation.offset
        target = self._symbol(relocation.symbol) + relocation.addend
        kind = self._file.machine, relocation.type
        if kind in ((X86_64, 1), (ARM64, 257)):  # R_X86_64_64, R_AARCH64_ABS64
            self._addresses.append(AddressSlot(at, target, ""))
        elif kind in ((X86_64, 2), (X86_64, 4), (ARM64, 261)):  # R_X86_64_PC32, PLT32; R_AARCH64_PREL32
            struct.pack_into("<i", self._data, at, target - at)
        elif kind in ((X86_64, 24), (ARM64, 260)):  # R_X86_64_PC64, R_AARCH64_PREL64
            struct.pack_into("<q", self._data, at, target - at)
        elif kind[0] == X86_64 and kind[1] in (9, 41, 42):  # R_X86_64_GOTPCREL, GOTPCRELX, REX_GOTPCRELX
            struct.pack_into("<i", self._data, at, self._slot(relocation.symbol) + relocation.addend - at)
        elif kind[0] == ARM64:
            self._relocate_arm(relocation, at, target)
        else:
            raise NotImplementedError(f"the relocation {relocation.type} of x86-64")

    def _relocate_arm(self, relocation: Relocation, at: int, target: int) -> None:
        """Write a distance into an instruction of 64-bit Arm."""
        kind, distance = relocation.type, target - at
        if kind in (311, 312):  # R_AARCH64_ADR_GOT_PAGE, LD64_GOT_LO12_NC
            target = self._slot(relocation.symbol)
        if kind in (282, 283):  # R_AARCH64_JUMP26, CALL26
            self._insert(at, 0x03FFFFFF, distance >> 2)
        elif kind == 274:  # R_AARCH64_ADR_PREL_LO21
            self._insert(at, 0x60FFFFE0, (distance & 3) << 29 | (distance >> 2 & 0x7FFFF) << 5)
        elif kind in (275, 276, 311):  # R_AARCH64_ADR_PREL_PG_HI21 and the same of a slot
            pages = (target >> 12) - (at >> 12)
            self._insert(at, 0x60FFFFE0, (pages & 3) << 29 | (pages >> 2 & 0x7FFFF) << 5)
        elif kind in _LOW_BITS or kind == 312:
            self._insert(at, 0x3FFC00, (target & 0xFFF) >> _LOW_BITS.get(kind, 3) << 10)
        else:
            raise NotImplementedError(f"the relocation {kind} of 64-bit Arm")

    def _insert(self, at: int, mask: int, bits: int) -> None:
        """Write bits into the fields of an instruction that a mask selects."""
        (word,) = struct.unpack_from("<I", self._data, at)
        struct.pack_into("<I", self._data, at, word & ~mask | bits & mask)

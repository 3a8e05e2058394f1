"""The layouts of pixels in a DDS texture, by the header's flags, letters and masks, or by Direct3D's number."""

from __future__ import annotations

from dataclasses import dataclass

from imgcuda.errors import ImageError
from imgcuda.images import bit_fields

BLOCKS, FIELDS, PALETTE, SAMPLES = range(4)
ALPHA_PIXELS, ALPHA, LETTERS, INDEXED, COLORS, YUV, LUMINANCE, SIGNED = 1, 2, 4, 0x20, 0x40, 0x200, 0x20000, 0x80000
"""The flags of the pixel format: alpha, or only alpha; and the kinds of pixels."""


@dataclass(frozen=True)
class TextureLayout:
    """The layout of pixels, of one of four kinds: blocks, bit fields, a palette, samples next to each other."""

    kind: int
    number: int = 0
    """Of a kind of blocks: 1 for BC1."""
    bits: int = 0
    """Of a pixel that is not in a block."""
    masks: tuple[int, ...] = ()
    samples: str = ""
    """The type of samples, as NumPy calls it."""
    opaque: bool = False
    """Whether the fourth byte of a palette's colors is not alpha."""

    def size(self, width: int, height: int) -> int:
        """Return how many bytes a picture has."""
        if self.kind == BLOCKS:
            return (width + 3) // 4 * ((height + 3) // 4) * (8 if self.number in (1, 4) else 16)
        return width * height * self.bits // 8


def _blocks(number: int) -> TextureLayout:
    return TextureLayout(BLOCKS, number)


def _fields(bits: int, *masks: int) -> TextureLayout:
    return TextureLayout(FIELDS, bits=bits, masks=masks)


def _samples(kind: str, channels: int) -> TextureLayout:
    return TextureLayout(SAMPLES, bits=8 * int(kind[-1]) * channels, samples=kind)


_RGBA = _fields(32, 0xFF, 0xFF00, 0xFF0000, 0xFF000000)
_BGRA = _fields(32, 0xFF0000, 0xFF00, 0xFF, 0xFF000000)

_BY_NUMBER = {
    2: _samples("<f4", 4), 6: _samples("<f4", 3), 10: _samples("<f2", 4), 11: _samples("<u2", 4),
    16: _samples("<f4", 2), 24: _fields(32, 0x3FF, 0xFFC00, 0x3FF00000, 0xC0000000), 34: _samples("<f2", 2),
    35: _samples("<u2", 2), 41: _samples("<f4", 1), 49: _samples("<u1", 2), 54: _samples("<f2", 1),
    56: _samples("<u2", 1), 61: _samples("<u1", 1), 85: _fields(16, 0xF800, 0x7E0, 0x1F),
    86: _fields(16, 0x7C00, 0x3E0, 0x1F, 0x8000), 115: _fields(16, 0xF00, 0xF0, 0xF, 0xF000),
    **dict.fromkeys((27, 28, 29), _RGBA), **dict.fromkeys((87, 90, 91), _BGRA),
    **dict.fromkeys((88, 92, 93), _fields(32, 0xFF0000, 0xFF00, 0xFF)),
    **dict.fromkeys((70, 71, 72), _blocks(1)), **dict.fromkeys((73, 74, 75), _blocks(2)),
    **dict.fromkeys((76, 77, 78), _blocks(3)), **dict.fromkeys((79, 80), _blocks(4)),
    **dict.fromkeys((82, 83), _blocks(5)), **dict.fromkeys((97, 98, 99), _blocks(7)),
}  # fmt: skip
"""Direct3D's numbers of formats (DXGI) whose samples are levels from black to white, or floats."""

_BY_LETTERS = {
    b"DXT1": _blocks(1), b"DXT2": _blocks(2), b"DXT3": _blocks(2), b"DXT4": _blocks(3), b"DXT5": _blocks(3),
    b"ATI1": _blocks(4), b"BC4U": _blocks(4), b"ATI2": _blocks(5), b"BC5U": _blocks(5),
    b"\x24\0\0\0": _samples("<u2", 4), b"\x6f\0\0\0": _samples("<f2", 1), b"\x70\0\0\0": _samples("<f2", 2),
    b"\x71\0\0\0": _samples("<f2", 4), b"\x72\0\0\0": _samples("<f4", 1), b"\x73\0\0\0": _samples("<f4", 2),
    b"\x74\0\0\0": _samples("<f4", 4),
}  # fmt: skip
"""The same of older files, by four letters or a number in their place."""

_NAMED = {94: "BC6H", 95: "BC6H", 96: "BC6H", 81: "BC4 of signed numbers", 84: "BC5 of signed numbers"}


def by_number(number: int) -> TextureLayout:
    """Return the layout that has a number of Direct3D's; ImageError for one that is not read."""
    if number in _BY_NUMBER:
        return _BY_NUMBER[number]
    raise _unread(_NAMED.get(number, f"DXGI number {number}"))


def by_flags(flags: int, letters: bytes, bits: int, masks: tuple[int, int, int, int]) -> TextureLayout:
    """Return the layout that older headers describe; ImageError for one that is not read."""
    if flags & LETTERS:
        if letters in _BY_LETTERS:
            return _BY_LETTERS[letters]
        name = letters.decode("latin-1") if letters.isalnum() else f"number {int.from_bytes(letters, 'little')}"
        raise _unread(name)
    if flags & INDEXED and bits == 8:
        return TextureLayout(PALETTE, bits=8, opaque=not flags & ALPHA_PIXELS)
    if not flags & (COLORS | LUMINANCE) or flags & (YUV | SIGNED):
        raise _unread("alpha alone" if flags & ALPHA else f"flags {flags:#x}")
    colors = masks[:3] if flags & COLORS else masks[:1]
    used = (*colors, masks[3]) if flags & ALPHA_PIXELS and masks[3] else colors
    if flags & LUMINANCE and any(mask >> bits for mask in used):  # as Pillow writes them
        used = (0xFF, 0xFF00)[: bits // 8]
    if bits not in (8, 16, 24, 32) or not any(used) or not all(bit_fields.are_adjacent(mask, bits) for mask in used):
        words = ", ".join(f"{mask:#x}" for mask in used)
        raise ImageError(f"it is damaged: its header gives its colors the bits {words} of {bits}")
    return _fields(bits, *used)


def _unread(name: str) -> ImageError:
    return ImageError(f"its pixels are {name}, which is not read in a DDS; save it as BC7 or RGBA, or as a PNG")

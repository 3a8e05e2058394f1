"""BMP: every header, depth, mask and compression, against a decoder of a few lines that takes one pixel at a time."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest

from imgcuda import images
from imgcuda.errors import ImageError

RANDOM = np.random.default_rng(11)
WIDTH, HEIGHT = 13, 5


def packed(values: Any, bits: int) -> bytes:
    """Return rows of values, bottom row first, each filled up to whole words."""
    rows = []
    for row in values[::-1]:
        if bits >= 8:
            line = b"".join(int(value).to_bytes(bits // 8, "little") for value in row)
        else:
            digits = "".join(f"{int(value):0{bits}b}" for value in row)
            digits = digits.ljust(-(-len(digits) // 8) * 8, "0")
            line = int(digits, 2).to_bytes(len(digits) // 8, "big")
        rows.append(line.ljust(-(-len(line) // 4) * 4, b"\0"))
    return b"".join(rows)


def bmp(
    rows: bytes,
    bits: int,
    *,
    palette: Sequence[tuple[int, int, int]] = (),
    masks: Sequence[int] = (),
    compression: int = 0,
    header: int = 40,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    colors: int | None = None,
    profile: bytes = b"",
) -> bytes:
    """Return a BMP; the masks stand in the header, or behind the oldest one."""
    if header == 12:
        head = struct.pack("<IHHHH", 12, *size, 1, bits)
    else:
        count = len(palette) if colors is None else colors
        head = struct.pack("<IiiHHIIiiII", header, *size, 1, bits, compression, len(rows), 3937, 7874, count, 0)
        head += b"".join(struct.pack("<I", mask) for mask in masks)
        if profile:
            head = head.ljust(56, b"\0") + b"DEBM"
        head = head.ljust(header, b"\0")[: max(header, 40 + 4 * len(masks)) if masks else header]
    table = b"".join(bytes(color[::-1]) + b"\0" * (header != 12) for color in palette)
    start = 14 + len(head) + len(table)
    if profile:
        at = len(head) + len(table) + len(rows)
        head = head[:112] + struct.pack("<III", at, len(profile), 0)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + head + table + rows + profile


def read(data: bytes) -> images.Image:
    return images.read(io.BytesIO(data))


GRAYS = [(value, value, value) for value in range(0, 256, 17)]


@pytest.mark.parametrize("header", [12, 16, 40, 52, 56, 64, 108, 124])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("kind", ["two grays", "white first", "grays", "colors", "one"])
def test_a_palette_of_any_size_is_looked_up(kind: str, bits: int, header: int) -> None:
    palettes: dict[str, list[tuple[int, int, int]]] = {
        "two grays": [(0, 0, 0), (255, 255, 255)],
        "white first": [(255, 255, 255), (0, 0, 0)],
        "grays": GRAYS[: 1 << bits],
        "colors": [(int(r), int(g), int(b)) for r, g, b in RANDOM.integers(0, 256, (min(1 << bits, 200), 3))],
        "one": [(3, 3, 3)],
    }
    palette = palettes[kind]
    places = RANDOM.integers(0, len(palette), (HEIGHT, WIDTH))
    image = read(bmp(packed(places, bits), bits, palette=palette, header=header))
    expected = np.array(palette, np.uint8)[places]
    assert image.losses == ()
    if image.pixels.ndim == 2:  # gray, where all colors are
        assert kind != "colors"
        expected = expected[:, :, 0]
    assert np.array_equal(image.pixels, expected)


MASKS = {
    "5-6-5": (16, (0xF800, 0x7E0, 0x1F)),
    "5-5-5": (16, (0x7C00, 0x3E0, 0x1F)),
    "1-5-5-5": (16, (0x7C00, 0x3E0, 0x1F, 0x8000)),
    "4-4-4-4": (16, (0xF00, 0xF0, 0xF, 0xF000)),
    "3-3-2 in 16": (16, (0xE0, 0x1C, 0x3)),
    "1-1-1": (16, (0x1, 0x2, 0x8000)),
    "8-8-8 in 24": (24, (0xFF, 0xFF00, 0xFF0000)),
    "8-8-8": (32, (0xFF00, 0xFF0000, 0xFF000000)),
    "8-8-8-8": (32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000)),
    "8-8-8-8 turned": (32, (0xFF000000, 0xFF0000, 0xFF00, 0xFF)),
    "8-8-8 shifted": (32, (0xFF << 3, 0xFF << 12, 0xFF << 21)),
    "10-10-10-2": (32, (0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000)),
    "11-11-10": (32, (0xFFE00000, 0x1FFC00, 0x3FF)),
    "16-8-8": (32, (0xFFFF, 0xFF0000, 0xFF000000)),
    "24-4-4": (32, (0xFFFFFF00, 0xF0, 0xF)),
    "no red": (32, (0, 0xFF00, 0xFF)),
}


@pytest.mark.parametrize(
    ("header", "name"),
    [(size, name) for size in (40, 52, 56, 64, 108, 124) for name in MASKS if len(MASKS[name][1]) == 3 or size > 52],
)
def test_bit_fields_of_any_width_are_scaled_so_that_all_bits_are_white(name: str, header: int) -> None:
    bits, masks = MASKS[name]
    values = RANDOM.integers(0, 1 << bits, (HEIGHT, WIDTH), np.uint64)
    image = read(bmp(packed(values, bits), bits, masks=masks, compression=3, header=header))
    white = 65535 if any(bin(mask).count("1") > 8 for mask in masks) else 255
    assert image.losses == () and image.pixels.dtype == (np.uint16 if white > 255 else np.uint8)
    for y, x in np.ndindex(HEIGHT, WIDTH):
        for channel, mask in enumerate(masks):
            bottom = next((bit for bit in range(32) if mask >> bit & 1), 0)
            field, largest = (int(values[y, x]) & mask) >> bottom, mask >> bottom
            expected = int(field * white / largest + 0.5) if mask else 0
            assert image.pixels[y, x, channel] == expected, (y, x, channel)


@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize("top_down", [False, True])
def test_pixels_without_a_palette_are_read_as_pillow_and_opencv_do(bits: int, top_down: bool) -> None:
    values = RANDOM.integers(0, 1 << bits, (HEIGHT, WIDTH), np.uint64)
    data = bmp(packed(values, bits), bits, size=(WIDTH, -HEIGHT if top_down else HEIGHT))
    pixels = read(data).pixels
    tolerance = 8 if bits == 16 else 0  # they shift 5 bits, or cut what is behind the point
    peer = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert peer is not None
    for expected in (np.asarray(PIL.Image.open(io.BytesIO(data)).convert("RGB")), peer):
        assert np.abs(pixels.astype(int) - expected.astype(int)).max() <= tolerance


def test_alpha_that_is_0_all_over_is_none() -> None:
    bits, masks = MASKS["8-8-8-8"]
    values = RANDOM.integers(0, 1 << 24, (HEIGHT, WIDTH), np.uint64)
    assert read(bmp(packed(values, bits), bits, masks=masks, compression=3, header=108)).pixels.shape[2] == 3
    values[0, 0] |= np.uint64(1 << 24)
    assert read(bmp(packed(values, bits), bits, masks=masks, compression=3, header=108)).pixels[0, 0, 3] == 1


def test_a_fourth_byte_that_no_mask_tells_of_is_none() -> None:
    values = RANDOM.integers(0, 1 << 32, (HEIGHT, WIDTH), np.uint64)
    assert read(bmp(packed(values, 32), 32)).pixels.shape[2] == 3


# Run lengths: (bytes, rows from the bottom). Small numbers stand for places in a palette.
RUNS_8 = {
    "runs": (b"\x03\x01\x02\x02\0\0\x05\x03\0\x01", ["11122", "33333"]),
    "as they are": (b"\0\x05\x01\x02\x03\x01\x02\0\0\0\0\x03\x03\x03\x03\0\x02\x01\0\x01", ["12312", "33311"]),
    "a jump": (b"\x02\x01\0\x02\x01\x01\x02\x03\0\x01", ["11000", "00033"]),
    "an early end": (b"\x02\x01\0\x01", ["11000", "00000"]),
    "rows that end early": (b"\x01\x01\0\0\x01\x02\0\0\0\x01", ["10000", "20000"]),
    "no end": (b"\x05\x01\0\0\x05\x02", ["11111", "22222"]),
    "beyond a row": (b"\x09\x01\0\0\x05\x02\0\x01", ["11111", "22222"]),
}
RUNS_4 = {
    "turns": (b"\x05\x12\0\0\x04\x33\0\x01", ["12121", "33330"]),
    "as they are": (b"\0\x05\x12\x31\x20\0\0\0\x05\x30\0\x01", ["12312", "30303"]),
    "a jump": (b"\x01\x10\0\x02\x02\x01\x02\x22\0\x01", ["10000", "00022"]),
}


@pytest.mark.parametrize(("bits", "name"), [*((8, name) for name in RUNS_8), *((4, name) for name in RUNS_4)])
def test_run_lengths_are_undone(bits: int, name: str) -> None:
    rows, expected = (RUNS_8 if bits == 8 else RUNS_4)[name]
    palette = [(9, 8, 7), (1, 2, 3), (40, 50, 60), (255, 0, 0)]
    image = read(bmp(rows, bits, palette=palette, compression=1 if bits == 8 else 2, size=(5, 2)))
    places = np.array([[int(place) for place in row] for row in expected[::-1]])
    assert image.losses == () and np.array_equal(image.pixels, np.array(palette, np.uint8)[places])


@pytest.mark.parametrize("cut", range(1, 10))
def test_run_lengths_that_are_cut_short_are_refused(cut: int) -> None:
    rows = b"\x03\x01\x02\x02\0\0\x03\x03\0\x01"[:-cut]
    with pytest.raises(ImageError, match=r"it is cut short: its pixels end in row [12] of 2$"):
        read(bmp(rows, 8, palette=GRAYS[:4], compression=1, size=(5, 2)))


def test_resolution_and_profile_are_read() -> None:
    values = RANDOM.integers(0, 1 << 24, (HEIGHT, WIDTH), np.uint64)
    profile = b"abcdefgh" * 20
    image = read(bmp(packed(values, 24), 24, header=124, profile=profile))
    assert image.icc == profile and image.dpi == pytest.approx((100, 200), rel=1e-4)


def test_a_color_that_the_palette_has_not_is_black_with_notice() -> None:
    places = np.full((HEIGHT, WIDTH), 1)
    places[0, 0] = 9
    image = read(bmp(packed(places, 8), 8, palette=[(200, 0, 0), (0, 200, 0)]))
    assert image.losses == ("some of its pixels have colors that are not in its palette; they are black",)
    assert image.pixels[0, 0].tolist() == [0, 0, 0] and image.pixels[0, 1].tolist() == [0, 200, 0]


@pytest.mark.parametrize("size", [(0, 5), (-4, 5), (5, 0), (-(2**31), -(2**31))])
def test_a_size_that_cannot_be_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match=r"it is damaged: its header says that it has -?\d+ x -?\d+ pixels$"):
        read(bmp(b"", 24, size=size))


@pytest.mark.parametrize("size", [(2**31 - 1, 2**31 - 1), (2**31 - 1, -(2**31)), (60000, 60000)])
def test_a_huge_size_is_refused_before_anything_is_made(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match="--max-pixels allows more"):
        read(bmp(b"", 24, size=size))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bmp(b"", 24)[:40], "it is cut short: it ends within its header"),
        (bmp(bytes(99), 24), "it is cut short: its pixels have 99 of 199 bytes"),
        (bmp(b"", 7), "it is damaged: its header says 7 bits a pixel; there may be 1, 2, 4, 8, 16, 24 or 32"),
        (bmp(b"", 24, compression=1), "it is damaged: its header says compression 1 with 24 bits a pixel"),
        (bmp(b"", 24, compression=77), "it is damaged: its header says compression 77 with 24 bits a pixel"),
        (bmp(b"", 24, compression=4), "its pixels are compressed as JPEG or RLE24, which is not read in a BMP"),
        (
            bmp(bytes(200), 16, masks=(0xF0F, 0xF0, 0), compression=3),
            "it is damaged: its header gives a color the bits 0xf0f, which are not side by side in 16",
        ),
        (
            bmp(bytes(200), 16, masks=(0xFF0000, 0xF0, 0), compression=3),
            "it is damaged: its header gives a color the bits 0xff0000, which are not side by side in 16",
        ),
        (bmp(bytes(200), 8), "it is damaged: it has no palette"),
    ],
)
def test_damage_is_told_in_words_about_the_file(data: bytes, words: str) -> None:
    with pytest.raises(ImageError) as raised:
        read(data)
    assert str(raised.value) == f"standard input cannot be read: {words}"


def test_what_is_written_is_read_again() -> None:
    for pixels in (RANDOM.integers(0, 256, (5, 7, 3), np.uint8), RANDOM.integers(0, 256, (5, 7), np.uint8)):
        buffer = io.BytesIO()
        images.write(buffer, images.Image(pixels), format=images.by_name("bmp"))
        assert np.array_equal(read(buffer.getvalue()).pixels, pixels)

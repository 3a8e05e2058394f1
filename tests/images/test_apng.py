"""PNG animations, against a composer that takes one pixel at a time; and PNGs whose chunks are damaged."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest

from imgcuda import images
from imgcuda.errors import ImageError
from imgcuda.images.convert import with_channels
from support.matrix import exhaustive

RANDOM = np.random.default_rng(3)
WIDTH, HEIGHT = 6, 4
NONE, BACKGROUND, PREVIOUS = range(3)
GRAY, RGB, PALETTE, GRAY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
SAMPLES = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGB_ALPHA: 4}
COLORS = RANDOM.integers(0, 256, (8, 3), np.uint8)
ALPHAS = bytes([255, 0, 100, 255, 30])


class Frame(NamedTuple):
    """The raw samples of a part, where it is, and what becomes of it."""

    samples: Any
    left: int = 0
    top: int = 0
    disposal: int = NONE
    blend: int = 0


def chunk(kind: bytes, data: bytes, off: int = 0) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ off)


def packed(samples: Any) -> bytes:
    rows = samples.astype(samples.dtype.newbyteorder(">")).reshape(len(samples), -1)
    return zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))


def header(color: int, bits: int = 8) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, color, 0, 0, 0))


def animation(frames: list[Frame], color: int, bits: int, clear: bytes = b"", hidden: Any = None) -> bytes:
    numbers = itertools.count()
    made = header(color, bits) + (chunk(b"PLTE", COLORS.tobytes()) if color == PALETTE else b"")
    made += (chunk(b"tRNS", clear) if clear else b"") + chunk(b"acTL", struct.pack(">II", len(frames), 5))
    if hidden is not None:
        made += chunk(b"IDAT", packed(hidden))
    for place, frame in enumerate(frames):
        height, width = frame.samples.shape[:2]
        where = (width, height, frame.left, frame.top, 3, 20, frame.disposal, frame.blend)
        made += chunk(b"fcTL", struct.pack(">IIIIIHHBB", next(numbers), *where))
        if place == 0 and hidden is None:
            made += chunk(b"IDAT", packed(frame.samples))
        else:
            made += chunk(b"fdAT", struct.pack(">I", next(numbers)) + packed(frame.samples))
    return made + chunk(b"IEND", b"")


def colored(sample: Any, color: int, clear: bytes, white: int) -> tuple[int, ...]:
    """Return one pixel as RGB with alpha."""
    values = [int(value) for value in np.atleast_1d(sample)]
    if color == PALETTE:
        alpha = clear[values[0]] if values[0] < len(clear) else 255
        return (*(int(value) for value in COLORS[values[0]]), alpha)
    red, green, blue = values[:3] if color in (RGB, RGB_ALPHA) else values[:1] * 3
    if color in (GRAY_ALPHA, RGB_ALPHA):
        return red, green, blue, values[-1]
    key = struct.unpack(f">{len(clear) // 2}H", clear)
    return red, green, blue, 0 if clear and key == tuple(values) else white


def composed(frames: list[Frame], color: int, clear: bytes, white: int) -> list[Any]:
    """Return what is seen of each frame, as the specification has it: in fractions, pixel by pixel."""
    canvas = [[(0, 0, 0, 0)] * WIDTH for _ in range(HEIGHT)]
    seen = []
    for number, frame in enumerate(frames):
        before = [list(row) for row in canvas]
        for y, x in np.ndindex(frame.samples.shape[:2]):
            above = colored(frame.samples[y, x], color, clear, white)
            below = canvas[frame.top + y][frame.left + x]
            alpha, under = Fraction(above[3], white), Fraction(below[3], white)
            if frame.blend and alpha < 1:
                total = alpha + under * (1 - alpha)
                pairs = zip(above[:3], below[:3], strict=True)
                mixed = [(a * alpha + b * under * (1 - alpha)) / total if total else 0 for a, b in pairs]
                above = (*(round(value) for value in mixed), round(total * white))
            canvas[frame.top + y][frame.left + x] = above
        seen.append(np.array(canvas))
        if frame.disposal != NONE:
            for y, x in np.ndindex(frame.samples.shape[:2]):
                place = frame.top + y, frame.left + x
                gone = frame.disposal == BACKGROUND or number == 0
                canvas[place[0]][place[1]] = (0, 0, 0, 0) if gone else before[place[0]][place[1]]
    return seen


def part(color: int, bits: int, width: int, height: int) -> Any:
    most = len(COLORS) if color == PALETTE else 1 << bits
    samples = RANDOM.integers(0, most, (height, width, SAMPLES[color]), np.uint8 if bits == 8 else np.uint16)
    if color in (GRAY_ALPHA, RGB_ALPHA):
        samples[:, ::3, -1], samples[:, 1::3, -1] = 0, most - 1
    return samples


KINDS = [
    *(
        (GRAY, 8, b""),
        (GRAY, 8, b"\0\7"),
        (GRAY, 16, b"\1\7"),
        (RGB, 8, b""),
        (RGB, 8, b"\0\1\0\2\0\3"),
        (RGB, 16, b""),
    ),
    *((PALETTE, 8, b""), (PALETTE, 8, ALPHAS), (GRAY_ALPHA, 8, b""), (GRAY_ALPHA, 16, b"")),
    *((RGB_ALPHA, 8, b""), (RGB_ALPHA, 16, b"")),
]


@pytest.mark.parametrize("hidden", [False, exhaustive(True)])
@pytest.mark.parametrize(("color", "bits", "clear"), KINDS)
def test_every_blend_and_disposal_is_composed_as_the_specification_has_it(
    color: int, bits: int, clear: bytes, hidden: bool
) -> None:
    ways = list(itertools.product((NONE, BACKGROUND, PREVIOUS), (0, 1)))
    every = 1 if (color, bits) in ((RGB_ALPHA, 8), (PALETTE, 8)) or hidden else 5
    for first, second in list(itertools.product(ways, ways))[::every]:
        frames = [Frame(part(color, bits, WIDTH, HEIGHT), 0, 0, *first), Frame(part(color, bits, 3, 2), 2, 1, *second)]
        frames += [Frame(part(color, bits, 4, 3), 1, 1, NONE, 1), Frame(part(color, bits, 2, 2), 4, 2, PREVIOUS, 1)]
        if clear and color != PALETTE:
            for frame in frames:
                frame.samples[::2, ::2] = np.frombuffer(clear, ">u2")
        default = part(color, bits, WIDTH, HEIGHT) if hidden else None
        image = images.read(io.BytesIO(animation(frames, color, bits, clear, default)))
        assert image.losses == () and image.plays == 5 and image.has_default_image == hidden
        shown = image.frames[hidden:]
        assert [frame.duration for frame in shown] == [150.0] * 4
        for picture, expected in zip(shown, composed(frames, color, clear, (1 << bits) - 1), strict=True):
            made = with_channels(picture.pixels, 4).astype(int)
            assert picture.pixels.dtype.itemsize * 8 == bits
            there = expected[:, :, 3] > 0
            assert np.array_equal(made[:, :, 3], expected[:, :, 3])
            assert np.array_equal(made[there], expected[there])


def test_one_frame_is_what_it_is_in_all() -> None:
    frames = [Frame(part(RGB_ALPHA, 8, WIDTH, HEIGHT)), Frame(part(RGB_ALPHA, 8, 3, 2), 2, 1, NONE, 1)]
    data = animation(frames, RGB_ALPHA, 8)
    whole = images.read(io.BytesIO(data))
    assert np.array_equal(images.read(io.BytesIO(data), frame=2).pixels, whole.frames[1].pixels)
    assert images.read(io.BytesIO(data), several=False).losses == ("it holds 2 pictures; the first is read",)


def still(*extra: bytes, color: int = GRAY, pixels: bytes = b"") -> bytes:
    samples = pixels or packed(np.full((HEIGHT, WIDTH, SAMPLES[color]), 7, np.uint8))
    return header(color) + b"".join(extra) + chunk(b"IDAT", samples) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "kind", [b"iCCP", b"gAMA", b"cHRM", b"sRGB", b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"pHYs", b"abCd"]
)
def test_damage_beside_the_pixels_is_left_out_with_notice(kind: bytes) -> None:
    image = images.read(io.BytesIO(still(chunk(kind, b"a\0\0" + zlib.compress(b"profile"), off=1))))
    assert image.losses == (f"its chunk {kind.decode()} at byte 33 is damaged and is left out",)
    assert np.array_equal(image.pixels, np.full((HEIGHT, WIDTH), 7))


@pytest.mark.parametrize("kind", [b"iCCP", b"gAMA", b"cHRM", b"sRGB", b"pHYs"])
def test_what_says_nothing_is_damaged_too(kind: bytes) -> None:
    image = images.read(io.BytesIO(still(chunk(kind, b""))))
    assert image.losses == (f"its chunk {kind.decode()} at byte 33 is damaged and is left out",)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (still(chunk(b"tRNS", b"\0\1", off=1)), "it is damaged: the checksum of its chunk tRNS at byte 33 is wrong"),
        (still(color=PALETTE), "it is damaged: its palette, a chunk PLTE, has 0 bytes"),
        (still(chunk(b"PLTE", bytes(4)), color=PALETTE), "it is damaged: its palette, a chunk PLTE, has 4 bytes"),
        (still(chunk(b"tRNS", b"\0")), "it is damaged: its transparency, a chunk tRNS, has 1 bytes"),
        (still(chunk(b"CgBI", bytes(4))), "it is a PNG for iPhones"),
        (
            still(chunk(b"ABCD", b"")),
            "its chunk ABCD at byte 33 is of an unknown kind, without which its pixels",
        ),
        (still()[:50], "it is cut short: its chunk IDAT at byte 33 has"),
        (still()[:33] + chunk(b"IEND", b""), "it is cut short: it has no pixels, a chunk IDAT"),
        (header(5) + still()[33:], "it is damaged: its header says 6 x 4 pixels, 8 bits, color type 5"),
        (header(RGB, 4) + still()[33:], "it is damaged: its header says 6 x 4 pixels, 4 bits, color type 2"),
        (still()[:33] + b"\0\0\0\1\0\1\2\3" + bytes(90), "it is damaged: at byte 33 there is no chunk"),
        (still(pixels=b"x" * 30), "it is damaged: its PNG data cannot be decoded"),
    ],
)
def test_damage_to_the_pixels_is_refused_with_its_place(data: bytes, words: str) -> None:
    with pytest.raises(ImageError) as raised:
        images.read(io.BytesIO(data))
    assert str(raised.value).removeprefix("standard input cannot be read: ").startswith(words)

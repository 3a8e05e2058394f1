"""DDS textures that are put together here by the byte, with blocks decoded by the rules of their specifications."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest

from imgcuda import images
from imgcuda.errors import ImageError
from support.byte_writers import dds

COLORS, ALPHA, LUMINANCE, INDEXED = 0x40, 1, 0x20000, 0x20
RANDOM = np.random.default_rng(7)
RGBA = RANDOM.integers(1, 255, (5, 7, 4), np.uint8)


def read(data: bytes, **options: Any) -> images.Image:
    return images.read(io.BytesIO(data), **options)


def five_six_five(value: int) -> list[int]:
    """Return a color's 8 bits: its bits, and the highest of them again below."""
    red, green, blue = value >> 11, value >> 5 & 63, value & 31
    return [red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2]


def color_block(block: bytes, four: bool = False) -> Any:
    """Return the 4 x 4 pixels, RGBA, of a block of BC1; with `four` as in BC2 and BC3."""
    low, high, indices = struct.unpack("<HHI", block)
    first, second = np.array(five_six_five(low)), np.array(five_six_five(high))
    palette = [[*first, 255], [*second, 255]]
    if four or low > high:
        palette += [[*((2 * first + second) // 3), 255], [*((first + 2 * second) // 3), 255]]
    else:
        palette += [[*((first + second) // 2), 255], [0, 0, 0, 0]]
    return np.array([palette[indices >> 2 * place & 3] for place in range(16)]).reshape(4, 4, 4)


def level_block(block: bytes) -> Any:
    """Return the 4 x 4 levels of a block of BC4, of which BC3's alpha and BC5's two channels are, too."""
    low, high = block[:2]
    if low > high:
        levels = [low, high, *((low * (7 - part) + high * part) // 7 for part in range(1, 7))]
    else:
        levels = [low, high, *((low * (5 - part) + high * part) // 5 for part in range(1, 5)), 0, 255]
    indices = int.from_bytes(block[2:], "little")
    return np.array([levels[indices >> 3 * place & 7] for place in range(16)]).reshape(4, 4)


def alpha_nibbles(block: bytes) -> Any:
    bits = int.from_bytes(block, "little")
    return np.array([17 * (bits >> 4 * place & 15) for place in range(16)]).reshape(4, 4)


def bc1(block: bytes) -> Any:
    return color_block(block)


def bc2(block: bytes) -> Any:
    return np.dstack([color_block(block[8:], four=True)[:, :, :3], alpha_nibbles(block[:8])])


def bc3(block: bytes) -> Any:
    return np.dstack([color_block(block[8:], four=True)[:, :, :3], level_block(block[:8])])


def bc5(block: bytes) -> Any:
    return np.dstack([level_block(block[:8]), level_block(block[8:]), np.zeros((4, 4), int)])


@pytest.mark.parametrize(
    ("letters", "number", "decode", "size"),
    [
        (b"DXT1", 0, bc1, 8), (b"", 71, bc1, 8), (b"", 72, bc1, 8), (b"DXT3", 0, bc2, 16), (b"", 74, bc2, 16),
        (b"DXT5", 0, bc3, 16), (b"", 77, bc3, 16), (b"ATI1", 0, level_block, 8), (b"", 80, level_block, 8),
        (b"ATI2", 0, bc5, 16), (b"BC5U", 0, bc5, 16), (b"", 83, bc5, 16),
    ],
)  # fmt: skip
def test_blocks_are_decoded_as_specified(letters: bytes, number: int, decode: Any, size: int) -> None:
    body = RANDOM.bytes(6 * size)
    pixels = read(dds(body, (10, 7), letters=letters, number=number)).pixels
    blocks = [decode(body[place : place + size]) for place in range(0, len(body), size)]
    right = np.concatenate([np.concatenate(blocks[:3], axis=1), np.concatenate(blocks[3:], axis=1)])[:7, :10]
    assert pixels.shape == right.shape
    assert np.abs(pixels.astype(int) - right).max() <= 1  # a third of a level may be rounded either way


def test_bc7_in_its_mode_of_two_colors_with_alpha_is_decoded() -> None:
    # Mode 6: seven bits and a shared lowest one for each end, indices of four bits; here all pixels are the first end.
    ends = [100, 20, 60, 30, 5, 90, 127, 64]  # red, green, blue and alpha, of the first end and of the second
    bits, place = 1 << 6, 7
    for value in ends:
        bits, place = bits | value << place, place + 7
    bits |= 1 << place | 0 << place + 1
    pixels = read(dds(bits.to_bytes(16, "little"), (4, 4), number=98)).pixels
    assert np.array_equal(pixels, np.broadcast_to([201, 121, 11, 255], (4, 4, 4))[:, :, :3])


@pytest.mark.parametrize(
    ("bits", "masks", "flags"),
    [
        (32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000), COLORS | ALPHA), (32, (0xFF, 0xFF00, 0xFF0000), COLORS),
        (24, (0xFF0000, 0xFF00, 0xFF), COLORS), (16, (0xF800, 0x7E0, 0x1F), COLORS),
        (16, (0x7C00, 0x3E0, 0x1F, 0x8000), COLORS | ALPHA), (16, (0xF00, 0xF0, 0xF, 0xF000), COLORS | ALPHA),
        (8, (0xE0, 0x1C, 0x3), COLORS), (8, (0xFF,), LUMINANCE), (8, (0xFF000000,), LUMINANCE),
        (16, (0xFF, 0, 0, 0xFF00), LUMINANCE | ALPHA), (16, (0xFFFF,), LUMINANCE),
        (32, (0x3FF00000, 0xFFC00, 0x3FF), COLORS),
    ],
)  # fmt: skip
def test_bits_are_scaled_so_that_all_of_them_are_white(bits: int, masks: tuple[int, ...], flags: int) -> None:
    values = [int(value) for value in RANDOM.integers(0, 1 << bits, 35)]
    body = b"".join(value.to_bytes(bits // 8, "little") for value in values)
    pixels = read(dds(body, (7, 5), flags=flags, bits=bits, masks=masks)).pixels
    used = [0xFF] if masks == (0xFF000000,) else [mask for mask in masks if mask]
    white = 65535 if max(mask // (mask & -mask) for mask in used) > 255 else 255
    right = [[round((value & mask) / mask * white) for mask in used] for value in values]
    assert pixels.dtype == (np.uint8 if white == 255 else np.uint16)
    assert np.array_equal(pixels.reshape(35, -1), right)


@pytest.mark.parametrize(
    ("number", "kind", "channels"),
    [(2, "f4", 4), (6, "f4", 3), (10, "f2", 4), (11, "u2", 4), (41, "f4", 1), (54, "f2", 1), (56, "u2", 1),
     (61, "u1", 1), (28, "u1", 4), (35, "u2", 2), (49, "u1", 2)],
)  # fmt: skip
def test_samples_keep_their_type(number: int, kind: str, channels: int) -> None:
    samples = (RANDOM.uniform(0, 1, (5, 7, channels)) * (1 if kind[0] == "f" else 250)).astype(f"<{kind}")
    pixels = read(dds(samples.tobytes(), (7, 5), number=number)).pixels
    right = samples.astype(np.float32 if kind[0] == "f" else samples.dtype)
    if channels == 2:  # red and green
        right = np.dstack([right, np.zeros_like(right[:, :, 0])])
    assert pixels.dtype == right.dtype and np.array_equal(pixels, right.squeeze())


def test_a_palette_is_read() -> None:
    palette, indices = RANDOM.integers(0, 256, (256, 4), np.uint8), RANDOM.integers(0, 256, (5, 7), np.uint8)
    body = palette.tobytes() + indices.tobytes()
    assert np.array_equal(read(dds(body, (7, 5), flags=INDEXED, bits=8)).pixels, palette[indices][:, :, :3])
    assert np.array_equal(read(dds(body, (7, 5), flags=INDEXED | ALPHA, bits=8)).pixels, palette[indices])


@pytest.mark.parametrize("alpha", [0, 1, 2, 3, 4])
def test_alpha_is_what_the_second_header_says_of_it(alpha: int) -> None:
    image = read(dds(RGBA.tobytes(), (7, 5), number=28, alpha=alpha))
    if alpha < 2:
        assert np.array_equal(image.pixels, RGBA)
    elif alpha == 2:
        right = np.minimum(np.rint(RGBA[:, :, :3] * 255.0 / RGBA[:, :, 3:]), 255)
        assert np.array_equal(image.pixels, np.dstack([right, RGBA[:, :, 3]]))
    else:
        assert np.array_equal(image.pixels, RGBA[:, :, :3])
    assert image.losses == (("a fourth channel, which is not alpha, is left out",) if alpha == 4 else ())


def test_letters_say_that_colors_are_premultiplied() -> None:
    block = bytes([100, 100, *[0] * 6]) + struct.pack("<HHI", 0x1082, 0x1082, 0)  # alpha 100, color 16, 16, 16
    assert read(dds(block, (4, 4), letters=b"DXT4")).pixels[0, 0].tolist() == [round(16 * 255 / 100)] * 3 + [100]


def test_the_faces_of_a_cube_are_pictures_between_their_smaller_sizes() -> None:
    faces = [RANDOM.integers(0, 255, (4, 4, 4), np.uint8) for _ in range(6)]
    body = b"".join(face.tobytes() + bytes(4 * (4 + 1)) for face in faces)
    image = read(dds(body, (4, 4), number=28, levels=3, misc=4))
    assert all(np.array_equal(made.pixels, face) for made, face in zip(image.frames, faces, strict=True))
    assert np.array_equal(read(dds(body, (4, 4), number=28, levels=3, misc=4), frame=5).pixels, faces[4])
    masks = (0xFF, 0xFF00, 0xFF0000, 0xFF000000)
    old = dds(body, (4, 4), flags=COLORS | ALPHA, bits=32, masks=masks, levels=3, caps=0xFE00)
    assert len(read(old).frames) == 6
    assert read(old, several=False).losses == ("it holds 6 pictures; the first is read",)


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("BC6H", {"number": 95}), ("BC5 of signed numbers", {"number": 84}), ("DXGI number 1234", {"number": 1234}),
        ("RXGB", {"letters": b"RXGB"}), ("number 117", {"letters": b"\x75\0\0\0"}),
        ("alpha alone", {"flags": 2, "bits": 8}),
        ("flags 0x200", {"flags": 0x200, "bits": 16}),
    ],
)  # fmt: skip
def test_what_is_not_read_is_named(said: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ImageError, match=f"its pixels are {said}, which is not read in a DDS; save it as"):
        read(dds(bytes(1000), (4, 4), **arguments))


def test_a_volume_is_refused() -> None:
    with pytest.raises(ImageError, match="it is a volume"):
        read(dds(bytes(1000), (4, 4), number=28, dimensions=4))


def test_the_size_is_looked_at_first_and_a_cut_is_refused() -> None:
    data = dds(RGBA.tobytes(), (7, 5), number=28)
    with pytest.raises(ImageError, match="it has 35 pixels, more than 34"):
        read(data, max_pixels=34)
    for end in range(12, len(data)):
        with pytest.raises(ImageError, match="cut short"):
            read(data[:end])

"""TGA, QOI, ICO and JPEG 2000: held against files that are put together here by the byte, OpenCV and Pillow."""

from __future__ import annotations

import io
import struct
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest

from imgcuda import images
from imgcuda.errors import ImageError
from support.broken_files import by_pillow

NOISE = np.random.default_rng(3).integers(0, 256, (6, 5, 4), np.uint8)


def read(data: bytes, **options: Any) -> images.Image:
    return images.read(io.BytesIO(data), **options)


def written(pixels: npt.NDArray[Any], name: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    images.write(buffer, images.Image(pixels), format=images.by_name(name), options=images.Options(**options))
    return buffer.getvalue()


def tga(pixels: list[list[bytes]], kind: int, bits: int, flags: int = 0x20, table: list[bytes] | None = None) -> bytes:
    """Return a TGA of rows of stored pixels, from the top left; the flags say in which order they are stored."""
    ordered = [row[::-1] if flags & 0x10 else row for row in (pixels if flags & 0x20 else pixels[::-1])]
    stored = [one for row in ordered for one in row]
    palette = (1, 0, len(table), 8 * len(table[0])) if table else (0, 0, 0, 0)
    head = struct.pack(
        "<BBBHHBHHHHBB", 3, palette[0], kind, *palette[1:], 0, 0, len(pixels[0]), len(pixels), bits, flags
    )
    body = b"".join(stored)
    if kind & 8:  # one pixel three times would be a run; here each is a run of one, or a packet of one, in turn
        body = b"".join(bytes([128 if number % 2 else 0]) + one for number, one in enumerate(stored))
    return head + b"abc" + b"".join(table or []) + body


@pytest.mark.parametrize("flags", [0, 0x10, 0x20, 0x30])
@pytest.mark.parametrize("runs", [0, 8])
def test_a_tga_is_read_from_any_corner(flags: int, runs: int) -> None:
    rows = NOISE.tolist()
    rgb = tga([[bytes((b, g, r)) for r, g, b, _ in row] for row in rows], 2 + runs, 24, flags)
    assert np.array_equal(read(rgb).pixels, NOISE[:, :, :3])
    rgba = tga([[bytes((b, g, r, a)) for r, g, b, a in row] for row in rows], 2 + runs, 32, flags | 8)
    assert np.array_equal(read(rgba).pixels, NOISE)
    gray = tga([[bytes((r,)) for r, *_ in row] for row in rows], 3 + runs, 8, flags)
    assert np.array_equal(read(gray).pixels, NOISE[:, :, 0])


@pytest.mark.parametrize(("bits", "flags", "channels"), [(15, 0x20, 3), (16, 0x20, 3), (16, 0x21, 4)])
def test_a_tga_of_five_bits_a_color_is_scaled_to_eight(bits: int, flags: int, channels: int) -> None:
    values = [0x0000, 0x7C00, 0x03E0, 0x801F, 0xFFFF, 0x4210]
    pixels = read(tga([[struct.pack("<H", value) for value in values]], 2, bits, flags)).pixels
    right = [[round((value >> shift & 31) * 255 / 31) for shift in (10, 5, 0)] for value in values]
    if channels == 4:
        right = [[*color, 255 * (value >> 15)] for color, value in zip(right, values, strict=True)]
    assert pixels.tolist() == [right]


def test_a_tga_palette_comes_out_as_colors_and_what_is_beyond_reported() -> None:
    image = read(tga([[b"\0", b"\1", b"\2"]], 1, 8, table=[b"\x01\x02\x03", b"\x04\x05\x06"]))
    assert image.pixels.tolist() == [[[3, 2, 1], [6, 5, 4], [0, 0, 0]]]
    assert image.losses == ("some of its pixels have colors that are not in its palette; they are black",)
    assert image.left_out == ("its text is left out",)


def test_a_tga_that_is_cut_short_is_refused() -> None:
    for kind in (2, 10):
        with pytest.raises(ImageError, match="it is cut short"):
            read(tga([[b"abc"] * 5] * 3, kind, 24)[:-1])


@pytest.mark.parametrize("count", [1, 3, 4])
def test_a_written_tga_is_read_by_pillow(count: int) -> None:
    pixels = NOISE[:, :, 0] if count == 1 else NOISE[:, :, :count]
    with PIL.Image.open(io.BytesIO(written(pixels, "tga"))) as picture:
        assert np.array_equal(np.asarray(picture), pixels)


def qoi(body: list[int], width: int, height: int, channels: int = 4) -> bytes:
    return struct.pack(">4sIIBB", b"qoif", width, height, channels, 0) + bytes(body) + bytes(7) + b"\1"


def test_every_operation_of_qoi_is_as_its_specification_says() -> None:
    black = (0 * 3 + 0 * 5 + 0 * 7 + 255 * 11) % 64
    body = [0xC0, 0xFF, 9, 8, 7, 6, black, 0xFE, 250, 2, 3, 0x40 | 3 << 4 | 0 << 2 | 2, 0x80 | 40, 0x0F, 0xC1]
    right = [
        *[[0, 0, 0, 255], [9, 8, 7, 6], [0, 0, 0, 255], [250, 2, 3, 255], [251, 0, 3, 255]],
        *[[251 + 8 - 8, 8, 3 + 8 + 7, 255]] * 3,
    ]
    assert read(qoi(body, 4, 2)).pixels.reshape(-1, 4).tolist() == right
    assert read(qoi(body, 4, 2, 3)).pixels.reshape(-1, 3).tolist() == [color[:3] for color in right]


def test_what_pillow_writes_as_qoi_is_read() -> None:
    assert np.array_equal(read(by_pillow("QOI", "RGBA")).pixels, read(by_pillow("PNG", "RGBA")).pixels)


def icon(*parts: bytes) -> bytes:
    """Return an icon of bitmaps and PNGs."""
    place, table = 6 + 16 * len(parts), b""
    for part in parts:
        side = struct.unpack_from("<i", part, 4)[0] if part[0] == 40 else struct.unpack_from(">I", part, 16)[0]
        table += struct.pack("<4B2H2I", side, side, 0, 0, 1, 24, len(part), place)
        place += len(part)
    return struct.pack("<3H", 0, 1, len(parts)) + table + b"".join(parts)


BITMAP = struct.pack("<IiiHHIIiiII", 40, 2, 4, 1, 24, 0, 0, 0, 0, 0, 0)
BITMAP += bytes([1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0]) + bytes([0x80, 0, 0, 0, 0x40, 0, 0, 0])
IN_BITMAP = [[[9, 8, 7, 255], [12, 11, 10, 0]], [[3, 2, 1, 0], [6, 5, 4, 255]]]


def test_the_largest_picture_of_an_icon_is_read_and_others_reported() -> None:
    assert read(icon(BITMAP)).pixels.tolist() == IN_BITMAP and read(icon(BITMAP)).losses == ()
    both = icon(BITMAP, written(NOISE[:5], "png"))
    assert np.array_equal(read(both).pixels, NOISE[:5])
    assert read(both).losses == ("it holds 2 pictures; the largest is read",)
    assert read(both, frame=1).pixels.tolist() == IN_BITMAP and read(both, frame=1).losses == ()


@pytest.mark.parametrize("shape", [(24, 20), (24, 20, 3), (24, 20, 4), (1, 1), (3, 70, 3)])
def test_a_lossless_jpeg_2000_is_read_as_it_was_here_and_by_opencv(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(5).integers(0, 256, shape, np.uint8)
    data = written(pixels, "jp2", lossless=True)
    assert np.array_equal(read(data).pixels, pixels)
    other = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert other is not None
    assert np.array_equal(other if pixels.ndim == 2 else other[:, :, [2, 1, 0, 3][: shape[2]]], pixels)


def test_a_deep_jpeg_2000_stays_deep_in_gray_and_is_reduced_in_color() -> None:
    gray = np.random.default_rng(6).integers(0, 65536, (64, 64), np.uint16)
    assert np.array_equal(read(written(gray, "jp2", lossless=True)).pixels, gray)
    done, color = cv2.imencode(".jp2", np.stack([gray] * 3, axis=2))
    image = read(color.tobytes())
    assert done and image.pixels.dtype == np.uint8 and image.losses == ("its 16-bit colors are read as 8-bit",)


def test_a_quality_of_a_jpeg_2000_is_a_smaller_file() -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (64, 64, 3), np.uint8)
    sizes = [len(written(pixels, "jp2", quality=quality)) for quality in (10, 50, 90)]
    assert sizes == sorted(sizes) and sizes[0] < sizes[2] < len(written(pixels, "jp2", lossless=True))


def test_a_bare_codestream_is_read_and_refused_without_its_end() -> None:
    data = by_pillow("JPEG2000", no_jp2=True)
    assert read(data).losses == ()
    with pytest.raises(ImageError, match="it is damaged or cut short: its codestream has no end"):
        read(data[:-2])


@pytest.mark.parametrize("name", ["tga", "jp2", "qoi", "ico"])
def test_the_size_is_looked_at_before_anything_is_decoded(name: str) -> None:
    data = {
        "tga": lambda: tga([[b"abc"] * 9] * 9, 2, 24)[:30],
        "jp2": lambda: written(NOISE, "jp2"),
        "qoi": lambda: qoi([], 60_000, 60_000),
        "ico": lambda: icon(written(NOISE[:5], "png")),
    }[name]()
    with pytest.raises(ImageError, match=r"it has .* pixels, more than 20; --max-pixels allows more"):
        read(data, max_pixels=20)

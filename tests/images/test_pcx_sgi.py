"""PCX and SGI files that are put together here by the byte."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest

from imgcuda import images
from imgcuda.errors import ImageError
from support.byte_writers import pcx, sgi

RANDOM = np.random.default_rng(13)
EGA_BROWN = [170, 85, 0]


def read(data: bytes, **options: Any) -> images.Image:
    return images.read(io.BytesIO(data), **options)


def rows(planes: int, stride: int = 8) -> Any:
    """Return noise with long runs in it, which do not end with their row."""
    made = RANDOM.integers(0, 256, (6, planes, stride), np.uint8)
    made[1:3] = 0xC7
    return made


@pytest.mark.parametrize("runs", [False, True])
@pytest.mark.parametrize("planes", [3, 4])
def test_a_pcx_of_8_bits_has_a_plane_for_each_color(planes: int, runs: bool) -> None:
    stored = rows(planes)
    image, of_a_screen = read(pcx(stored, 7, 8, runs=runs)), read(pcx(stored, 7, 8, dpi=(640, 480)))
    assert np.array_equal(image.pixels, np.moveaxis(stored[:, :, :7], 1, -1))
    assert [image.dpi, of_a_screen.dpi] == [(300, 300), None] and image.losses == ()


@pytest.mark.parametrize("runs", [False, True])
def test_a_pcx_of_256_colors_has_them_at_its_end(runs: bool) -> None:
    palette, stored = RANDOM.integers(0, 256, (256, 3), np.uint8), rows(1)
    data = pcx(stored, 7, 8, palette=palette.tobytes(), runs=runs)
    assert np.array_equal(read(data).pixels, palette[stored[:, 0, :7]])
    grays = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    assert np.array_equal(read(pcx(stored, 7, 8, palette=grays.tobytes())).pixels, stored[:, 0, :7])
    assert np.array_equal(read(pcx(stored, 7, 8, kind=2)).pixels, stored[:, 0, :7])
    with pytest.raises(ImageError, match="it is cut short: its palette is missing"):
        read(pcx(stored, 7, 8))


@pytest.mark.parametrize(("bits", "planes"), [(1, 2), (1, 3), (1, 4), (2, 1), (4, 1)])
def test_a_pcx_of_few_colors_has_them_in_its_header(bits: int, planes: int) -> None:
    palette, stored = RANDOM.integers(0, 256, (16, 3), np.uint8), rows(planes)
    width = 8 * 8 // bits - 1
    places = np.zeros((6, width), int)
    for row, plane, x in np.ndindex(6, planes, width):
        byte = int(stored[row, plane, x * bits // 8])
        places[row, x] |= (byte >> (8 - bits - x * bits % 8) & ((1 << bits) - 1)) << plane
    assert np.array_equal(read(pcx(stored, width, bits, palette=palette.tobytes())).pixels, palette[places])
    if bits != 2:
        old = read(pcx(stored, width, bits, palette=palette.tobytes(), version=3)).pixels
        assert (old[places == 6] == EGA_BROWN).all()
    else:
        with pytest.raises(ImageError, match="those of a graphics card"):
            read(pcx(stored, width, bits, version=2))


def test_a_pcx_of_one_bit_is_black_and_white() -> None:
    stored = rows(1, 2)
    right = np.unpackbits(stored[:, 0], axis=1)[:, :13] * np.uint8(255)
    assert np.array_equal(read(pcx(stored, 13, 1, palette=bytes(range(48)))).pixels, right)


@pytest.mark.parametrize("runs", [False, True])
def test_a_pcx_is_checked_before_it_is_decoded_and_refused_if_cut(runs: bool) -> None:
    data = pcx(rows(3), 7, 8, runs=runs)
    with pytest.raises(ImageError, match="it has 42 pixels, more than 41"):
        read(data, max_pixels=41)
    for end in range(20, len(data) - 1):
        with pytest.raises(ImageError, match="cut short"):
            read(data[:end])


@pytest.mark.parametrize("runs", [False, True])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_an_sgi_is_read_at_its_depth(count: int, kind: Any, runs: bool) -> None:
    planes = RANDOM.integers(0, np.iinfo(kind).max, (count, 5, 300), kind, endpoint=True)
    image = read(sgi(planes, runs=runs))
    assert image.pixels.dtype == kind and image.losses == ()
    assert np.array_equal(image.pixels, np.moveaxis(planes, 0, -1).squeeze())


def test_an_sgi_of_one_row_says_no_height() -> None:
    planes = RANDOM.integers(0, 256, (1, 1, 9), np.uint8)
    assert np.array_equal(read(sgi(planes)).pixels, planes[0])


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_an_sgi_that_is_neither_gray_nor_rgb_is_refused(kind: int) -> None:
    with pytest.raises(ImageError, match="which are not read; convert it to RGB first"):
        read(sgi(np.zeros((1, 2, 3), np.uint8), kind=kind))


@pytest.mark.parametrize("runs", [False, True])
def test_an_sgi_is_checked_before_it_is_decoded_and_refused_if_cut(runs: bool) -> None:
    data = sgi(RANDOM.integers(0, 256, (3, 5, 9), np.uint8), runs=runs)
    with pytest.raises(ImageError, match="it has 45 pixels, more than 44"):
        read(data, max_pixels=44)
    for end in range(12, len(data) - 1):
        with pytest.raises(ImageError, match="cut short"):
            read(data[:end])


def test_an_sgi_of_many_channels_is_refused() -> None:
    data = bytearray(sgi(np.zeros((3, 5, 9), np.uint8)))
    data[10:12] = struct.pack(">H", 5)
    with pytest.raises(ImageError, match="it is damaged: its header says that it has 9 x 5 pixels of 5 channels"):
        read(bytes(data))

"""16-bit color and float color: every sample is kept, in files of other programs and in files for them."""

from __future__ import annotations

import base64
import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest
import tifffile

from imgcuda import images
from support.picture_files import ADAM7, Pixels, by_opencv, chunk, opened, png, png_of, samples, save_by_opencv

LZW, DEFLATE, UNCOMPRESSED = 5, 8, 1
TIFF_COMPRESSION = 259  # what OpenCV calls the choice


# Reading


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_16_bits_of_a_png_are_read(channels: int, interlaced: bool, tmp_path: Path) -> None:
    pixels = samples(channels, np.uint16, (11, 13))
    path = tmp_path / "a.png"
    path.write_bytes(png(pixels, interlaced=interlaced))
    image = images.read(path)
    assert image.losses == ()
    assert image.pixels.dtype == np.uint16
    assert np.array_equal(image.pixels, pixels)


@pytest.mark.parametrize("filtering", range(5))
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_every_filter_of_a_png_is_undone(channels: int, filtering: int, tmp_path: Path) -> None:
    """The filters count in bytes of whole pixels: the two ways to unpack them must not change that."""
    pixels = samples(channels, np.uint16, (6, 9))
    rows = pixels.astype(">u2").view(np.uint8).reshape(6, -1).astype(int)
    step, made = 2 * channels, b""
    for number, row in enumerate(rows):
        above = rows[number - 1] if number else np.zeros_like(row)
        left, corner = (np.concatenate([np.zeros(step, int), other[:-step]]) for other in (row, above))
        guess = [0 * row, left, above, (left + above) // 2, paeth(left, above, corner)][filtering]
        made += bytes([filtering]) + ((row - guess) % 256).astype(np.uint8).tobytes()
    (tmp_path / "a.png").write_bytes(png_of(made, (9, 6), 16, {2: 4, 3: 2, 4: 6}[channels]))
    assert np.array_equal(images.read(tmp_path / "a.png").pixels, pixels)


def paeth(left: Pixels, above: Pixels, corner: Pixels) -> Pixels:
    guess = left + above - corner
    nearest = np.argmin([np.abs(guess - other) for other in (left, above, corner)], axis=0)
    chosen: Pixels = np.choose(nearest, [left, above, corner])
    return chosen


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_of_a_png_are_scaled(bits: int, interlaced: bool, tmp_path: Path) -> None:
    levels = np.arange(2**bits)
    rows = b"\0" + np.packbits(levels[:, None] >> np.arange(bits)[::-1] & 1).tobytes()
    if interlaced:  # a column, of which each row of a pass has one sample
        rows = b"".join(b"\0" + bytes([level << (8 - bits)]) for level in interlaced_rows(2**bits))
    size = (1, 2**bits) if interlaced else (2**bits, 1)
    (tmp_path / "a.png").write_bytes(png_of(rows, size, bits, 0, interlaced))
    assert images.read(tmp_path / "a.png").pixels.ravel().tolist() == [255 * level // (2**bits - 1) for level in levels]


def interlaced_rows(height: int) -> list[int]:
    """Return the order in which Adam's passes have the rows of a picture one pixel wide."""
    return [row for x, y, _, down in ADAM7 if x == 0 for row in range(y, height, down)]


def test_a_transparent_color_of_16_bits_is_read_as_alpha(tmp_path: Path) -> None:
    pixels = np.array([[[1, 2, 3], [1, 2, 259]]], np.uint16)  # alike in the lower bytes
    path = tmp_path / "a.png"
    path.write_bytes(png(pixels, before=chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3))))
    assert images.read(path).pixels.tolist() == [[[1, 2, 3, 0], [1, 2, 259, 65535]]]


def test_a_transparent_gray_of_16_bits_is_read_as_alpha(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(np.array([[259, 3]], np.uint16), before=chunk(b"tRNS", struct.pack(">H", 3))))
    assert images.read(path).pixels.tolist() == [[[259, 65535], [3, 0]]]


@pytest.mark.parametrize("compression", [UNCOMPRESSED, LZW, DEFLATE])
@pytest.mark.parametrize("channels", [3, 4])
def test_16_bit_color_of_a_tiff_is_read(channels: int, compression: int, tmp_path: Path) -> None:
    pixels = samples(channels, np.uint16, (41, 300))
    path = save_by_opencv(tmp_path / "a.tif", pixels, TIFF_COMPRESSION, compression)
    assert np.array_equal(images.read(path).pixels, pixels)


TIFFS = [
    *((channels, np.uint16, layout) for channels in (2, 3, 4) for layout in ("contig", "separate")),
    *((channels, np.float32, layout) for channels in (1, 2, 3, 4) for layout in ("contig", "separate")),
    (2, np.uint8, "contig"), (3, np.float16, "contig"),
]  # fmt: skip


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("channels", "dtype", "layout"), TIFFS)
def test_deep_tiffs_of_every_layout_are_read(
    channels: int, dtype: Any, layout: str, order: Any, compression: Any, tmp_path: Path
) -> None:
    pixels = samples(channels, dtype, (9, 12))
    stored = np.moveaxis(pixels, -1, 0) if layout == "separate" and channels > 1 else pixels
    tifffile.imwrite(
        tmp_path / "a.tif", stored, byteorder=order, compression=compression,
        photometric="rgb" if channels > 2 else "minisblack", planarconfig=layout if channels > 1 else None,
        extrasamples=["unassalpha"] * (channels in (2, 4)),
    )  # fmt: skip
    image = images.read(tmp_path / "a.tif")
    assert image.losses == ()
    assert image.pixels.dtype == (np.float32 if np.dtype(dtype).kind == "f" else dtype)
    assert np.array_equal(image.pixels, pixels)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_premultiplied_color_is_read_as_plain_color(dtype: Any, compression: Any, tmp_path: Path) -> None:
    plain = np.array([[[0.5, 0.25, 1, 0.5], [0, 0, 0, 0]]])
    premultiplied = plain * [1, 1, 1, 0] * plain[:, :, 3:] + plain * [0, 0, 0, 1]
    white = 1 if dtype == np.float32 else 65534  # of which a half and a quarter of a half are whole
    stored = (premultiplied * white).astype(dtype)
    tifffile.imwrite(
        tmp_path / "a.tif", stored, photometric="rgb", extrasamples=["assocalpha"], compression=compression
    )
    made = images.read(tmp_path / "a.tif").pixels
    assert np.allclose(made / (1 if dtype == np.float32 else 65535), plain, atol=1e-4)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_where_0_is_white_it_is_read_as_white(dtype: Any, tmp_path: Path) -> None:
    white = 65535 if dtype == np.uint16 else 1
    tifffile.imwrite(tmp_path / "a.tif", np.array([[0, white]], dtype), photometric="miniswhite")
    assert images.read(tmp_path / "a.tif").pixels.tolist() == [[white, 0]]


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("dtype", [np.int16, np.int32])
def test_signed_numbers_of_the_other_byte_order_are_read(dtype: Any, compression: Any, tmp_path: Path) -> None:
    levels = np.array([[1, 256, 32767]], dtype)
    tifffile.imwrite(tmp_path / "a.tif", levels, byteorder=">", compression=compression, photometric="minisblack")
    assert images.read(tmp_path / "a.tif").pixels.tolist() == levels.tolist()


def test_64_bit_floats_are_read_with_notice(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.full((2, 3, 3), 0.1), photometric="rgb")
    image = images.read(tmp_path / "a.tif")
    assert image.losses == ("its 64-bit samples are read as 32-bit",)
    assert np.array_equal(image.pixels, np.full((2, 3, 3), np.float32(0.1)))


@pytest.mark.parametrize("largest", [65535, 1023])
def test_16_bit_color_of_a_ppm_is_read(largest: int, tmp_path: Path) -> None:
    levels = np.array([[[0, 1, 512], [1023, 600, 7]]], np.uint16)
    (tmp_path / "a.ppm").write_bytes(f"P6 2 1 {largest}\n".encode() + levels.astype(">u2").tobytes())
    image = images.read(tmp_path / "a.ppm")
    assert image.losses == ()
    assert np.array_equal(image.pixels, np.rint(levels * (65535 / largest)))


def test_16_bit_cmyk_is_reduced_with_notice(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", samples(4, np.uint16), photometric="separated")
    assert images.read(tmp_path / "a.tif").losses == (
        "its 16-bit colors are read as 8-bit",
        "its CMYK colors are converted to RGB",
    )


TEN_BITS = base64.b64decode(
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUEAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAA"
    "AAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAEwAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEA"
    "AGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAACAAAAAgAAAAQcGl4aQAAAAADCgoKAAAADGF2MUOBIEAA"
    "AAAAE2NvbHJuY2x4AAIAAgAAgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAAG21kYXQSAAoIOAi/5wICAJAyBRAAAAtA"
)
"""An AVIF of 8 x 8 pixels, all (512, 512, 512) of 1023."""


def test_an_avif_of_10_bits_is_reduced_with_notice() -> None:
    image = images.read(io.BytesIO(TEN_BITS))
    assert image.losses == ("its 10- or 12-bit colors are read as 8-bit",)
    assert np.abs(image.pixels.astype(int) - 128).max() <= 1


@pytest.mark.parametrize("channels", [3, 4])
def test_the_pages_of_a_tiff_are_read_at_full_depth(channels: int, tmp_path: Path) -> None:
    pages = np.stack([samples(channels, np.uint16), 65535 - samples(channels, np.uint16)])
    tifffile.imwrite(
        tmp_path / "a.tif", pages, photometric="rgb", extrasamples=["unassalpha"] * (channels - 3), compression="zlib"
    )
    image = images.read(tmp_path / "a.tif")
    assert np.array_equal(np.stack([page.pixels for page in image.frames]), pages)


# Writing


@pytest.mark.parametrize("compress", [None, 0, 1, 3, 6, 9])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_png_is_read_by_others_bit_for_bit(dtype: Any, channels: int, compress: int | None, tmp_path: Path) -> None:
    pixels = samples(channels, dtype, (41, 53))
    pixels[20:] = pixels[20:21]  # the lower half is drawn, the upper is noise
    images.write(tmp_path / "a.png", images.Image(pixels), options=images.Options(compress=compress))
    assert np.array_equal(images.read(tmp_path / "a.png").pixels, pixels)
    if channels != 2:  # OpenCV has no gray with alpha
        assert np.array_equal(by_opencv(tmp_path / "a.png"), pixels)
    elif dtype == np.uint8:
        assert np.array_equal(np.asarray(opened(tmp_path / "a.png")), pixels)


@pytest.mark.parametrize("compress", [None, 1])
def test_a_png_of_several_bands_is_read_by_others_bit_for_bit(compress: int | None, tmp_path: Path) -> None:
    pixels = samples(4, np.uint16, (700, 512))  # 2.7 MiB
    images.write(tmp_path / "a.png", images.Image(pixels), options=images.Options(compress=compress))
    assert np.array_equal(by_opencv(tmp_path / "a.png"), pixels)


@pytest.mark.parametrize("compress", [None, 6])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_tiff_is_read_by_others_bit_for_bit(dtype: Any, channels: int, compress: int | None, tmp_path: Path) -> None:
    pixels = samples(channels, dtype, (300, 500))
    images.write(tmp_path / "a.tif", images.Image(pixels), options=images.Options(compress=compress))
    assert np.array_equal(images.read(tmp_path / "a.tif").pixels, pixels)
    assert np.array_equal(tifffile.imread(tmp_path / "a.tif"), pixels)
    if channels != 2 and not (channels == 4 and dtype == np.uint8):  # which OpenCV multiplies by its alpha
        assert np.array_equal(by_opencv(tmp_path / "a.tif"), pixels)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_ppm_of_16_bits_is_read_by_others_bit_for_bit(channels: int, tmp_path: Path) -> None:
    pixels = samples(channels, np.uint16)
    images.write(tmp_path / "a.ppm", images.Image(pixels))
    assert np.array_equal(by_opencv(tmp_path / "a.ppm"), pixels)


def test_compressed_tiffs_are_smaller(tmp_path: Path) -> None:
    ramp = np.add.outer(np.arange(500, dtype=np.uint16), np.arange(500, dtype=np.uint16))
    for name, compress in (("a.tif", None), ("b.tif", 1)):
        images.write(tmp_path / name, images.Image(ramp), options=images.Options(compress=compress))
    assert (tmp_path / "b.tif").stat().st_size < (tmp_path / "a.tif").stat().st_size / 20


# Depth


@pytest.mark.parametrize(
    ("value", "dtype", "depth", "expected"),
    [
        (255, np.uint8, "16", 65535), (1, np.uint8, "16", 257), (255, np.uint8, "float", 1.0),
        (65535, np.uint16, "8", 255), (128, np.uint16, "8", 0), (129, np.uint16, "8", 1), (65407, np.uint16, "8", 255),
        (65406, np.uint16, "8", 254), (65535, np.uint16, "float", 1.0), (0.5, np.float32, "8", 128),
        (1.0, np.float32, "16", 65535), (7.5, np.float32, "8", 255), (-1, np.float32, "8", 0),
        (np.nan, np.float32, "16", 0), (7.5, np.float32, "float", 7.5), (9, np.uint8, "8", 9),
    ],
)  # fmt: skip
def test_samples_are_scaled_and_rounded(value: float, dtype: npt.DTypeLike, depth: str, expected: float) -> None:
    made = images.to_depth(np.full((1, 2), value, dtype), depth)
    assert made.dtype == {"8": np.uint8, "16": np.uint16, "float": np.float32}[depth]
    assert made.tolist() == [[expected, expected]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_level_comes_back_from_a_greater_depth(dtype: Any) -> None:
    levels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)[None]
    for depth in ("16", "float"):
        assert np.array_equal(images.to_depth(images.to_depth(levels, depth), str(8 * dtype().itemsize)), levels)


def test_what_a_depth_cuts_off_is_reported() -> None:
    made = images.at_depth(images.Image(np.array([[-0.5, 7.5]], np.float32)), "8")
    assert made.losses == ("its samples run from -0.5 to 7.5; what is beyond 0 and 1 is cut off",)
    assert images.at_depth(images.Image(np.array([[0, 1]], np.float32)), "8").losses == ()
    holes = images.Image(np.array([[np.nan, 1]], np.float32))
    assert images.at_depth(holes, "16").losses == ("some of its samples are no numbers; they become black",)
    assert images.at_depth(holes, "float").losses == ()
    endless = images.Image(np.array([[np.inf, 0.5]], np.float32))
    assert images.at_depth(endless, "8").losses == (
        "its samples run from 0.5 to inf; what is beyond 0 and 1 is cut off",
    )
    assert images.at_depth(endless, "8").pixels.tolist() == [[255, 128]]
    both = images.at_depth(images.Image(np.array([[np.nan, -np.inf, 1]], np.float32)), "8")
    assert both.losses == (
        "some of its samples are no numbers; they become black; "
        "its samples run from -inf to 1; what is beyond 0 and 1 is cut off",
    )
    assert both.pixels.tolist() == [[0, 0, 255]]


def test_pillow_alone_would_have_lost_half_the_bits(tmp_path: Path) -> None:
    """What this file is for: if it fails, Pillow has learned it, and imgcuda/images/sixteen_bit.py can go."""
    (tmp_path / "a.png").write_bytes(png(samples(3, np.uint16)))
    assert opened(tmp_path / "a.png").mode == "RGB"
    with pytest.raises(TypeError):
        PIL.Image.fromarray(samples(3, np.uint16))

"""Pillow's modes to arrays: every mode is converted, and its losses are reported."""

from __future__ import annotations

import itertools
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tifffile

import imgcuda
from imgcuda import images
from imgcuda.errors import ImageError
from imgcuda.images.formats import FORMATS
from imgcuda.images.image import channels
from imgcuda.images.modes import MODES, to_array
from support.picture_files import RGB, chunk, opened, png_of, samples, saved

SAMPLES = Path(__file__).parents[2] / "sample_images"

FILES = {
    "1": "png", "L": "png", "LA": "png", "P": "gif", "PA": "tif", "RGB": "bmp", "RGBA": "webp", "CMYK": "jpg",
    "YCbCr": "tif", "LAB": "tif", "I;16": "png", "I;16B": "tif", "I": "tif", "F": "tif",
}  # fmt: skip
"""A format that holds a mode; the others are in no file that Pillow writes."""


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_becomes_the_array_that_the_table_states(mode: str) -> None:
    dtype, count = MODES[mode].array
    pixels = to_array(PIL.Image.new(mode, (7, 5)))
    assert pixels.dtype == dtype
    assert pixels.shape == ((5, 7) if count == 1 else (5, 7, count))


@pytest.mark.parametrize("mode", FILES)
def test_every_mode_is_read_from_a_file_as_the_table_states(mode: str, tmp_path: Path) -> None:
    path = saved(tmp_path / f"a.{FILES[mode]}", PIL.Image.new(mode, (7, 5)))
    assert opened(path).mode in (mode, "RGB" if mode == "YCbCr" else mode)
    image = images.read(path)
    assert (image.pixels.dtype.name, channels(image.pixels)) == MODES[mode].array
    assert image.losses == tuple(filter(None, [MODES[mode].loss]))


def test_premultiplied_gray_is_read_as_gray_with_alpha(tmp_path: Path) -> None:
    """The mode La, which Pillow reads and does not write."""
    stored = np.array([[[50, 100], [0, 0]]], np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="minisblack", extrasamples=["assocalpha"])
    assert opened(tmp_path / "a.tif").mode == "La"
    assert np.abs(images.read(tmp_path / "a.tif").pixels.astype(int) - [[[127, 100], [0, 0]]]).max() <= 1


@pytest.mark.parametrize("name", ["blur", "edges", "grayscale"])
@pytest.mark.parametrize("mode", FILES)
def test_every_mode_goes_through_filters_into_every_format(mode: str, name: str, tmp_path: Path) -> None:
    """What a format cannot hold it refuses or says, as the table of formats has it; all else comes out again."""
    image = images.read(
        saved(tmp_path / f"a.{FILES[mode]}", PIL.Image.linear_gradient("L").resize((7, 5)).convert(mode))
    )
    result = image.filtered([imgcuda.apply(image.pixels, name, device="cpu")])
    kind, count = result.pixels.dtype.name, channels(result.pixels)
    for format in FORMATS:
        path = tmp_path / f"b{format.extensions[0]}"
        if format.holds(kind, count):
            written = images.write(path, result)
            again = images.read(path)
            assert again.pixels.shape[:2] == (5, 7) and again.pixels.dtype == kind
            if format.name in ("PNG", "TIFF", "BMP", "PPM"):
                assert np.array_equal(again.pixels, result.pixels) and written.losses == ()
        elif kind == "uint8":
            assert images.write(path, result).losses == (f"its transparency is laid on white; {format.name} has none",)
        else:
            with pytest.raises(ImageError, match=f"{format.name} cannot hold 7 x 5 .*; write one of .* or reduce it"):
                images.write(path, result)


def test_black_and_white_is_read_as_0_and_255(tmp_path: Path) -> None:
    picture = PIL.Image.fromarray(np.array([[0, 255, 255]], np.uint8)).convert("1")
    assert images.read(saved(tmp_path / "a.png", picture)).pixels.tolist() == [[0, 255, 255]]


def test_a_palette_is_read_as_its_colors(tmp_path: Path) -> None:
    picture = PIL.Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.putdata([0, 1])
    assert images.read(saved(tmp_path / "a.png", picture)).pixels.tolist() == [[[10, 20, 30], [40, 50, 60]]]


@pytest.mark.parametrize(("mode", "key", "channels"), [("P", 0, 4), ("L", 0, 2), ("RGB", (0, 0, 0), 4)])
def test_a_transparent_color_is_read_as_alpha(mode: str, key: Any, channels: int, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", PIL.Image.new(mode, (2, 2)), transparency=key)
    pixels = images.read(path).pixels
    assert pixels.shape == (2, 2, channels)
    assert not pixels[:, :, -1].any()


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_transparent_gray_of_few_bits_is_read_as_alpha(bits: int, tmp_path: Path) -> None:
    white = (1 << bits) - 1
    clear = chunk(b"tRNS", struct.pack(">H", white))
    (tmp_path / "a.png").write_bytes(png_of(b"\0\x0f", (8 // bits, 1), bits, 0, before=clear))  # 0, and white at last
    gray, alpha = np.moveaxis(images.read(tmp_path / "a.png").pixels, -1, 0)
    assert np.array_equal(alpha, np.where(gray == 255, 0, 255))
    assert bits == 8 or gray.max() == 255


def test_a_transparent_gray_of_few_bits_is_so_in_every_frame(tmp_path: Path) -> None:
    controls = [chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, 2, 1, 0, 0, 1, 10, 1, 0)) for number in (0, 1, 3)]
    row = zlib.compress(b"\0\x53")  # in 4 bits: 5, and 3, which is clear
    start = png_of(b"", (2, 1), 4, 0)[:33] + chunk(b"tRNS", b"\0\x03") + chunk(b"acTL", struct.pack(">II", 3, 0))
    rows = [chunk(b"IDAT", row), *(chunk(b"fdAT", struct.pack(">I", number) + row) for number in (2, 4))]
    frames = [part for pair in zip(controls, rows, strict=True) for part in pair]
    (tmp_path / "a.png").write_bytes(b"".join([start, *frames, chunk(b"IEND", b"")]))
    image = images.read(tmp_path / "a.png")
    assert [frame.pixels[0, :, -1].tolist() for frame in image.frames] == [[255, 0]] * 3


@pytest.mark.parametrize(("lab", "rgb"), [((255, 128, 128), (255, 255, 255)), ((0, 128, 128), (0, 0, 0))])
def test_lab_is_converted_with_notice(lab: tuple[int, ...], rgb: tuple[int, ...], tmp_path: Path) -> None:
    image = images.read(saved(tmp_path / "a.tif", PIL.Image.new("LAB", (2, 2), lab)))
    assert np.abs(image.pixels[0, 0].astype(int) - rgb).max() <= 1
    assert image.losses == ("its LAB colors are converted to RGB",)


def test_cmyk_is_converted_with_notice(tmp_path: Path) -> None:
    image = images.read(saved(tmp_path / "a.jpg", PIL.Image.new("CMYK", (8, 8), (0, 0, 0, 255))))
    assert image.pixels.max() < 3
    assert image.losses == ("its CMYK colors are converted to RGB",)


def test_every_mode_of_pillow_is_in_the_table() -> None:
    """Modes are what Pillow can make an image of; what it knows by name only is no mode of a picture."""
    assert set(MODES) >= {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"}
    assert set(MODES) >= {"I", "F", "I;16", "I;16B"}


@pytest.mark.parametrize("order", "<>")
def test_16_bit_gray_is_read_at_full_depth_in_both_byte_orders(order: str, tmp_path: Path) -> None:
    values = np.array([[0, 1, 256, 65535]], f"{order}u2")
    path = tmp_path / "a.tif"
    # The smallest TIFF: a header, the pixels, and a directory of what they are.
    entries = [(256, 4), (257, 1), (258, 16), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1), (279, 8)]
    directory = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in entries)
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 16)
    path.write_bytes(head + values.tobytes() + struct.pack(f"{order}H", len(entries)) + directory + bytes(4))
    pixels = images.read(path).pixels
    assert pixels.dtype == np.dtype("=u2")
    assert pixels.tolist() == [[0, 1, 256, 65535]]


def test_whole_numbers_beyond_16_bits_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.tif", PIL.Image.fromarray(np.array([[-1, 70000]], np.int32)))
    with pytest.raises(ImageError, match="whole numbers from -1 to 70000 have no known black and white; --convert F"):
        images.read(path)
    assert images.read(path, raw=True).pixels.tolist() == [[-1.0, 70000.0]]


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.*g")), ids=lambda path: path.name)
def test_the_samples_are_read_as_pillow_reads_them(sample: Path) -> None:
    image = images.read(sample)
    assert image.losses == ()
    assert np.array_equal(image.pixels, np.asarray(opened(sample)))


# Conversion


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize(("channels", "mode"), [*itertools.product([1, 2, 3, 4], ["L", "LA", "RGB", "RGBA"])])
def test_channels_are_converted_as_pillow_would_at_8_bits(channels: int, mode: str, dtype: Any) -> None:
    pixels = samples(channels, np.uint8)
    made = images.convert(images.Image(images.to_depth(pixels, TO_DEPTH[dtype])), mode).pixels
    picture = PIL.Image.fromarray(pixels)
    if picture.mode.endswith("A") and not mode.endswith("A"):  # which Pillow would drop; here it is laid on white
        paper = PIL.Image.new(picture.mode[:-1], picture.size, "white")
        paper.paste(picture.convert(paper.mode), mask=picture.getchannel("A"))
        picture = paper
    expected = np.asarray(picture.convert(mode))
    assert made.dtype == dtype and made.shape == expected.shape
    assert np.abs(images.to_depth(made, "8").astype(int) - expected).max() <= 1


TO_DEPTH = {np.uint8: "8", np.uint16: "16", np.float32: "float"}


def test_conversion_to_float_is_gray() -> None:
    made = images.convert(images.Image(RGB), "F").pixels
    assert made.ndim == 2 and made.dtype == np.float32 and made.max() < 1


def test_every_frame_is_converted() -> None:
    image = images.Image(RGB, later=(images.Image(RGB),))
    assert [frame.pixels.ndim for frame in images.convert(image, "L").frames] == [2, 2]

"""The flattened picture of Photoshop files that are put together here by the byte."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import PIL.Image
import pytest
from PIL import ImageCms

from imgcuda import images
from imgcuda.errors import ImageError
from support.byte_writers import layers, psd, resource

BITMAP, GRAY, INDEXED, RGB, CMYK, MULTICHANNEL, DUOTONE, LAB = 0, 1, 2, 3, 4, 7, 8, 9
KINDS = {8: np.uint8, 16: np.uint16, 32: np.float32}
MERGED = {8: b"", 16: b"Lr16", 32: b"Lr32"}


def planes(count: int, bits: int = 8, size: tuple[int, int] = (5, 7)) -> Any:
    random = np.random.default_rng([count, bits])
    if bits == 32:
        return random.uniform(0, 1.5, (count, *size)).astype(np.float32)
    made = random.integers(0, 1 << bits, (count, *size), KINDS[bits])
    made[:, :, :3] = made[:, :, :1]  # so that there are runs
    return made


def read(data: bytes, **options: Any) -> images.Image:
    return images.read(io.BytesIO(data), **options)


def interleaved(channels: Any) -> Any:
    return channels[0] if len(channels) == 1 else np.moveaxis(channels, 0, -1)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("runs", [False, True])
@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize(("mode", "count"), [(GRAY, 1), (RGB, 3)])
def test_every_depth_is_read_without_loss(mode: int, count: int, bits: int, runs: bool, large: bool) -> None:
    channels = planes(count, bits)
    image = read(psd(channels, mode, runs=runs, large=large))
    assert image.pixels.dtype == KINDS[bits] and image.losses == ()
    assert np.array_equal(image.pixels, interleaved(channels))


def test_a_bitmap_has_1_for_black() -> None:
    bits = np.random.default_rng(0).integers(0, 2, (1, 6, 13), np.uint8)
    for runs in (False, True):
        assert np.array_equal(read(psd(bits, BITMAP, bits=1, runs=runs)).pixels, 255 * (1 - bits[0]))


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize(("mode", "count"), [(GRAY, 1), (RGB, 3)])
def test_alpha_is_alpha_and_its_colors_lie_on_white(mode: int, count: int, bits: int, large: bool) -> None:
    full = 1 if bits == 32 else (1 << bits) - 1
    color, alpha = planes(count, bits).astype(np.float64), planes(1, bits).astype(np.float64) % full
    alpha[0, 0], color = full, np.clip(color, 0, full)
    on_white = full - (full - color) * alpha / full
    stored = np.concatenate([on_white, alpha]).astype(np.float32 if bits == 32 else np.float64)
    stored = stored if bits == 32 else np.rint(stored)
    data = psd(stored.astype(KINDS[bits]), mode, section=layers(-1, large=large, deep=MERGED[bits]), large=large)
    pixels = read(data).pixels
    assert pixels.shape[2] == count + 1
    assert np.array_equal(pixels[:, :, -1], stored[-1].astype(KINDS[bits]))
    for place in range(count):
        off = np.abs(pixels[:, :, place].astype(np.float64) - color[place])
        allowed = 0.5 * full / np.maximum(alpha[0], 1e-9) + 1 if bits < 32 else 1e-4 / np.maximum(alpha[0], 1e-3)
        assert (off <= allowed)[alpha[0] > 0].all()


def test_a_saved_selection_is_no_alpha_with_notice() -> None:
    channels = planes(5)
    image = read(psd(channels, RGB))
    assert np.array_equal(image.pixels, interleaved(channels[:3]))
    said = "2 of its channels, neither color nor alpha (saved selections, inks), are left out"
    assert image.losses == (said,)
    assert read(psd(channels, RGB, section=layers(-1))).losses == (said.replace("2", "1", 1),)


def test_layers_are_said_to_be_flattened() -> None:
    assert read(psd(planes(3), RGB, section=layers(4))).losses == (
        "its 4 layers are not read; their flattened picture is",
    )


def test_a_file_without_its_flattened_picture_is_refused() -> None:
    version = resource(1057, struct.pack(">IB", 1, 0) + bytes(9))
    with pytest.raises(ImageError, match=r"saved without its flattened picture; save it with 'Maximize Compat"):
        read(psd(planes(3), RGB, section=layers(2), resources=version))
    assert read(psd(planes(3), RGB, resources=version)).losses == ()  # without layers, it is the picture
    with pytest.raises(ImageError, match="it has no flattened picture, or is cut short before it"):
        read(psd(planes(3), RGB)[: 26 + 12])


@pytest.mark.parametrize("clear", [None, 3])
def test_a_palette_comes_out_as_its_colors_and_one_may_be_clear(clear: int | None) -> None:
    palette = np.random.default_rng(1).integers(0, 256, (256, 3), np.uint8)
    indices = planes(1) % 5
    resources = b"" if clear is None else resource(1047, struct.pack(">h", clear))
    pixels = read(psd(indices, INDEXED, palette=palette.T.tobytes(), resources=resources)).pixels
    assert np.array_equal(pixels[:, :, :3], palette[indices[0]])
    assert pixels.shape[2] == 3 if clear is None else np.array_equal(pixels[:, :, 3], 255 * (indices[0] != clear))


@pytest.mark.parametrize("bits", [8, 16])
def test_cmyk_is_white_less_its_inks_which_is_reported(bits: int) -> None:
    inks = np.array([[[0, 255, 0, 128]], [[0, 0, 255, 0]], [[0, 0, 0, 0]], [[0, 0, 0, 255]]], np.uint8)
    stored = (255 - inks).astype(KINDS[bits]) * np.array(1 if bits == 8 else 257, KINDS[bits])
    image = read(psd(stored, CMYK))
    assert image.pixels.tolist() == [[[255, 255, 255], [0, 255, 255], [255, 0, 255], [0, 0, 0]]]
    said = ("its CMYK colors are converted to RGB", "its 16-bit colors are read as 8-bit")
    assert image.losses == said[: bits // 8]


def test_lab_becomes_srgb() -> None:
    stored = np.array([[[0, 255, 138, 138]], [[128, 128, 209, 128]], [[128, 128, 198, 128]]], np.uint8)
    pixels = read(psd(stored, LAB)).pixels.astype(int)
    red = [255, 0, 0]  # L 54, a 81, b 70, to within what whole numbers of a and b can say
    assert np.abs(pixels[0, :3] - [[0, 0, 0], [255, 255, 255], red]).max() <= 8
    assert np.ptp(pixels[0, 3]) <= 1  # a gray


def test_inks_of_their_own_are_refused_or_said() -> None:
    with pytest.raises(ImageError, match="multichannel"):
        read(psd(planes(3), MULTICHANNEL))
    assert read(psd(planes(1), DUOTONE)).losses == ("its inks (duotone) are left out; it is read as gray",)


def test_metadata_goes_along_and_the_picture_is_turned_upright() -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = PIL.Image.Exif()
    exif[0x112], exif[0x13B] = 6, "somebody"
    iptc = resource(1028, b"\x1c\x02\x78\0\7caption")
    resources = b"".join([
        resource(1005, struct.pack(">IHHIHH", 300 << 16, 1, 1, 150 << 16, 1, 1)), iptc, resource(1039, icc),
        resource(1058, exif.tobytes()[6:]), resource(1060, b"<x:xmpmeta>hello</x:xmpmeta>"), resource(1036, b"thumb"),
    ])  # fmt: skip
    channels = planes(3)
    image = read(psd(channels, RGB, resources=resources))
    assert np.array_equal(image.pixels, np.rot90(interleaved(channels), -1))
    assert (image.icc, image.photoshop, image.dpi) == (icc, iptc, (150.0, 300.0))
    assert b"somebody" in image.exif and image.xmp == b"<x:xmpmeta>hello</x:xmpmeta>"
    as_it_is = read(psd(channels, RGB, resources=resources), auto_orient=False)
    assert np.array_equal(as_it_is.pixels, interleaved(channels))


@pytest.mark.parametrize("compression", [2, 3, 9])
def test_what_is_compressed_in_another_way_is_refused(compression: int) -> None:
    data = bytearray(psd(planes(3), RGB))
    data[26 + 12 : 26 + 14] = struct.pack(">H", compression)
    with pytest.raises(ImageError, match=r"compressed by (ZIP|ZIP with prediction|number 9), which is not read"):
        read(bytes(data))


@pytest.mark.parametrize("runs", [False, True])
def test_the_size_is_looked_at_first_and_a_cut_is_refused(runs: bool) -> None:
    data = psd(planes(3), RGB, runs=runs)
    with pytest.raises(ImageError, match="it has 35 pixels, more than 34"):
        read(data, max_pixels=34)
    for end in range(26, len(data)):
        with pytest.raises(ImageError, match="cut short"):
            read(data[:end])

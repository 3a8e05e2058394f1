"""TIFFs that are unusual, damaged or hostile: pages, SubIFDs, extra samples, palettes, fax."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import time
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest
import tifffile

from imgcuda import images
from imgcuda.errors import ImageError
from support.broken_files import changed
from support.tiff_files import DEFLATE, LZW, NONE, PACKBITS, Kind, tiff

BIG = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
SMALL = np.ascontiguousarray(BIG[::10, ::10])


def read(data: bytes, **options: Any) -> images.Image:
    return images.read(io.BytesIO(data), **options)


def written(*pages: tuple[npt.NDArray[Any], dict[str, Any]], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer, **options) as file:
        for pixels, said in pages:
            file.write(pixels, metadata=None, **{"photometric": "rgb", **said})
    return buffer.getvalue()


def link(data: bytes | bytearray, directory: int) -> int:
    """Return where a classic directory says which is next."""
    return directory + 2 + 12 * int(struct.unpack_from("<H", data, directory)[0])


@pytest.mark.parametrize("to_itself", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_pages_that_run_in_a_circle_are_each_read_once_with_notice(dtype: Any, to_itself: bool) -> None:
    data = bytearray(written((SMALL.astype(dtype), {}), (SMALL.astype(dtype), {})))
    first = struct.unpack_from("<I", data, 4)[0]
    second = struct.unpack_from("<I", data, link(data, first))[0]
    struct.pack_into("<I", data, link(data, second), second if to_itself else first)
    image = read(bytes(data))
    assert len(image.frames) == 2
    assert image.losses == ("its list of pages runs in a circle; each is read once",)


def test_a_list_of_pages_that_breaks_off_is_reported() -> None:
    data = bytearray(written((SMALL, {})))
    struct.pack_into("<I", data, link(data, struct.unpack_from("<I", data, 4)[0]), len(data) + 100)
    assert read(bytes(data)).losses == ("its list of pages is broken off; pages may be missing",)


def test_a_reduced_copy_is_never_read_for_the_picture() -> None:
    behind = read(written((BIG, {}), (SMALL, {"subfiletype": 1})))
    assert len(behind.frames) == 1 and np.array_equal(behind.pixels, BIG) and not behind.losses
    assert behind.left_out == ("it holds 1 smaller copy of its pictures, left out",)
    before = read(written((SMALL, {"subfiletype": 1}), (BIG, {})))
    assert len(before.frames) == 1 and np.array_equal(before.pixels, BIG)
    below = read(written((SMALL, {"subfiletype": 1, "subifds": 1}), (BIG, {})))
    assert np.array_equal(below.pixels, BIG)
    assert below.losses == ("its picture is read from a SubIFD; the reduced copy in its place is left out",)
    alone = read(written((SMALL, {"subfiletype": 1})))
    assert alone.losses == ("it calls itself a reduced copy of a picture that is not in the file",)


def test_a_pyramid_loses_its_smaller_copies_and_other_subifds_are_a_loss() -> None:
    pyramid = read(written((BIG, {"subifds": 1}), (SMALL, {"subfiletype": 1})))
    assert np.array_equal(pyramid.pixels, BIG) and not pyramid.losses
    another = read(written((BIG, {"subifds": 1}), (BIG[::-1].copy(), {})))
    assert another.losses == ("it holds 1 more picture in SubIFDs, left out",)


def test_a_subifd_that_points_to_its_own_page_is_no_picture() -> None:
    data = bytearray(written((BIG, {"subifds": 1}), (SMALL, {"subfiletype": 1})))
    directory = struct.unpack_from("<I", data, 4)[0]
    entry = next(
        at for at in range(directory + 2, link(data, directory), 12) if struct.unpack_from("<H", data, at)[0] == 330
    )
    for place in (directory, 0xFFFFFFF0, 3):
        struct.pack_into("<HII", data, entry + 2, 4, 1, place)
        assert np.array_equal(read(bytes(data)).pixels, BIG)


@pytest.mark.parametrize("photometric", [32803, 34892])
def test_a_cameras_raw_file_is_refused(photometric: int) -> None:
    sensor = tiff(BIG[:, :, :1], Kind(photometric=photometric))
    with pytest.raises(ImageError, match="it is a camera's raw file, which is not read; develop it"):
        read(sensor)
    dng = [(50706, 1, 4, b"\1\4\0\0", True)]
    with pytest.raises(ImageError, match=r"it is a camera's raw file \(DNG\)"):
        read(written((SMALL, {"subfiletype": 1, "subifds": 1, "extratags": dng}), (BIG, {})))


@pytest.mark.parametrize(("extra", "channels"), [((0,), 3), ((0, 0), 3), ((0, 2), 4), ((2, 0), 4), ((0,) * 5, 3)])
def test_samples_that_are_neither_color_nor_alpha_are_left_out_with_notice(
    extra: tuple[int, ...], channels: int
) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, 3 + len(extra)), np.uint8)
    image = read(tiff(pixels, Kind(photometric=2, extra=extra)))
    expected = pixels[:, :, :3]
    if 2 in extra:
        expected = np.concatenate([expected, pixels[:, :, 3 + extra.index(2)][:, :, None]], axis=2)
    assert np.array_equal(image.pixels, expected) and channels == image.pixels.shape[2]
    assert "neither color nor alpha" in image.losses[0]


@pytest.mark.parametrize(
    ("bits", "white"), [(1, 255), (2, 255), (3, 255), (7, 255), (9, 65535), (12, 65535), (15, 65535)]
)
@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("width", [1, 2, 5])
def test_white_is_white_of_any_bits(bits: int, white: int, photometric: int, width: int) -> None:
    most = (1 << bits) - 1
    levels = np.array([0, most, most // 2, most, 0])[None, :width, None]
    made = read(tiff(levels, Kind(bits=bits, photometric=photometric))).pixels[0].tolist()
    assert made == [round(white * (level if photometric else most - level) / most) for level in levels.ravel().tolist()]


@pytest.mark.parametrize("compression", [NONE, LZW, PACKBITS, DEFLATE])
@pytest.mark.parametrize("bits", [1, 8, 12, 16])
def test_bits_in_the_reverse_order_are_read(bits: int, compression: int) -> None:
    levels = np.random.default_rng(2).integers(0, 1 << bits, (9, 11, 1))
    plain = Kind(bits=bits, compression=compression, rows=4)
    turned = Kind(bits=bits, compression=compression, rows=4, reversed_bits=True)
    assert np.array_equal(read(tiff(levels, turned)).pixels, read(tiff(levels, plain)).pixels)


def test_what_cannot_be_read_is_refused_by_name() -> None:
    for kind, words in (
        (Kind(photometric=32845), "its samples are LogLuv"), (Kind(photometric=10), "ITU"),
        (Kind(compression=34887), "its LERC compression cannot be read"), (Kind(compression=6), "old-style JPEG"),
        (Kind(compression=4711), "compression number 4711"), (Kind(photometric=99), "unknown kind 99"),
        (Kind(photometric=2), "it has 1 samples a pixel; its colors need 3"),
        (Kind(compression=DEFLATE, predictor=9), "its predictor 9"),
    ):  # fmt: skip
        with pytest.raises(ImageError, match=words):
            read(tiff(BIG[:, :, :1], kind))
    for tag, value, words in (
        (256, 0, r"it has no pixels: its size is 0 x 40"), (256, 1 << 31, "pixels, more than"),
        (339, 6, "complex"), (32997, 5, "volume"), (258, 24, "24 bits"), (277, 300, "300 samples"),
    ):  # fmt: skip
        with pytest.raises(ImageError, match=words):
            read(tiff(BIG[:, :, :1], Kind(), {tag: (value,)}))


def test_subsampled_ycbcr_is_read() -> None:
    """Two pixels across and down share Cb and Cr: 128 is no color."""
    unit = bytes([10, 20, 30, 40, 128, 128]) + bytes([50, 60, 70, 80, 128, 228])
    data = bytearray(tiff(np.zeros((2, 3, 3), np.uint8), Kind(photometric=6), {530: (2, 2)}))
    data[-18:] = unit + bytes(6)
    made = read(bytes(data)).pixels
    assert made[:, :2].tolist() == [[[10] * 3, [20] * 3], [[30] * 3, [40] * 3]]
    assert made[0, 2].tolist() == [190, 0, 50]  # R = 50 + 1.402 * 100, G = 50 - 0.714 * 100, B = 50


@pytest.mark.parametrize("tile", [None, (16, 16)])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_in_a_tiff_is_read_as_libtiff_reads_it(mode: str, tile: Any) -> None:
    buffer = io.BytesIO()
    PIL.Image.fromarray(BIG).convert(mode).save(buffer, "TIFF", compression="jpeg", quality=95)
    with PIL.Image.open(io.BytesIO(buffer.getvalue())) as picture:
        right = np.asarray(picture.convert("RGB" if mode == "CMYK" else mode))
    assert np.abs(read(buffer.getvalue()).pixels.astype(int) - right).max() <= 1


def test_a_damaged_fax_is_read_with_notice() -> None:
    page = np.kron(np.random.default_rng(5).integers(0, 2, (20, 15)), np.ones((8, 8), int)).astype(bool)
    buffer = io.BytesIO()
    PIL.Image.fromarray(page).save(buffer, "TIFF", compression="group4")
    whole = buffer.getvalue()
    assert np.array_equal(read(whole).pixels, page * np.uint8(255)) and not read(whole).losses
    with PIL.Image.open(io.BytesIO(whole)) as picture:
        start, size = picture.tag_v2[273][0], picture.tag_v2[279][0]  # type: ignore[attr-defined]
    for place in range(start, start + size - 4, max(1, size // 30)):
        data = bytearray(whole)
        data[place] ^= 0x3C
        image = read(bytes(data))
        assert image.losses == ("its fax data is damaged; some of its lines are wrong",)


@pytest.mark.parametrize("compression", [LZW, DEFLATE])
def test_damaged_data_is_refused_and_nothing_is_printed(compression: int, capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(tiff(BIG, Kind(photometric=2, compression=compression)))
    data[-2000:] = bytes(2000)
    with pytest.raises(ImageError, match=r"data is damaged$"):
        read(bytes(data))
    assert capfd.readouterr() == ("", "")


def test_tags_of_the_file_that_was_read_are_not_carried_into_another() -> None:
    tags = [(32996, 3, 3, (0, 0, 0), True), (50706, 1, 4, b"\1\4\0\0", True), (271, 2, 0, "maker", True)]
    made = io.BytesIO()
    images.write(made, read(written((BIG, {"extratags": tags}))), format=images.by_name("tiff"))
    with tifffile.TiffFile(io.BytesIO(made.getvalue())) as file:
        page = file.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        assert 32996 not in page.tags and 50706 not in page.tags and page.tags[271].value == "maker"
    opened = cv2.imdecode(np.frombuffer(made.getvalue(), np.uint8), 1)
    assert opened is not None and np.array_equal(opened[:, :, ::-1], BIG)


def test_changed_tiffs_are_a_picture_or_one_sentence_and_take_no_time() -> None:
    random = np.random.default_rng(8)
    wholes = [
        tiff(BIG, Kind(photometric=2, tile=(16, 16), compression=LZW)), tiff(BIG[:, :, :1], Kind(bits=8, rows=3)),
        written((BIG, {"subifds": 1}), (SMALL, {"subfiletype": 1})), written((BIG, {}), bigtiff=True, byteorder=">"),
    ]  # fmt: skip
    for number in range(400):
        whole = wholes[number % len(wholes)]
        head = changed(whole[:300], random) if number % 2 else whole[:300]
        data = head + (whole[300:] if number % 3 else whole[300 : int(random.integers(300, len(whole)))])
        start = time.perf_counter()
        try:
            read(data, max_pixels=1_000_000)
        except ImageError as error:
            assert "\n" not in str(error)
        assert time.perf_counter() - start < 5


def test_a_tiff_is_read_without_tifffile() -> None:
    """It is for the tests: what reads is held against it."""
    code = "import sys, imgcuda.images.reading; print('tifffile' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"

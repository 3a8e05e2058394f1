"""Image files to arrays and back: every mode, what is carried, what is refused, and how a file is replaced."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest
from PIL import ImageCms, ImageOps

from imgcuda import images
from imgcuda.errors import ImageError

SAMPLES = Path(__file__).parents[1] / "sample_images"
ORIENTATION, COPYRIGHT, EXPOSURE = 0x0112, 0x8298, 0x829A
RGB = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3) * 2


def saved(path: Path, picture: PIL.Image.Image, **options: Any) -> Path:
    picture.save(path, **options)
    return path


def opened(path: Path) -> PIL.Image.Image:
    """Return what Pillow alone makes of a file, which is then closed."""
    with PIL.Image.open(path) as picture:
        picture.load()
        return picture


def png16(color_type: int, channels: int, size: tuple[int, int] = (2, 1)) -> bytes:
    """Return a PNG with 16 bits a sample, which Pillow itself cannot write in colour; it has two pixels' bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 16, color_type, 0, 0, 0))
    samples = b"\0" + bytes(range(1, 1 + 2 * 2 * channels))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(samples)) + chunk(b"IEND", b"")


# Modes

MODES = {
    "1": (2, np.uint8), "L": (2, np.uint8), "LA": (2, np.uint8), "P": (3, np.uint8), "RGB": (3, np.uint8),
    "RGBA": (4, np.uint8), "CMYK": (3, np.uint8), "YCbCr": (3, np.uint8), "I;16": (2, np.uint16),
    "I": (2, np.uint16), "F": (2, np.float32),
}  # fmt: skip
"""A mode that some file holds, and the type of its array; the number is of dimensions or, in colour, of channels."""


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_has_a_stated_type(mode: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.tif", PIL.Image.new(mode, (7, 5)))
    size, dtype = MODES[mode]
    pixels = images.read(path).pixels
    assert pixels.dtype == dtype
    assert pixels.shape[:2] == (5, 7)
    assert pixels.ndim == 3 if mode == "LA" else size == (pixels.shape[2] if pixels.ndim == 3 else 2)


def test_black_and_white_is_read_as_0_and_255(tmp_path: Path) -> None:
    picture = PIL.Image.fromarray(np.array([[0, 255, 255]], np.uint8)).convert("1")
    assert images.read(saved(tmp_path / "a.png", picture)).pixels.tolist() == [[0, 255, 255]]


def test_a_palette_is_read_as_its_colours(tmp_path: Path) -> None:
    picture = PIL.Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.putdata([0, 1])
    assert images.read(saved(tmp_path / "a.png", picture)).pixels.tolist() == [[[10, 20, 30], [40, 50, 60]]]


@pytest.mark.parametrize(("mode", "key", "channels"), [("P", 0, 4), ("L", 0, 2), ("RGB", (0, 0, 0), 4)])
def test_a_transparent_colour_is_read_as_alpha(mode: str, key: Any, channels: int, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", PIL.Image.new(mode, (2, 2)), transparency=key)
    pixels = images.read(path).pixels
    assert pixels.shape == (2, 2, channels)
    assert not pixels[:, :, -1].any()


def test_lab_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.tif", PIL.Image.new("LAB", (2, 2)))
    with pytest.raises(ImageError, match=r"a\.tif cannot be read: its colours are LAB; convert it to RGB first"):
        images.read(path)


@pytest.mark.parametrize("order", "<>")
def test_16_bit_grey_is_read_at_full_depth_in_both_byte_orders(order: str, tmp_path: Path) -> None:
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
    with pytest.raises(ImageError, match="its samples run from -1 to 70000"):
        images.read(path)


@pytest.mark.parametrize(("color_type", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_16_bit_colour_in_a_png_is_reduced_but_not_in_silence(color_type: int, channels: int, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png16(color_type, channels))
    assert images.read(path).losses == ("its 16-bit colours are read as 8-bit",)


def test_16_bit_colour_in_a_ppm_is_reduced_but_not_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.ppm"
    path.write_bytes(b"P6 2 1 65535\n" + bytes(12))
    assert images.read(path).losses == ("its 16-bit colours are read as 8-bit",)


@pytest.mark.parametrize(
    ("name", "data"),
    [("grey.png", png16(0, 1)), ("grey.pgm", b"P5 2 1 65535\n" + bytes(4)), ("rgb.ppm", b"P6 2 1 255\n" + bytes(6))],
)
def test_what_is_read_whole_has_no_losses(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    assert images.read(tmp_path / name).losses == ()


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.*g")), ids=lambda path: path.name)
def test_the_samples_are_read_as_pillow_reads_them(sample: Path) -> None:
    image = images.read(sample)
    assert image.losses == ()
    assert np.array_equal(image.pixels, np.asarray(opened(sample)))


def test_of_several_frames_the_first_is_read_and_that_is_said(tmp_path: Path) -> None:
    frames = [PIL.Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    path = saved(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    image = images.read(path)
    assert image.pixels[0, 0].tolist() == [255, 0, 0]
    assert image.losses == ("it holds several pictures; the first is read",)


# Metadata


@pytest.mark.parametrize("extension", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_read_upright(orientation: int, extension: str, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = orientation
    exif[COPYRIGHT] = "somebody"
    picture = PIL.Image.fromarray(RGB).resize((70, 50))
    path = saved(tmp_path / f"a.{extension}", picture, exif=exif)
    image = images.read(path)
    upright = np.asarray(ImageOps.exif_transpose(opened(path)))
    assert np.array_equal(image.pixels, upright)
    assert (image.pixels.shape[0] > image.pixels.shape[1]) == (orientation > 4)
    again = tmp_path / f"b.{extension}"
    images.write(again, image)
    kept = opened(again).getexif()
    assert kept.get(ORIENTATION, 1) == 1
    assert kept[COPYRIGHT] == "somebody"


@pytest.mark.parametrize("source", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("target", ["jpg", "png", "tif", "webp", "bmp", "ppm"])
def test_metadata_is_carried_where_the_format_can_hold_it(source: str, target: str, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[COPYRIGHT] = "somebody"
    exif.get_ifd(0x8769)[EXPOSURE] = 0.5
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / f"a.{source}"
    PIL.Image.fromarray(RGB).save(path, exif=exif.tobytes(), icc_profile=profile, dpi=(200, 200))
    image = images.read(path)
    images.write(tmp_path / f"b.{target}", image)
    result = opened(tmp_path / f"b.{target}")
    if target not in ("bmp", "ppm"):
        assert result.info["icc_profile"] == profile
        assert result.getexif()[COPYRIGHT] == "somebody"
        assert result.getexif().get_ifd(0x8769)[EXPOSURE] == 0.5
    if target not in ("webp", "ppm") and source != "webp":
        assert [round(float(value)) for value in result.info["dpi"]] == [200, 200]


def test_a_colour_profile_is_not_put_on_grey(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    images.write(tmp_path / "a.png", images.Image(RGB[:, :, 0], icc=profile))
    assert "icc_profile" not in opened(tmp_path / "a.png").info


def test_damaged_exif_costs_the_exif_and_not_the_picture(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", PIL.Image.fromarray(RGB), exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\xff" * 20)
    image = images.read(path)
    assert image.pixels.shape == RGB.shape
    assert image.exif == b""


@pytest.mark.parametrize("dpi", [None, (0, 0), (float("nan"), 72), ("a", "b"), (72,), (1e9, 1e9)])
def test_a_resolution_that_is_none_is_left_out(dpi: Any, tmp_path: Path) -> None:
    picture = PIL.Image.fromarray(RGB)
    picture.info["dpi"] = dpi
    assert images._dpi(dpi) is None


# Writing


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        *((f"{kind}.{extension}", array) for extension in ("png", "tif") for kind, array in {
            "grey": RGB[:, :, 0], "grey-alpha": RGB[:, :, :2], "rgb": RGB, "rgba": np.dstack([RGB, RGB[:, :, 0]]),
            "grey16": RGB[:, :, 0].astype(np.uint16) * 257, "one-channel": RGB[:, :, :1],
        }.items()),
        ("float.tif", np.array([[-0.5, 0.25], [1, 7.5]], np.float32)),
        ("grey.bmp", RGB[:, :, 0]), ("rgb.bmp", RGB),
        ("rgb.ppm", RGB), ("grey16.pgm", RGB[:, :, 0].astype(np.uint16) * 257),
    ],
)  # fmt: skip
def test_what_is_written_is_read_again_bit_for_bit(name: str, pixels: npt.NDArray[Any], tmp_path: Path) -> None:
    assert images.write(tmp_path / name, images.Image(pixels)) == ()
    again = images.read(tmp_path / name).pixels
    assert again.dtype == pixels.dtype
    assert np.array_equal(again, pixels.squeeze())


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("extension", ["jpg", "webp"])
def test_a_lossy_format_gives_nearly_the_same(extension: str, channels: int, tmp_path: Path) -> None:
    ramp = np.full((32, 32, channels), 255, np.uint8)  # opaque, where there is alpha
    ramp[:, :, : (channels - 1) // 2 * 2 + 1] = np.linspace(0, 255, 32, dtype=np.uint8)[:, None]
    images.write(tmp_path / f"a.{extension}", images.Image(ramp))
    again = np.asarray(opened(tmp_path / f"a.{extension}").convert("RGB")).astype(int)
    assert np.abs(again - ramp[:, :, [0]]).max() < 12


@pytest.mark.parametrize("extension", ["jpg", "bmp", "ppm"])
def test_transparency_is_laid_on_white_where_there_is_none(extension: str, tmp_path: Path) -> None:
    half_black = np.zeros((8, 8, 4), np.uint8)
    half_black[4:, :, 3] = 255
    losses = images.write(tmp_path / f"a.{extension}", images.Image(half_black))
    assert losses and losses[0].startswith("its transparency is laid on white")
    written = np.asarray(opened(tmp_path / f"a.{extension}"))
    assert written[0].min() > 245 and written[7].max() < 10


@pytest.mark.parametrize(
    ("name", "pixels", "said"),
    [
        ("a.jpg", np.zeros((2, 3), np.uint16), "JPEG cannot hold 3 x 2 grey, uint16; write one of .png .tif .ppm"),
        ("a.png", np.zeros((2, 3), np.float32), "PNG cannot hold 3 x 2 grey, float32; write one of .tif"),
        ("a.png", np.zeros((2, 3, 3), np.uint16), "PNG cannot hold 3 x 2 RGB, uint16; only grey can be written"),
    ],
)
def test_a_sample_type_is_refused_rather_than_reduced(
    name: str, pixels: npt.NDArray[Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ImageError) as error:
        images.write(tmp_path / name, images.Image(pixels))
    assert said in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("out.pngg", "out.pngg cannot be written: the extension '.pngg' is not known; did you mean '.png'?"),
        ("out.docx", "the extension '.docx' is not known; write one of .png .jpg"),
        ("out.eps", "the extension '.eps' is not known"),
        ("out", "its name has no extension; write one of .png"),
        ("missing/out.png", "there is no folder"),
        ("folder.png", "it is a folder"),
    ],
)
def test_a_place_where_nothing_can_be_written_is_known_before_any_work(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ImageError) as error:
        images.check_output(tmp_path / name)
    assert said in str(error.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(ImageError, match="it is not a regular file"):
        images.check_output(tmp_path / "a.png")


def test_an_extension_may_be_in_capitals(tmp_path: Path) -> None:
    assert images.check_output(tmp_path / "A.JPG").name == "JPEG"


# Replacing a file


def test_a_failed_save_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"the old file")
    with pytest.raises(ImageError, match=r"a\.jpg cannot be written"):
        images.write(path, images.Image(np.zeros((1, 70000), np.uint8)))  # wider than a JPEG can be
    assert path.read_bytes() == b"the old file"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_save_leaves_no_litter(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"the old file")

    def fail(number: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises((ImageError, KeyboardInterrupt)) as raised:
        images.write(path, images.Image(RGB))
    assert path.read_bytes() == b"the old file"
    assert list(tmp_path.iterdir()) == [path]
    if isinstance(error, OSError):
        assert str(raised.value) == f"{path} cannot be written: no space left on device"


def test_mode_bits_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.touch()
    path.chmod(0o640)
    images.write(path, images.Image(RGB))
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_mode_bits_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    images.write(tmp_path / "a.png", images.Image(RGB))
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target = tmp_path / "folder" / "target.png"
    target.touch()
    link = tmp_path / "link.png"
    link.symlink_to(target)
    images.write(link, images.Image(RGB))
    assert link.is_symlink()
    assert np.array_equal(images.read(target).pixels, RGB)


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anything")
def test_a_write_protected_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.touch(0o444)
    with pytest.raises(ImageError, match="it is write-protected"):
        images.write(path, images.Image(RGB))


# What cannot be read


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"a\.png cannot be read: no such file or directory$"):
        images.read(tmp_path / "a.png")


def test_a_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"cannot be read: is a directory$"):
        images.read(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a picture", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"])
def test_what_is_no_picture_is_refused_naming_the_formats(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"not a picture in a known format: PNG, JPEG, TIFF, WEBP, BMP, PPM, GIF$"):
        images.read(path)


def test_the_content_says_the_format_and_not_the_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "photo.jpg", PIL.Image.fromarray(RGB), format="PNG")
    assert np.array_equal(images.read(path).pixels, RGB)


def test_a_decompression_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png16(0, 1, size=(60000, 60000)))
    with pytest.raises(ImageError, match=r"it has more than 178,956,970 pixels"):
        images.read(path)


@pytest.mark.parametrize("error", [MemoryError(), ValueError("two\nlines"), SyntaxError("broken"), RuntimeError()])
def test_whatever_a_decoder_raises_is_one_sentence(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(picture: PIL.Image.Image) -> None:
        raise error

    path = saved(tmp_path / "a.bmp", PIL.Image.fromarray(RGB))
    monkeypatch.setattr(PIL.Image.Image, "load", fail)
    with pytest.raises(ImageError, match=r"a\.bmp cannot be read: \w.*$") as raised:
        images.read(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("extension", ["png", "jpg", "tif", "webp", "bmp", "ppm", "gif"])
def test_a_file_cut_short_anywhere_is_never_a_wrong_picture(extension: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (16, 16, 3), np.uint8)
    buffer = io.BytesIO()
    PIL.Image.fromarray(noise).save(buffer, PIL.Image.registered_extensions()[f".{extension}"])
    whole, path = buffer.getvalue(), tmp_path / f"a.{extension}"
    path.write_bytes(whole)
    right = images.read(path).pixels
    for length in range(0, len(whole), 23):
        path.write_bytes(whole[:length])
        try:
            assert np.array_equal(images.read(path).pixels, right)  # only bytes after the pixels were lost
        except ImageError as error:
            assert str(error).startswith(f"{path} cannot be read: ")

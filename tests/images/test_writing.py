"""Arrays to image files: the samples that each format holds, the refusals, and the options."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import PIL.ImageDraw
import pytest

from imgcuda import images
from imgcuda.errors import ImageError, ParameterError
from imgcuda.images.formats import FORMATS, by_extension, by_name
from support.picture_files import RGB, opened


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        *((f"{kind}.{extension}", array) for extension in ("png", "tif") for kind, array in {
            "gray": RGB[:, :, 0], "gray-alpha": RGB[:, :, :2], "rgb": RGB, "rgba": np.dstack([RGB, RGB[:, :, 0]]),
            "gray16": RGB[:, :, 0].astype(np.uint16) * 257, "one-channel": RGB[:, :, :1],
        }.items()),
        ("float.tif", np.array([[-0.5, 0.25], [1, 7.5]], np.float32)),
        ("gray.bmp", RGB[:, :, 0]), ("rgb.bmp", RGB),
        ("rgb.ppm", RGB), ("gray16.pgm", RGB[:, :, 0].astype(np.uint16) * 257),
    ],
)  # fmt: skip
def test_what_is_written_is_read_again_bit_for_bit(name: str, pixels: npt.NDArray[Any], tmp_path: Path) -> None:
    assert images.write(tmp_path / name, images.Image(pixels)) == ((), ())
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
    losses = images.write(tmp_path / f"a.{extension}", images.Image(half_black)).losses
    assert losses and losses[0].startswith("its transparency is laid on white")
    written = np.asarray(opened(tmp_path / f"a.{extension}"))
    assert written[0].min() > 245 and written[7].max() < 10


@pytest.mark.parametrize(
    ("name", "pixels", "said"),
    [
        ("a.jpg", np.zeros((2, 3), np.uint16), "JPEG cannot hold 3 x 2 gray, uint16; write one of .png .tif .ppm"),
        ("a.webp", np.zeros((2, 3, 3), np.uint16), "write one of .png .tif .ppm, or reduce it: --depth 8"),
        ("a.png", np.zeros((2, 3, 3), np.float32), "write one of .tif, or reduce it: --depth 16 or --depth 8"),
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
        ("out.docx", "the extension '.docx' is not known; write one of .png .apng .jpg"),
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


# Choices


def test_formats_go_by_their_names_and_extensions() -> None:
    for format in FORMATS:
        assert by_name(format.name) is by_name(format.name.lower()) is format
        assert all(by_extension(extension) is format for extension in format.extensions)
    assert by_name("jpg").name == "JPEG"
    with pytest.raises(ParameterError, match="--format: there is no format 'jpgg'; did you mean 'jpg'"):
        by_name("jpgg")


def size(path: Path, pixels: npt.NDArray[Any], **options: Any) -> int:
    images.write(path, images.Image(pixels), options=images.Options(**options))
    return path.stat().st_size


@pytest.fixture(scope="module")
def photo() -> npt.NDArray[Any]:
    with PIL.Image.open(Path(__file__).parents[2] / "sample_images" / "chelsea.png") as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize("extension", ["jpg", "webp", "avif"])
def test_quality_is_size(extension: str, photo: npt.NDArray[Any], tmp_path: Path) -> None:
    path = tmp_path / f"a.{extension}"
    assert size(path, photo, quality=30) < size(path, photo) < size(path, photo, quality=100)


@pytest.mark.parametrize("extension", ["png", "tif"])
def test_more_compression_is_smaller(extension: str, photo: npt.NDArray[Any], tmp_path: Path) -> None:
    path = tmp_path / f"a.{extension}"
    assert size(path, photo, compress=9) < size(path, photo, compress=1) < size(path, photo, compress=0)


def test_a_png_is_about_as_small_as_pillows(photo: npt.NDArray[Any], tmp_path: Path) -> None:
    buffer = io.BytesIO()
    PIL.Image.fromarray(photo).save(buffer, "PNG")
    assert size(tmp_path / "a.png", photo) < 1.15 * len(buffer.getvalue())


def test_a_drawing_is_small_as_a_png(tmp_path: Path) -> None:
    page = PIL.Image.new("RGB", (800, 600), "white")
    for line in range(40):
        PIL.ImageDraw.Draw(page).text((5, 14 * line), "what is written repeats itself " * 4, fill=(20, 20, line))
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    assert size(tmp_path / "a.png", np.asarray(page)) < 1.15 * len(buffer.getvalue())


def test_lossless_is(photo: npt.NDArray[Any], tmp_path: Path) -> None:
    size(tmp_path / "a.webp", photo, lossless=True)
    assert np.array_equal(images.read(tmp_path / "a.webp").pixels, photo)
    size(tmp_path / "a.avif", photo, lossless=True)  # but for the way to its colors, which rounds
    assert np.abs(images.read(tmp_path / "a.avif").pixels.astype(int) - photo).max() <= 2


def test_a_progressive_jpeg_is_one(photo: npt.NDArray[Any], tmp_path: Path) -> None:
    for progressive in (True, False):
        size(tmp_path / "a.jpg", photo, progressive=progressive)
        assert ("progressive" in opened(tmp_path / "a.jpg").info) == progressive


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("a.png", {"quality": 5}, "--quality is for JPEG, WEBP, AVIF, JPEG2000; PNG has no such choice"),
        ("a.jpg", {"compress": 5}, "--compress is for PNG, TIFF, WEBP, AVIF; JPEG has no such choice"),
        ("a.jpg", {"lossless": True}, "--lossless is for WEBP, AVIF, JPEG2000; JPEG has no such choice"),
        ("a.webp", {"lossless": True, "quality": 5}, "--lossless loses nothing, so there is no --quality to choose"),
        ("a.webp", {"progressive": True}, "--progressive is for JPEG; WEBP has no such choice"),
    ],
)
def test_a_choice_that_a_format_has_not_is_refused(
    name: str, options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match=said):
        images.write(tmp_path / name, images.Image(RGB), options=images.Options(**options))
    assert list(tmp_path.iterdir()) == []


def test_an_image_is_written_to_a_stream(tmp_path: Path) -> None:
    stream = io.BytesIO()
    images.write(stream, images.Image(RGB), format=by_name("png"))
    stream.seek(0)
    assert np.array_equal(images.read(stream).pixels, RGB)


def test_a_stream_needs_a_format() -> None:
    with pytest.raises(ParameterError, match="say in which format to write"):
        images.write(io.BytesIO(), images.Image(RGB))


@pytest.mark.parametrize(("name", "longest"), [("jpg", 65500), ("webp", 16383), ("avif", 32768), ("gif", 65535)])
def test_what_could_not_be_opened_again_is_refused_before_it_is_encoded(name: str, longest: int) -> None:
    pixels = np.zeros((1, longest + 1, 3), np.uint8)
    words = (
        f"it has {longest + 1:,} x 1 pixels; {name.upper().replace('JPG', 'JPEG')} holds at most {longest:,} on a side"
    )
    with pytest.raises(ImageError, match=words):
        images.write(io.BytesIO(), images.Image(pixels), format=images.by_name(name))
    buffer = io.BytesIO()
    images.write(buffer, images.Image(pixels[:, :longest]), format=images.by_name(name))
    assert images.read(io.BytesIO(buffer.getvalue())).pixels.shape[:2] == (1, longest)


@pytest.mark.parametrize("name", ["picture.png", "picture.tif"])
def test_a_picture_is_encoded_by_as_many_threads_as_asked(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def counted(thread: threading.Thread) -> None:
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", counted)
    picture, numbers = images.Image(np.zeros((3000, 1000, 3), np.uint8)), []
    for threads in ("1", "3"):
        monkeypatch.setenv("IMGCUDA_THREADS", threads)
        images.write(tmp_path / name, picture, options=images.Options(compress=9))
        numbers.append(len(started))
        started.clear()
    assert numbers == [1, 3]

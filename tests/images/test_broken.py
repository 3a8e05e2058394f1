"""Files that are missing, broken, too large or no pictures: one sentence each, and never a wrong picture."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from picture_files import RGB, png, saved

from imgcuda import images
from imgcuda.errors import ImageError


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
    with pytest.raises(ImageError, match=r"in a known format: PNG, JPEG, TIFF, WEBP, BMP, PPM, GIF, AVIF$"):
        images.read(path)


def test_the_content_says_the_format_and_not_the_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "photo.jpg", PIL.Image.fromarray(RGB), format="PNG")
    assert np.array_equal(images.read(path).pixels, RGB)


def test_a_decompression_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png(np.zeros((1, 1), np.uint16), size=(60000, 60000)))
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


@pytest.mark.parametrize("extension", ["png", "jpg", "tif", "webp", "bmp", "ppm", "gif", "avif"])
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

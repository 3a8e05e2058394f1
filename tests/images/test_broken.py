"""Files that are missing, broken, too large or not pictures: each gives one message, and never a wrong picture."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgcuda import images
from imgcuda.errors import ImageError
from support.broken_files import WHOLE, files, read
from support.picture_files import RGB, png, saved


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"a\.png cannot be read: no such file or directory$"):
        images.read(tmp_path / "a.png")


def test_a_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"cannot be read: is a directory$"):
        images.read(tmp_path)


def test_what_is_no_picture_is_refused_naming_the_formats(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"not a picture")
    with pytest.raises(ImageError, match=r"in a known format: PNG, JPEG, TIFF, WEBP, BMP, PPM, GIF, AVIF"):
        images.read(path)


def test_the_content_says_the_format_and_not_the_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "photo.jpg", PIL.Image.fromarray(RGB), format="PNG")
    assert np.array_equal(images.read(path).pixels, RGB)


def test_a_decompression_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png(np.zeros((1, 1), np.uint16), size=(60000, 60000)))
    with pytest.raises(ImageError, match=r"it has more than 178,956,970 pixels"):
        images.read(path)


@pytest.mark.parametrize(
    "error",
    [MemoryError(), ValueError("two\nlines"), ValueError("word " * 1000), SyntaxError("broken"), RuntimeError()],
)
def test_whatever_a_decoder_raises_is_one_sentence(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(picture: PIL.Image.Image) -> None:
        raise error

    path = saved(tmp_path / "a.png", PIL.Image.fromarray(RGB))
    monkeypatch.setattr(PIL.Image.Image, "load", fail)
    with pytest.raises(ImageError, match=r"a\.png cannot be read: \w.*$") as raised:
        images.read(path)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_cut_short_anywhere_is_never_a_wrong_picture_in_silence(name: str) -> None:
    whole = WHOLE[name]
    right = read(whole)
    assert right is not None
    cuts = {*range(0, len(whole), max(1, len(whole) // 100)), *range(len(whole) - 20, len(whole))}
    for length in sorted(cuts):
        image = read(whole[:length])
        if image is not None and not image.losses:  # only bytes after the pixels were lost
            assert len(image.frames) == len(right.frames), length
            for frame, expected in zip(image.frames, right.frames, strict=True):
                assert np.array_equal(frame.pixels, expected.pixels), length


@pytest.mark.parametrize(("name", "kind"), [("gray.png", b"IDAT"), ("deep.png", b"IDAT"), ("animated.png", b"fdAT")])
def test_a_png_whose_checksum_is_wrong_is_refused(name: str, kind: bytes) -> None:
    data = bytearray(WHOLE[name])
    data[data.index(kind) + 8] ^= 1
    with pytest.raises(
        ImageError, match=rf"it is damaged: the checksum of its chunk {kind.decode()} at byte \d+ is wrong$"
    ):
        images.read(io.BytesIO(data))


def test_what_stands_behind_a_png_is_not_looked_at() -> None:
    image = read(WHOLE["gray.png"] + WHOLE["gray.png"][:8] + b"\0\0\0\1IDATx no checksum")
    assert image is not None and image.pixels.shape == (24, 20)


def test_a_gif_that_ends_between_two_pictures_is_read_with_notice(tmp_path: Path) -> None:
    frames = [PIL.Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    path = saved(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    path.write_bytes(path.read_bytes().removesuffix(b";"))
    assert images.read(path).losses == ("it is cut short; pictures may be missing",)


def test_thousands_of_broken_files_are_each_one_sentence_or_a_picture() -> None:
    for _, data in files(len(WHOLE) * 100):
        read(data)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(sorted(WHOLE)),
    edits=st.lists(st.tuples(st.integers(0, 2**16), st.binary(max_size=8)), max_size=4),
)
def test_a_file_with_other_bytes_is_one_sentence_or_a_picture(name: str, edits: list[tuple[int, bytes]]) -> None:
    data = bytearray(WHOLE[name])
    for place, others in edits:
        data[place % len(data) : place % len(data) + len(others)] = others
    read(bytes(data))


@given(data=st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_after_a_known_beginning_are_refused(data: bytes) -> None:
    for whole in (WHOLE["plain.tif"], WHOLE["gray.png"], WHOLE["plain.gif"], WHOLE["lossy.webp"], WHOLE["plain.avif"]):
        read(whole[:12] + data)


def test_whoever_decodes_says_nothing_on_the_terminal(tmp_path: Path) -> None:
    """libtiff prints, and tifffile logs; the program has its own words, and one sentence."""
    for name in ("lzw.tif", "deflated-float.tif"):
        (tmp_path / name).write_bytes(WHOLE[name][: len(WHOLE[name]) - 300])
        command = [sys.executable, "-m", "imgcuda", "grayscale", str(tmp_path / name), str(tmp_path / "out.png")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith(f"Error: {tmp_path / name} cannot be read: ") and done.stderr.count("\n") == 1


def test_a_gigabyte_in_a_few_bytes_is_refused_before_it_is_made() -> None:
    pages = WHOLE["plain.gif"]
    for name in ("tiles.tif", "deflated-float.tif", "gray.png", "plain.bmp", "deep.ppm"):
        with pytest.raises(ImageError, match="--max-pixels allows more"):
            images.read(io.BytesIO(WHOLE[name]), max_pixels=100)
    with pytest.raises(ImageError, match="--max-pixels allows more"):
        images.read(io.BytesIO(pages), max_pixels=24 * 20 - 1)


def test_more_pixels_are_read_if_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 100)  # Pillow's own limit; it refuses more than twice that
    assert images.read(io.BytesIO(WHOLE["gray.png"]), max_pixels=1000).pixels.shape == (24, 20)
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ImageError, match="it has more than 150 pixels; --max-pixels allows more"):
        images.read(io.BytesIO(WHOLE["gray.png"]), max_pixels=150)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_named_pipe_is_read_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor(1) as pool:
        pool.submit((tmp_path / "pipe").write_bytes, WHOLE["deep.png"])
        assert images.read(tmp_path / "pipe").pixels.dtype == np.uint16

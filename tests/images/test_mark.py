"""Which files may be replaced: those that imgcuda wrote and nothing has changed since, and no others."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from imgcuda import images
from imgcuda.cli import build, run
from imgcuda.errors import ImageError
from imgcuda.images import mark
from imgcuda.images.formats import FORMATS
from support.picture_files import RGB, by_opencv

NAME = "imgcuda 9.8.7"
EXTENSIONS = [
    format.extensions[0] for format in FORMATS if images.write(io.BytesIO(), images.Image(RGB), format=format)
]


@pytest.fixture(scope="module")
def program() -> object:
    from imgcuda import load

    return build(load())


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("frames", [1, 2])
def test_a_marked_file_is_known_until_a_bit_of_it_changes(extension: str, frames: int, tmp_path: Path) -> None:
    path = tmp_path / f"a{extension}"
    image = images.Image(RGB, later=(images.Image(RGB[::-1]),) * (frames - 1))
    images.write(path, image, software=NAME)
    assert mark.is_ours(path)
    data = path.read_bytes()
    assert data.count(NAME.encode()) == 1
    for place in range(0, len(data), max(1, len(data) // 50)):
        inside = data.index(NAME.encode())
        if not inside <= place < inside + len(NAME) + 10 + 4:
            path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            assert not mark.is_ours(path)
    path.write_bytes(data + b"x")
    assert not mark.is_ours(path)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_mark_changes_no_pixel_and_no_reader_stumbles_over_it(extension: str, tmp_path: Path) -> None:
    images.write(tmp_path / f"a{extension}", images.Image(RGB))
    images.write(tmp_path / f"b{extension}", images.Image(RGB), software=NAME)
    assert (tmp_path / f"a{extension}").stat().st_size < (tmp_path / f"b{extension}").stat().st_size
    made = [images.read(tmp_path / f"{name}{extension}") for name in "ab"]
    assert np.array_equal(made[0].pixels, made[1].pixels) and made[1].losses == () and made[1].text == ()
    with PIL.Image.open(tmp_path / f"b{extension}") as picture:
        picture.load()
        assert picture.size == (7, 5)
    if extension in (".jpg", ".png", ".bmp", ".ppm", ".tif"):
        assert np.array_equal(by_opencv(tmp_path / f"a{extension}"), by_opencv(tmp_path / f"b{extension}"))


def test_the_mark_is_the_standard_field() -> None:
    stream = io.BytesIO()
    images.write(stream, images.Image(RGB, text=(("Software", "GIMP"),)), format=images.by_name("png"), software=NAME)
    with PIL.Image.open(stream) as picture:
        texts = picture.text  # type: ignore[attr-defined]
    assert texts["Software"].startswith(f"{NAME} #") and texts["Processing Software"] == "GIMP"
    data, place = stream.getvalue(), 8
    while place < len(data):
        (size,) = struct.unpack_from(">I", data, place)
        assert struct.unpack_from(">I", data, place + 8 + size)[0] == zlib.crc32(data[place + 4 : place + 8 + size])
        place += 12 + size
    for name in ("jpg", "tif", "webp", "avif"):
        stream = io.BytesIO()
        images.write(stream, images.Image(RGB), format=images.by_name(name), software=NAME)
        with PIL.Image.open(stream) as picture:
            assert picture.getexif()[0x131].startswith(f"{NAME} #")


def test_the_second_picture_of_a_command_is_never_lost(
    program: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = tmp_path / "a.jpg", tmp_path / "b.jpg"
    for path in (one, other):
        PIL.Image.fromarray(RGB).save(path)
    before = other.read_bytes()
    assert run(["invert", str(one), str(other), "--device", "cpu"], program) == 1  # type: ignore[arg-type]
    assert other.read_bytes() == before
    assert "imgcuda did not write it, or it was changed since; --overwrite replaces it" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--strip"]])
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_the_same_command_works_again(extension: str, options: list[str], program: object, tmp_path: Path) -> None:
    PIL.Image.fromarray(RGB).save(tmp_path / "in.png")
    command = ["invert", str(tmp_path / "in.png"), str(tmp_path / f"out{extension}"), "--device", "cpu", *options]
    for _ in range(2):
        assert run(command, program) == 0  # type: ignore[arg-type]
    assert (b"imgcuda" in (tmp_path / f"out{extension}").read_bytes()) == (not options)
    with (tmp_path / f"out{extension}").open("ab") as file:
        file.write(b"edited")
    assert run(command, program) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("there", [b"", b"a note", b"imgcuda 0.1.0 #00000000", None])
def test_a_file_is_replaced_only_if_it_is_ours_or_empty(there: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    if there is not None:
        path.write_bytes(there)
    if there:
        with pytest.raises(ImageError, match="imgcuda did not write it"):
            images.write(path, images.Image(RGB), clobber="ours")
        assert path.read_bytes() == there
    else:
        images.write(path, images.Image(RGB), clobber="ours")
        assert np.array_equal(images.read(path).pixels, RGB)


def test_in_place_nothing_gets_less_unless_an_option_says_so(
    program: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.tif"
    pages = [PIL.Image.fromarray(RGB), PIL.Image.fromarray(RGB[::-1])]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    before = path.read_bytes()
    command = ["invert", str(path), str(path), "--overwrite", "--device", "cpu"]
    assert run([*command, "--format", "png"], program) == 0  # type: ignore[arg-type]  # an animation has both
    path.write_bytes(before)
    assert run([*command, "--format", "jpg"], program) == 1  # type: ignore[arg-type]
    assert "it holds 2 pictures; the first is read; write to another file" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert run([*command, "--format", "jpg", "--frame", "1"], program) == 0  # type: ignore[arg-type]
    PIL.Image.fromarray(RGB).save(path, "PNG", dpi=(300, 300))
    before = path.read_bytes()
    assert run([*command, "--format", "webp"], program) == 1  # type: ignore[arg-type]
    assert "its resolution has no place in this WEBP; write to another file" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert run([*command, "--format", "webp", "--strip"], program) == 0  # type: ignore[arg-type]

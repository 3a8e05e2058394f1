"""The command line and files: pipes, depth, frames, linear light, metadata, and files that must not be overwritten."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest

import imgcuda
from imgcuda import Registry
from imgcuda.cli import build, run
from support.installed import installed

Pixels = npt.NDArray[Any]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return installed()


@pytest.fixture
def command(registry: Registry, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that runs `imgcuda grayscale` on the CPU, and returns its exit code and what it said."""

    def call(*arguments: object) -> tuple[int, str]:
        code = run([*map(str, ("grayscale", *arguments)), "--device", "cpu"], build(registry))
        out, err = capsys.readouterr()
        assert out == ""
        return code, err

    return call


def rgb(dtype: npt.DTypeLike = np.uint8, size: tuple[int, int] = (6, 8)) -> Pixels:
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (*size, 3), dtype)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    PIL.Image.fromarray(rgb()).save(tmp_path / "in.png")
    return tmp_path / "in.png"


def gray_of(path: Path) -> Pixels:
    read: Pixels | None = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert read is not None
    return read


# Depth, channels, light


def test_16_bit_color_goes_through_at_full_depth(command: Any, tmp_path: Path) -> None:
    pixels = rgb(np.uint16)
    cv2.imwrite(str(tmp_path / "in.png"), pixels[:, :, ::-1])
    assert command(tmp_path / "in.png", tmp_path / "out.tif") == (0, "")
    assert np.array_equal(gray_of(tmp_path / "out.tif"), imgcuda.apply(pixels, "grayscale", device="cpu"))


def test_more_depth_is_there_before_the_filter(command: Any, photo: Path) -> None:
    out = photo.with_name("out.png")
    assert command(photo, out, "--depth", "16") == (0, "")
    deep = rgb().astype(np.uint16) * 257
    assert np.array_equal(gray_of(out), imgcuda.apply(deep, "grayscale", device="cpu"))
    assert command(photo, photo.with_name("out.tif"), "--depth", "float") == (0, "")
    assert gray_of(photo.with_name("out.tif")).dtype == np.float32


def test_less_depth_comes_after_the_filter(command: Any, tmp_path: Path) -> None:
    pixels = rgb(np.uint16)
    cv2.imwrite(str(tmp_path / "in.png"), pixels[:, :, ::-1])
    assert command(tmp_path / "in.png", tmp_path / "out.png", "--depth", 8) == (0, "")
    exact = imgcuda.apply(pixels, "grayscale", device="cpu")
    assert np.array_equal(gray_of(tmp_path / "out.png"), np.rint(exact / 257))


def test_a_depth_that_out_cannot_hold_is_refused_with_the_way_out(command: Any, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "in.png"), rgb(np.uint16))
    code, said = command(tmp_path / "in.png", tmp_path / "out.jpg")
    assert code == 1
    assert "JPEG cannot hold 8 x 6 gray, uint16; write one of .png .tif .ppm .jp2, or reduce it: --depth 8" in said
    assert not (tmp_path / "out.jpg").exists()


def test_what_a_depth_cuts_off_is_noted(command: Any, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "in.tif"), np.full((3, 4), 7.5, np.float32))
    said = command(tmp_path / "in.tif", tmp_path / "out.png", "--depth", "8")
    assert said == (
        0,
        f"Note: {tmp_path / 'in.tif'}: its samples run from 7.5 to 7.5; what is beyond 0 and 1 is cut off\n",
    )


def test_in_is_converted_first(command: Any, photo: Path) -> None:
    out = photo.with_name("out.png")
    assert command(photo, out, "--convert", "RGBA") == (0, "")
    with PIL.Image.open(out) as picture:
        assert picture.mode == "LA"


def test_whole_numbers_that_are_no_levels_are_taken_as_floats(command: Any, tmp_path: Path) -> None:
    PIL.Image.fromarray(np.array([[-1, 70000]], np.int32)).save(tmp_path / "in.tif")
    code, said = command(tmp_path / "in.tif", tmp_path / "out.tif")
    assert code == 1 and "--convert F reads them as floats" in said
    assert command(tmp_path / "in.tif", tmp_path / "out.tif", "--convert", "F") == (0, "")
    assert gray_of(tmp_path / "out.tif").tolist() == [[-1, 70000]]


def test_light_is_mixed_in_linear(command: Any, tmp_path: Path, registry: Registry) -> None:
    stripes = np.zeros((16, 64), np.uint8)
    stripes[:, ::2] = 255
    PIL.Image.fromarray(stripes).save(tmp_path / "in.png")
    middle = {}
    for option in ([], ["--linear"]):
        paths = [str(tmp_path / "in.png"), str(tmp_path / "out.png")]
        assert run(["blur", *paths, "--sigma", "4", "--device", "cpu", *option], build(registry)) == 0
        middle[bool(option)] = int(gray_of(tmp_path / "out.png")[8, 32])
    assert middle[False] == pytest.approx(127.5, abs=1)
    assert middle[True] == pytest.approx(188, abs=1)  # sRGB of half the light


# Frames


@pytest.mark.parametrize("extension", ["gif", "png", "webp", "tif"])
def test_every_frame_is_filtered(extension: str, command: Any, tmp_path: Path) -> None:
    frames = [PIL.Image.new("RGB", (8, 8), color) for color in ("red", "green", "blue")]
    options: dict[str, Any] = {"lossless": True} if extension == "webp" else {}
    path, out = tmp_path / f"in.{extension}", tmp_path / f"out.{extension}"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[40, 50, 60], loop=0, **options)
    assert command(path, out, *["--lossless"] * (extension == "webp")) == (0, "")
    with PIL.Image.open(out) as picture:
        assert getattr(picture, "n_frames", 1) == 3
        for number, level in enumerate((76, 75, 29)):
            picture.seek(number)
            picture.load()
            assert np.abs(np.asarray(picture.convert("L")).astype(int) - level).max() <= 1
            if extension != "tif":
                assert picture.info["duration"] == 40 + 10 * number


def test_one_frame_is_filtered(command: Any, tmp_path: Path) -> None:
    frames = [PIL.Image.new("RGB", (8, 8), color) for color in ("red", "green", "blue")]
    frames[0].save(tmp_path / "in.gif", save_all=True, append_images=frames[1:])
    assert command(tmp_path / "in.gif", tmp_path / "out.jpg", "--frame", 3) == (0, "")
    assert abs(int(gray_of(tmp_path / "out.jpg")[0, 0]) - 29) <= 1
    code, said = command(tmp_path / "in.gif", tmp_path / "out.jpg", "--frame", 4)
    assert code == 1 and "it holds 3 pictures; there is no number 4" in said


def test_verbose_counts_the_frames(command: Any, tmp_path: Path) -> None:
    frames = [PIL.Image.new("RGB", (8, 8), color) for color in ("red", "green")]
    frames[0].save(tmp_path / "in.gif", save_all=True, append_images=frames[1:])
    assert "image:  8 x 8 RGB, uint8 -> 8 x 8 gray, uint8; 2 pictures\n" in command(
        tmp_path / "in.gif", tmp_path / "out.png", "-v"
    )[1]  # fmt: skip


# Metadata


def test_what_out_cannot_hold_is_said_only_with_v(command: Any, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[0x8298] = "somebody"
    PIL.Image.fromarray(rgb()).save(tmp_path / "in.jpg", exif=exif)
    assert command(tmp_path / "in.jpg", tmp_path / "out.bmp") == (0, "")
    said = command(tmp_path / "in.jpg", tmp_path / "out.bmp", "-v")[1]
    assert said.count(f"Note: {tmp_path / 'out.bmp'}: its EXIF has no place in this BMP\n") == 1


def test_strip_leaves_the_pixels_alone(command: Any, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[0x8298] = "somebody"
    PIL.Image.fromarray(rgb()).save(tmp_path / "in.png", exif=exif, dpi=(200, 200))
    assert command(tmp_path / "in.png", tmp_path / "out.png", "--strip") == (0, "")
    with PIL.Image.open(tmp_path / "out.png") as picture:
        assert not picture.getexif() and "dpi" not in picture.info


def test_strip_tells_of_a_profile_without_which_colors_change(command: Any, tmp_path: Path) -> None:
    from PIL import ImageCms

    xyz = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    PIL.Image.fromarray(rgb()).save(tmp_path / "in.png", icc_profile=xyz)
    code, said = command(tmp_path / "in.png", tmp_path / "out.png", "--strip")
    assert code == 0 and said.endswith("its colors look different\n")


def test_without_auto_orient_the_picture_stays_as_it_lies(command: Any, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    PIL.Image.fromarray(rgb()).save(tmp_path / "in.jpg", exif=exif)
    for option, size in (([], (6, 8)), (["--no-auto-orient"], (8, 6))):
        assert command(tmp_path / "in.jpg", tmp_path / "out.jpg", *option) == (0, "")
        with PIL.Image.open(tmp_path / "out.jpg") as picture:
            assert picture.size == size
            assert picture.getexif().get(0x0112, 1) == (6 if option else 1)


# Files


def test_no_clobber_keeps_what_is_there(command: Any, photo: Path) -> None:
    out = photo.with_name("out.png")
    assert command(photo, out, "--no-clobber") == (0, "")
    before = out.read_bytes()
    assert command(photo, out, "--no-clobber") == (
        1, f"Error: {out} cannot be written: it is there already, and --no-clobber keeps it\n"
    )  # fmt: skip
    assert out.read_bytes() == before
    assert sorted(photo.parent.iterdir()) == [photo, out]


def test_the_format_may_be_another_than_the_extensions(command: Any, photo: Path) -> None:
    assert command(photo, photo.with_name("out.dat"), "--format", "tiff") == (0, "")
    assert photo.with_name("out.dat").read_bytes().startswith(b"II*\0")


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--format", "tifff"], 2, "--format: there is no format 'tifff'; did you mean 'tiff'?"),
        (["--quality", "50"], 2, "--quality is for JPEG, WEBP, AVIF, JPEG2000; PNG has no such choice"),
        (["--quality", "0"], 2, "should be greater than or equal to 1"),
        (["--max-pixels", "47"], 1, "it has 48 pixels, more than 47; --max-pixels allows more"),
        (["--depth", "12"], 2, "'12' is not one of"),
        (["--convert", "CMYK"], 2, "'CMYK' is not one of"),
    ],
)
def test_what_cannot_be_is_one_sentence(options: list[str], code: int, said: str, command: Any, photo: Path) -> None:
    result, words = command(photo, photo.with_name("out.png"), *options)
    assert result == code and said in words and "Traceback" not in words
    assert list(photo.parent.iterdir()) == [photo]


# In a pipe


def program(*arguments: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "imgcuda", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, "IMGCUDA_DEVICE": "cpu"}, **options
    )


def test_a_picture_comes_from_a_pipe_and_goes_into_one(photo: Path) -> None:
    done = program("grayscale", "-", "-", "--format", "png", input=photo.read_bytes())
    assert (done.returncode, done.stderr) == (0, b"")
    with PIL.Image.open(io.BytesIO(done.stdout)) as picture:
        assert np.array_equal(np.asarray(picture), imgcuda.apply(rgb(), "grayscale", device="cpu"))


@pytest.mark.parametrize(
    ("arguments", "given", "code", "said"),
    [
        (["-", "-"], b"", 2, b"Error: --format says what is written to standard output, as --format png\n"),
        (
            ["-", "-", "--format", "png"],
            b"",
            1,
            b"Error: standard input cannot be read: it is empty\n",
        ),
        (["-", "-", "--format", "png"], b"not one", 1, b"Error: standard input cannot be read: it is not a picture"),
    ],
)
def test_what_is_wrong_in_a_pipe_is_one_sentence(arguments: list[str], given: bytes, code: int, said: bytes) -> None:
    done = program("grayscale", *arguments, input=given)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (code, b"", 1)
    assert done.stderr.startswith(said)


def test_nobody_reads_and_nothing_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "in.png"
    PIL.Image.fromarray(rgb(size=(400, 400))).save(path)
    command = [sys.executable, "-m", "imgcuda", "edges", str(path), "-", "--format", "png", "--device", "cpu"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == (-signal.SIGPIPE if hasattr(signal, "SIGPIPE") else 141)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no terminals here")
def test_a_picture_is_not_written_to_a_terminal(photo: Path) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "imgcuda", "grayscale", str(photo), "-", "--format", "png"]
    done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, check=False)
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 1
    assert done.stderr == b"Error: a picture is not written to a terminal; write to a file, or into a pipe\n"

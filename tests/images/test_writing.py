"""Arrays to image files: what each format holds, what is refused, and the choices there are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from picture_files import RGB, opened

from imgcuda import images
from imgcuda.errors import ImageError


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
        ("a.jpg", np.zeros((2, 3), np.uint16), "JPEG cannot hold 3 x 2 grey, uint16; write one of .png .tif .ppm"),
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

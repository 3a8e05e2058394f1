"""`imgcuda.read` and `imgcuda.write`: a file with its metadata, and arrays of any library."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest

import imgcuda
from imgcuda import ImageError, ParameterError

Make = Callable[..., npt.NDArray[Any]]


def test_a_file_is_read_filtered_and_written_with_its_metadata(tmp_path: Path, random_image: Make) -> None:
    PIL.Image.fromarray(random_image((9, 8, 3))).save(tmp_path / "in.png", dpi=(300, 300))
    image = imgcuda.read(tmp_path / "in.png")
    inverted = imgcuda.apply(image.pixels, "invert", device="cpu")
    imgcuda.write(tmp_path / "out.png", image.filtered([inverted]))
    again = imgcuda.read(tmp_path / "out.png")
    np.testing.assert_array_equal(again.pixels, 255 - image.pixels)
    assert again.dpi == image.dpi


@pytest.mark.parametrize("kind", ["numpy", "a view", "torch", "Pillow"])
def test_an_array_of_any_library_is_written(kind: str, tmp_path: Path, random_image: Make) -> None:
    image = random_image((9, 8, 3))
    given: Any = image
    if kind == "torch":
        given = pytest.importorskip("torch").from_numpy(image)
    elif kind == "Pillow":
        given = PIL.Image.fromarray(image)
    elif kind == "a view":
        given = np.repeat(image, 2, axis=1)[:, ::2]
    imgcuda.write(tmp_path / "out.png", given)
    np.testing.assert_array_equal(imgcuda.read(tmp_path / "out.png").pixels, image)


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_samples_that_no_format_holds_are_refused_with_the_remedy(dtype: str, tmp_path: Path) -> None:
    array = np.zeros((9, 8), dtype)
    with pytest.raises(ImageError, match=rf"no format holds {dtype} samples; convert with array\.astype\('float32'\)"):
        imgcuda.write(tmp_path / "out.tif", array)
    imgcuda.write(tmp_path / "out.tif", array.astype("float32"))


def test_bytes_in_another_order_are_written(tmp_path: Path, random_image: Make) -> None:
    image = random_image((9, 8), np.uint16)
    imgcuda.write(tmp_path / "out.png", image.astype(">u2"))
    np.testing.assert_array_equal(imgcuda.read(tmp_path / "out.png").pixels, image)


def test_a_stream_needs_a_format(random_image: Make) -> None:
    stream, image = BytesIO(), random_image((9, 8))
    with pytest.raises(ParameterError, match="a stream has no extension"):
        imgcuda.write(stream, image)
    imgcuda.write(stream, image, format="png")
    stream.seek(0)
    np.testing.assert_array_equal(imgcuda.read(stream).pixels, image)


def test_what_is_lost_is_told_or_refused(tmp_path: Path, random_image: Make) -> None:
    image = random_image((9, 8, 4))
    assert imgcuda.write(tmp_path / "out.jpg", image).losses
    with pytest.raises(ImageError):
        imgcuda.write(tmp_path / "other.jpg", image, complete=True)
    assert not (tmp_path / "other.jpg").exists()


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"got shape \(2, 3, 5\)"):
        imgcuda.write(tmp_path / "out.png", np.zeros((2, 3, 5), np.uint8))

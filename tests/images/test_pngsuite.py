"""PngSuite, by Willem van Schaik: a PNG of every kind, and broken ones. Its license is in the archive."""

from __future__ import annotations

import io
import re
from pathlib import Path
from zipfile import ZipFile

import cv2
import numpy as np
import pytest

from imgcuda import images
from imgcuda.errors import ImageError
from support.picture_files import Pixels

SUITE = ZipFile(Path(__file__).parent / "pngsuite.zip")
NAMES = [name for name in SUITE.namelist() if re.fullmatch(r"\w{8}\.png", name)]
BROKEN = [name for name in NAMES if name.startswith("x")]

GRAY_WITH_A_CLEAR_LEVEL = ("tbbn0g04.png", "tbwn0g16.png")
"""Where OpenCV leaves out the transparency."""


def by_opencv(name: str, channels: int) -> Pixels:
    """Return what OpenCV reads, at full depth, in so many channels: it has no gray with alpha."""
    read = cv2.imdecode(np.frombuffer(SUITE.read(name), np.uint8), cv2.IMREAD_UNCHANGED)
    assert read is not None
    order = {1: [0], 2: [0, 3], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    return read if read.ndim == 2 else read[:, :, order]


def test_the_suite_is_whole() -> None:
    assert len(NAMES) == 175 and len(BROKEN) == 14


@pytest.mark.parametrize("name", sorted({*NAMES} - {*BROKEN}))
def test_every_kind_of_png_is_read_as_opencv_does_and_written_whole(name: str) -> None:
    image = images.read(io.BytesIO(SUITE.read(name)))
    pixels = image.pixels
    assert image.losses == ()
    if name in GRAY_WITH_A_CLEAR_LEVEL:
        assert set(np.unique(pixels[:, :, 1])) == {0, np.iinfo(pixels.dtype).max}
        pixels = pixels[:, :, 0]
    expected = by_opencv(name, pixels.shape[2] if pixels.ndim == 3 else 1)
    assert pixels.dtype == expected.dtype and np.array_equal(pixels, expected)
    written = io.BytesIO()
    images.write(written, image, format=images.by_name("png"))
    assert np.array_equal(images.read(io.BytesIO(written.getvalue())).pixels, image.pixels)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_png_is_refused(name: str) -> None:
    with pytest.raises(ImageError, match=r"^standard input cannot be read: \w"):
        images.read(io.BytesIO(SUITE.read(name)))

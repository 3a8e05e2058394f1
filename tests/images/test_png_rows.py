"""PNG's rows: every filter and compressor gives the pixels back, and each picture gets the filter that suits it."""

from __future__ import annotations

import io
import sys
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image
import PIL.ImageFilter
import pytest

from imgcuda import images

Picture = npt.NDArray[Any]

ASTRONAUT = Path(__file__).parents[2] / "sample_images" / "astronaut.png"


def written(pixels: Picture, compress: int | None = None) -> bytes:
    buffer = io.BytesIO()
    options = images.Options(compress=compress)
    images.write(buffer, images.Image(pixels), format=images.by_name("png"), options=options)
    return buffer.getvalue()


def opencv(data: bytes) -> Picture:
    """Return the pixels as another decoder sees them."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels[:, :, [2, 1, 0, 3][: pixels.shape[2]]] if pixels.ndim == 3 else pixels


def noise(shape: tuple[int, ...], dtype: str) -> Picture:
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def ramp(shape: tuple[int, ...], dtype: str) -> Picture:
    """Rises along a diagonal, so that both neighbors tell much."""
    return np.add.outer(3 * np.arange(shape[0]), 5 * np.arange(np.prod(shape[1:]))).reshape(shape).astype(dtype)


def checks(shape: tuple[int, ...], dtype: str) -> Picture:
    return np.where(np.indices(shape).sum(axis=0) // 4 % 2, np.iinfo(dtype).max, 0).astype(dtype)


@pytest.mark.parametrize("compress", [0, 1, 2, 4, 9])
@pytest.mark.parametrize("picture", [noise, ramp, checks])
@pytest.mark.parametrize(
    ("shape", "dtype"), [((1, 1), "uint8"), ((300, 1, 3), "uint8"), ((40, 30, 4), "uint16"), ((3, 700, 3), "uint16")]
)
def test_rows_come_back(shape: tuple[int, ...], dtype: str, picture: Any, compress: int) -> None:
    pixels = picture(shape, dtype)
    assert np.array_equal(opencv(written(pixels, compress)), pixels)


def test_several_bands_fit_together() -> None:
    """A band is a MiB; of each, the first row is told from the last row of the band above."""
    pixels = np.concatenate([make((1000, 700, 3), "uint8") for make in (ramp, noise, checks)])
    assert np.array_equal(opencv(written(pixels)), pixels)


def test_without_isal_zlib_writes_the_same_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "isal", None)
    for make in (noise, ramp, checks):
        pixels = make((200, 300, 3), "uint8")
        assert np.array_equal(opencv(written(pixels)), pixels)


def test_a_smooth_photograph_is_no_drawing() -> None:
    """Most of its samples equal those above them, as in a drawing, which is compressed without a filter."""
    with PIL.Image.open(ASTRONAUT) as sample:
        large = sample.convert("RGB").resize((1536, 1536), PIL.Image.Resampling.BICUBIC)
    smooth = large.filter(PIL.ImageFilter.GaussianBlur(6))
    buffer = io.BytesIO()
    smooth.save(buffer, "PNG")
    assert len(written(np.asarray(smooth))) < 1.3 * len(buffer.getvalue())


def test_rows_that_paeth_predicts_best_come_back() -> None:
    with PIL.Image.open(ASTRONAUT) as sample:
        pixels = np.asarray(sample.convert("RGB").resize((400, 400)))
    data = written(pixels, 2)
    assert np.array_equal(opencv(data), pixels)
    start = data.index(b"IDAT") + 4
    rows = zlib.decompressobj().decompress(data[start:])
    assert rows[:: 1 + 400 * 3].count(4) > 100

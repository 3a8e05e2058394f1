"""TIFFs of every layout, held against tifffile's reading, and against what their samples mean, computed here."""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile

from imgcuda import images
from imgcuda.errors import ImageError
from support.tiff_files import DEFLATE, LZMA, LZW, NONE, OLD_DEFLATE, PACKBITS, Kind, tiff

Samples = npt.NDArray[Any]

NUMBERS = [
    *(("u", bits) for bits in (1, 2, 4, 8, 10, 12, 14, 16, 32, 64)), *(("i", bits) for bits in (8, 16, 32, 64)),
    *(("f", bits) for bits in (16, 32, 64)),
]  # fmt: skip
COLORS = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3}
WHITE_IS_ZERO, PALETTE, CMYK, YCBCR = 0, 3, 5, 6
PALETTE_16 = np.random.default_rng(3).integers(0, 256, (3, 1 << 16)) * 257
PALETTE_8 = PALETTE_16 // 257


def kinds() -> Iterator[Kind]:
    """Return every layout that there can be."""
    compressions = ((NONE, 1), (PACKBITS, 1), *product((LZW, DEFLATE, OLD_DEFLATE, LZMA), (1, 2, 3)))
    extras: list[tuple[int, ...]] = [(), (2,), (1,), (0,), (0, 2)]
    for (number, bits), photometric, extra in product(NUMBERS, COLORS, extras):
        for (compression, predictor), planes, tile in product(compressions, (False, True), (None, (16, 32))):
            if (predictor > 1 and (bits < 8 or bits in (10, 12, 14))) or (predictor == 3) > (number == "f"):
                continue  # there is none for such numbers
            if (planes and COLORS[photometric] + len(extra) == 1) or (photometric == YCBCR and bits != 8):
                continue
            if photometric == PALETTE and (number, bits > 16) != ("u", False) and compression != NONE:
                continue  # refused as the first of them is
            for order, big in product("<>", (False, True)):
                yield Kind(number, bits, photometric, extra, planes, compression, predictor, order, big, tile, 7)


def stored(kind: Kind, random: np.random.Generator) -> Samples:
    """Return samples of which premultiplied colors are no more than their alpha."""
    made = _numbers(kind, random)
    if 1 in kind.extra:
        count = COLORS[kind.photometric]
        made[:, :, :count] = np.minimum(made[:, :, :count], made[:, :, count:][:, :, [kind.extra.index(1)]])
    return made


def _numbers(kind: Kind, random: np.random.Generator) -> Samples:
    """Return levels of the kind's bits, or numbers that may be levels, every other time with some that are not."""
    shape = (19, 37, COLORS[kind.photometric] + len(kind.extra))
    if kind.number == "f":
        return random.uniform(0, 1, shape).astype(f"f{kind.bits // 8}")
    dtype = np.dtype(f"{kind.number}{max(1, (kind.bits + 7) // 8) if kind.bits not in (10, 12, 14) else 2}")
    most = (1 << kind.bits) - 1 if kind.number == "u" else (1 << (kind.bits - 1)) - 1
    least = -most if kind.number == "i" and kind.big else 0
    if kind.bits > 16 and not kind.big:
        most = 65535
        if kind.photometric == WHITE_IS_ZERO:
            return (np.iinfo(dtype).max - random.integers(0, most, shape, dtype)).astype(dtype)
    return random.integers(least, most, shape, dtype, endpoint=True)


def expected(samples: Samples, kind: Kind, raw: bool) -> Samples | str:
    """Return what is to be read, as floats with their own white, or why it is to be refused."""
    count, levels = COLORS[kind.photometric], kind.number == "u" and kind.bits <= 16
    alpha = next((count + place for place, what in enumerate(kind.extra) if what), None)
    if kind.photometric in (PALETTE, CMYK, YCBCR) and not levels:
        return "whole numbers of up to 16 bits" if kind.photometric != YCBCR else "YCbCr"
    if kind.photometric == WHITE_IS_ZERO and kind.number == "i":
        return "it is not known what is black"
    if alpha is not None and not levels and kind.number != "f":
        return "it has alpha in whole numbers of"
    if kind.number == "f" and kind.photometric in COLORS:
        unit, white, stays = samples.astype(np.float64), 1, False
    elif levels:
        stays = raw and kind.bits > 8 and count == 1 and alpha is None and kind.photometric != PALETTE
        white = 255 if kind.bits <= 8 else 65535
        unit = samples / ((1 << kind.bits) - 1)
    else:
        values = samples[:, :, :count].astype(object)
        if kind.photometric == WHITE_IS_ZERO:
            values = (1 << kind.bits) - 1 - values
        if not raw and (values.min() < 0 or values.max() > 65535):
            return "have no known black and white"
        made: Samples = values.astype(np.float64)
        return made
    color = unit[:, :, :count]
    if kind.photometric == PALETTE:
        color, white = PALETTE_8.T[samples[:, :, 0]] / 255, 255
    elif alpha is not None and kind.extra[alpha - count] == 1:
        there = unit[:, :, alpha : alpha + 1]
        color = np.divide(color, there, out=np.zeros_like(color), where=there > 0)
        color = np.minimum(color, 1) if levels else color
    if kind.photometric == WHITE_IS_ZERO:
        color = 1 - color
    if kind.photometric == CMYK:
        color, white = (1 - color[:, :, :3]) * (1 - color[:, :, 3:]), 255
    if kind.photometric == YCBCR:
        y, cb, cr = np.moveaxis(color * 255 - [0, 128, 128], 2, 0)
        color = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=2) / 255
        color = np.clip(color, 0, 1)
    if stays:
        return np.asarray(color * ((1 << kind.bits) - 1))
    whole = color if alpha is None else np.concatenate([color, unit[:, :, alpha : alpha + 1]], axis=2)
    return np.asarray(whole * white)


@lru_cache(1)
def made_of(kind: Kind) -> tuple[Samples, bytes]:
    """Return samples, and a TIFF of them, of which tifffile reads the same."""
    random = np.random.default_rng([kind.bits, kind.photometric, kind.compression, kind.predictor])
    samples = stored(kind, random)
    palette = PALETTE_8 if kind.order == "<" else PALETTE_16
    more = {320: tuple(palette[:, : 1 << kind.bits].ravel().tolist())} if kind.photometric == PALETTE else {}
    more |= {530: (1, 1)} if kind.photometric == YCBCR else {}
    file = tiff(samples, kind, more)
    others = by_tifffile(file, kind)
    assert others is None or np.array_equal(others, samples), f"{kind}: tifffile reads other samples than were written"
    return samples, file


def check(kind: Kind, raw: bool) -> str:
    """Read one TIFF, and return "right", or why it is refused as it should be."""
    samples, file = made_of(kind)
    right = expected(samples, kind, raw)
    try:
        image = images.read(io.BytesIO(file), raw=raw)
    except ImageError as error:
        words = str(error)
        assert isinstance(right, str) and right in words, (kind, words)
        assert words.startswith("standard input cannot be read: ") and "\n" not in words
        return "refused: " + right
    assert not isinstance(right, str), (kind, "read, but should be refused", right)
    made = image.pixels if image.pixels.ndim == 3 else image.pixels[:, :, None]
    assert made.shape == right.shape, (kind, made.shape, right.shape)
    off = np.abs(made.astype(np.float64) - right)
    # Rounding: to float32, or to a level; to a level twice where the colors are converted.
    allowed: Any = 1e-6 + np.abs(right) * 1e-6 if made.dtype == np.float32 else _rounding(kind)
    assert (off <= allowed).all(), (kind, raw, off.max())
    assert any("neither color nor alpha" in loss for loss in image.losses) == (0 in kind.extra), (kind, image.losses)
    return "right"


def _rounding(kind: Kind) -> float:
    return 2.0 if kind.photometric in (CMYK, YCBCR) else 0.5001


def by_tifffile(file: bytes, kind: Kind) -> Samples | None:
    """Return the samples as tifffile reads them, or None for what it cannot without further packages."""
    if kind.compression == LZW or kind.bits in (10, 12, 14) or kind.predictor == 3 or kind.photometric == YCBCR:
        return None
    with tifffile.TiffFile(io.BytesIO(file)) as opened:
        page = opened.pages[0]
        try:
            made = page.asarray()
        except (ValueError, NotImplementedError, RuntimeError):
            return None
        assert isinstance(page, tifffile.TiffPage)
        made = np.moveaxis(made, 0, -1) if kind.planes else made
        return made if made.ndim == 3 else made[:, :, None]


EVERY = list(kinds())


def some(count: int) -> list[Kind]:
    """Return layouts of all kinds, the same each time."""
    chosen = np.random.default_rng(7).permutation(len(EVERY))[:count]
    return [EVERY[number] for number in sorted(chosen)]


def count(chosen: list[Kind]) -> Counter[str]:
    return Counter(check(kind, raw) for kind in chosen for raw in (False, True))


def test_tiffs_of_many_layouts_are_read_right_or_refused() -> None:
    outcomes = count(some(150))
    assert outcomes["right"] > 150, outcomes


@pytest.mark.exhaustive
def test_tiffs_of_every_layout_are_read_right_or_refused() -> None:
    outcomes = count(some(5000))
    assert outcomes["right"] > 5000, outcomes


if __name__ == "__main__":
    print(f"{len(EVERY)} layouts")
    for outcome, times in count(some(int(sys.argv[1]))).most_common():
        print(f"{times:8} {outcome}")

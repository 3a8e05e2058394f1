"""Filters and compresses the rows of a PNG, on all cores.

A row is stored as its difference from a prediction by its neighbors ("filtered"), by one of five filters, and then
compressed. NumPy, ISA-L and zlib do both without the GIL, so bands of rows are compressed at the same time. The filter
of a band is the one that compresses a few of its rows best: no rule tells a drawing, which has repetitions and is best
not filtered, from a smooth photograph as well as the compressed sizes do.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from imgcuda.images import fast_deflate
from imgcuda.images.image import Pixels, as_planes

Bytes = npt.NDArray[np.uint8]

BAND = 1 << 20
"""The bytes that are compressed at once: enough that starting anew costs nothing, and few enough for many cores."""
SAMPLE = 1 << 15
"""The bytes of a band that are compressed with each filter, to choose one."""
GROUPS = 4
"""The number of places in the band that these bytes are from."""
DRAWING = 10
"""A band that shrinks to less than this fraction, 1 / DRAWING, is a drawing: it is searched for all repetitions."""

NONE, SUB, UP, AVERAGE, PAETH = range(5)

FAST = 1
"""The default of `compress`."""
RUNS = 3
"""Up to this level, rows with a filter each are only searched for runs."""


Filter = Callable[[Bytes, Bytes, int], Bytes]
"""A function of rows, the rows above, and the bytes of a pixel. It returns filtered rows behind the filter's number."""
Compressor = Callable[[], Any]


class _Way(NamedTuple):
    """A filter for rows, and compressors for its results."""

    filtered: Filter
    compressor: Compressor
    of_drawings: Compressor
    """The compressor for rows with many repetitions."""


def compressed(pixels: Pixels, level: int, pool: ThreadPoolExecutor) -> Iterator[bytes]:
    """Return an image's zlib stream in pieces, one for each band of rows, whose end is flushed to a whole byte."""
    planes = as_planes(pixels)
    rows = planes.astype(planes.dtype.newbyteorder(">"), copy=False).view(np.uint8).reshape(len(planes), -1)
    step = planes.shape[2] * planes.dtype.itemsize
    size = max(1, BAND // max(1, rows.shape[1]))
    starts = range(0, len(rows), size)
    ways = _ways(level)
    bands = pool.map(lambda start: _band(rows, start, size, step, ways), starts)
    checksum, header = 1, b"\x78\x01"
    for start, (filtered, data) in zip(starts, bands, strict=True):
        checksum = fast_deflate.adler32(filtered, checksum)
        last = start + size >= len(rows)
        yield (header if start == 0 else b"") + data + (struct.pack(">I", checksum) if last else b"")


def _band(rows: Bytes, start: int, size: int, step: int, ways: list[_Way]) -> tuple[memoryview, bytes]:
    """Return a band of rows, filtered and compressed."""
    band = rows[start : start + size]
    above = rows[start - 1 : start - 1 + len(band)] if start else np.concatenate([np.zeros_like(rows[:1]), band[:-1]])
    filter, compressor = _best(ways, band, above, step)
    filtered, last = filter(band, above, step).data, start + size >= len(rows)
    return filtered, _deflated(filtered, compressor, zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)


def _deflated(filtered: memoryview, compressor: Compressor, flush: int) -> bytes:
    begun = compressor()
    data: bytes = begun.compress(filtered) + begun.flush(flush)
    return data


def _best(ways: list[_Way], band: Bytes, above: Bytes, step: int) -> tuple[Filter, Compressor]:
    """Return the filter that compresses sample rows of a band best, and the compressor for a drawing or a photo."""
    some = _sampled(len(band), -(-SAMPLE // max(1, band.shape[1])))
    band, above = band[some], above[some]
    sizes = [len(_deflated(way.filtered(band, above, step).data, way.compressor, zlib.Z_FINISH)) for way in ways]
    best = ways[sizes.index(min(sizes))]
    return best.filtered, best.of_drawings if min(sizes) < band.size // DRAWING else best.compressor


def _sampled(rows: int, count: int) -> slice | npt.NDArray[np.int64]:
    """Return about `count` sample rows: runs of rows, since rows repeat each other, spread over the band."""
    run = -(-count // GROUPS)
    if rows <= GROUPS * run:
        return slice(None)
    starts = np.linspace(0, rows - run, GROUPS, dtype=np.int64)
    return (starts[:, None] + np.arange(run)).ravel()


# The filters and compressors to choose from


def _ways(level: int) -> list[_Way]:
    """Return the choices for a level of compression: quick ones for `FAST`, else two, for photographs and drawings."""
    thorough = _zlib(max(level, 6), zlib.Z_DEFAULT_STRATEGY)
    if level == FAST:
        return [_Way(filter, fast_deflate.deflater, thorough) for filter in (_none, _up, _average, _sub)]
    if level == 0:
        thorough = _zlib(0, zlib.Z_DEFAULT_STRATEGY)
    ways = [_Way(_none, thorough, thorough)]
    if level > FAST:
        of_photos = _zlib(level, zlib.Z_RLE if level <= RUNS else zlib.Z_FILTERED)
        ways.append(_Way(_each, of_photos, of_photos))
    return ways


def _zlib(level: int, strategy: int) -> Compressor:
    return lambda: zlib.compressobj(level, zlib.DEFLATED, fast_deflate.RAW, 9, strategy)


# Filters


def _begun(kind: int, band: Bytes) -> tuple[Bytes, Bytes]:
    """Return an array for filtered rows with the filter's number in front, and its part behind the number."""
    made = np.empty((len(band), 1 + band.shape[1]), np.uint8)
    made[:, 0] = kind
    return made, made[:, 1:]


def _none(band: Bytes, above: Bytes, step: int) -> Bytes:
    made, rest = _begun(NONE, band)
    rest[:] = band
    return made


def _sub(band: Bytes, above: Bytes, step: int) -> Bytes:
    made, rest = _begun(SUB, band)
    rest[:, :step] = band[:, :step]
    np.subtract(band[:, step:], band[:, :-step], out=rest[:, step:])
    return made


def _up(band: Bytes, above: Bytes, step: int) -> Bytes:
    made, rest = _begun(UP, band)
    np.subtract(band, above, out=rest)
    return made


def _average(band: Bytes, above: Bytes, step: int) -> Bytes:
    made, rest = _begun(AVERAGE, band)
    np.right_shift(above[:, :step], 1, out=rest[:, :step])
    left, up, guess = band[:, :-step], above[:, step:], rest[:, step:]
    np.bitwise_xor(left, up, out=guess)  # (a + b) / 2 without a carry: (a & b) + (a ^ b) / 2
    np.right_shift(guess, 1, out=guess)
    np.add(guess, left & up, out=guess)
    np.subtract(band, rest, out=rest)
    return made


def _paeth(band: Bytes, above: Bytes, step: int) -> Bytes:
    """Subtract Paeth's predictor: left, above or the corner, whichever is nearest left + above - corner."""
    made, rest = _begun(PAETH, band)
    left, corner = np.zeros_like(band), np.zeros_like(above)
    left[:, step:], corner[:, step:] = band[:, :-step], above[:, :-step]
    to_left, to_above = _distance(above, corner), _distance(left, corner)
    nearer = np.minimum(to_left, to_above)
    # From left + above - corner to the corner, where that is between the two; elsewhere it is never the nearest.
    to_corner = np.maximum(to_left, to_above) - nearer
    is_corner = ((left <= corner) ^ (above <= corner)) & (to_corner < nearer)
    np.subtract(band, _chosen(is_corner, corner, _chosen(to_left <= to_above, left, above)), out=rest)
    return made


def _distance(one: Bytes, other: Bytes) -> Bytes:
    found: Bytes = np.maximum(one, other) - np.minimum(one, other)
    return found


def _chosen(where: npt.NDArray[np.bool_], one: Bytes, other: Bytes) -> Bytes:
    """Return one where a condition holds, and the other elsewhere; `np.where` takes five times as long for bytes."""
    found: Bytes = other ^ ((one ^ other) & -where.view(np.int8).view(np.uint8))
    return found


def _each(band: Bytes, above: Bytes, step: int) -> Bytes:
    """Filter each row by the filter with the least sum of distances from 0, where 255 is -1."""
    found = [filtered(band, above, step) for filtered in (_sub, _up, _average, _paeth)]
    sizes = [np.minimum(rows[:, 1:], 0 - rows[:, 1:]).sum(axis=1, dtype=np.int64) for rows in found]
    best, made = np.argmin(sizes, axis=0), found[0]
    for number, rows in enumerate(found[1:], 1):
        made[best == number] = rows[best == number]
    return made

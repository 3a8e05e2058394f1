"""Read the samples of a page of a TIFF from its strips or tiles, as the numbers that the file holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imgcuda.errors import ImageError
from imgcuda.images import tiff_codecs as codecs
from imgcuda.images.image import Pixels
from imgcuda.images.tiff_layout import CMYK, FLOAT, RGB, YCBCR, TiffLayout

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

AT_ONCE = 1 << 25
"""The most bytes of segments that are decoded at once, before they are copied to their places."""


@dataclass(frozen=True)
class TiffSegment:
    """A strip or tile: the place of its bytes in the file, and of its samples in the picture."""

    offset: int
    count: int
    plane: int
    x: int
    y: int
    rows: int
    """The rows that it stores; a tile may extend below the picture."""


def read(page: TiffLayout) -> tuple[Pixels, list[str]]:
    """Return samples as (height, width, samples), in the file's own type, and a sentence for each damage."""
    said: list[str] = []
    return read_rows(page, _segments(page), 0, page.height, said), said


def read_rows(page: TiffLayout, segments: Sequence[TiffSegment], first: int, last: int, said: list[str]) -> Pixels:
    """Return the samples of rows `first` to `last`, from the strips or tiles that hold them; add damage to `said`."""
    dtype = np.dtype(f"{page.kind}{_bytes(page.bits)}")
    made = np.empty((last - first, page.width, page.samples), dtype)
    needed = [segment for segment in segments if segment.y < last and segment.y + segment.rows > first]
    for group in _groups(needed, page):
        for segment, samples in zip(group, _decoded(page, group, said), strict=True):
            top, bottom = max(first, segment.y), min(last, segment.y + segment.rows)
            across, plane = min(page.across, page.width - segment.x), segment.plane
            there = made[top - first : bottom - first, segment.x :, plane : plane + page.together]
            there[:, :across] = samples[top - segment.y : bottom - segment.y, :across]
    return made


def row_segments(page: TiffLayout, most_bytes: int) -> list[TiffSegment]:
    """Return strips or tiles as for `read_rows`; uncompressed strips are divided into parts of at most `most_bytes`."""
    segments = _segments(page)
    if page.tiled or page.compression != codecs.NONE or page.is_subsampled:
        return segments
    row = _row(page)
    step = max(1, most_bytes // row)
    return [
        replace(each, offset=each.offset + y * row, count=min(step, each.rows - y) * row, y=each.y + y,
                rows=min(step, each.rows - y))
        for each in segments for y in range(0, each.rows, step)
    ]  # fmt: skip


def _bytes(bits: int) -> int:
    return next(size for size in (1, 2, 4, 8) if bits <= 8 * size)


def _segments(page: TiffLayout) -> list[TiffSegment]:
    """Return all strips or tiles; ImageError if some are not in the file."""
    columns, rows = -(-page.width // page.across), -(-page.height // page.down)
    number = columns * rows * page.decoded_planes
    offsets, counts = (page.directory.values(tag) for tag in ((324, 325) if page.tiled else (273, 279)))
    if page.tiled and not offsets:
        offsets, counts = page.directory.values(273), page.directory.values(279)
    counts = counts or _counts(page, offsets, number)
    if min(len(offsets), len(counts)) < number:
        raise ImageError(f"it is cut short: of its {number} strips or tiles it has {min(len(offsets), len(counts))}")
    if 0 in counts[:number]:
        raise ImageError("some of its strips or tiles are left out (it is sparse); save it whole")
    if any(offset + count > page.directory.file.size for offset, count in zip(offsets, counts, strict=False)):
        raise ImageError("it is cut short")
    made = []
    for index in range(number):
        plane, (row, column) = index // (columns * rows), divmod(index % (columns * rows), columns)
        y = row * page.down
        height = page.down if page.tiled else min(page.down, page.height - y)
        made.append(TiffSegment(offsets[index], counts[index], plane, column * page.across, y, height))
    return made


def _counts(page: TiffLayout, offsets: Sequence[int], number: int) -> tuple[int, ...]:
    """Return the lengths of segments that the file does not give: uncompressed ones, or one up to the file's end."""
    if page.compression == codecs.NONE and not page.is_subsampled:
        rows = [page.down if page.tiled else min(page.down, page.height - y) for y in range(0, page.height, page.down)]
        columns = -(-page.width // page.across)
        return tuple(count * _row(page) for count in rows for _ in range(columns)) * page.decoded_planes
    return (page.directory.file.size - offsets[0],) if number == 1 and offsets else ()


def _row(page: TiffLayout) -> int:
    """Return the bytes of a segment's row."""
    return (page.across * page.together * page.bits + 7) // 8


def _groups(segments: list[TiffSegment], page: TiffLayout) -> Iterator[list[TiffSegment]]:
    """Yield groups of segments to decode together: large ones for speed, but limited for memory."""
    step = max(1, AT_ONCE // max(1, page.down * _row(page)))
    for start in range(0, len(segments), step):
        yield segments[start : start + step]


def _decoded(page: TiffLayout, group: list[TiffSegment], said: list[str]) -> Iterator[Pixels]:
    """Return the samples of each segment as (rows, across, samples)."""
    data, rows = [_stored(page, segment) for segment in group], [segment.rows for segment in group]
    if page.compression in codecs.FAX:
        options: dict[int, int] = {
            tag: page.directory.value(tag, 0) for tag in (292, 293) if tag in page.directory.entries
        }
        made, damaged = codecs.fax(page.compression, data, rows, page.across, options)
        said += ["its fax data is damaged; some of its lines are wrong"] * (damaged and not said)
        yield from (bits[:, :, None] for bits in made)
    elif page.compression not in codecs.BYTES:
        yield from (_by_content(page, segment, bytes_, said) for segment, bytes_ in zip(group, data, strict=True))
    elif page.is_subsampled:
        across, down = page.subsampling
        width, units = -(-page.across // across) * (across * down + 2), [-(-count // down) for count in rows]
        for plain in codecs.plain_bytes(page.compression, data, units, width):
            yield _shared(plain, width, page.subsampling)
    else:
        for plain, count in zip(codecs.plain_bytes(page.compression, data, rows, _row(page)), rows, strict=True):
            yield _numbers(page, plain, count)


def _stored(page: TiffLayout, segment: TiffSegment) -> bytes:
    """Return a segment's bytes, with the bits of each in the usual order."""
    data = page.directory.file.bytes_at(segment.offset, segment.count)
    turned = page.directory.value(266, 1) == 2 and page.compression in (*codecs.BYTES, *codecs.FAX)
    return data.translate(_REVERSED) if turned else data


def _by_content(page: TiffLayout, segment: TiffSegment, data: bytes, said: list[str]) -> Pixels:
    if page.compression == codecs.JPEG:
        colors = {RGB: "RGB", YCBCR: "YCbCr", CMYK: "CMYK"}.get(page.photometric, "L") if not page.planes else "L"
        made, damage = codecs.jpeg(data, page.directory.raw(347), colors)
        if not said:  # one sentence, though each strip or tile may be damaged in its own way
            said += damage
    else:
        made = codecs.by_content(page.compression, data)
    made = made if made.ndim == 3 else made[:, :, None]
    if made.shape[0] < segment.rows or made.shape[1] < page.across or made.shape[2] != page.together:
        there, wanted = (
            "{1} x {0} pixels of {2} samples".format(*made.shape),
            (page.across, segment.rows, page.together),
        )
        raise ImageError("a strip or tile has {}; it should have {} x {} of {}".format(there, *wanted))
    return made


def _shared(data: bytes, width: int, subsampling: tuple[int, int]) -> Pixels:
    """Return Y, Cb and Cr of each pixel of a picture in which `across` times `down` pixels share Cb and Cr."""
    across, down = subsampling
    units = np.frombuffer(data, np.uint8).reshape(-1, width // (across * down + 2), across * down + 2)
    blocks = units[:, :, :-2].reshape(*units.shape[:2], down, across).swapaxes(1, 2)
    bright = blocks.reshape(units.shape[0] * down, units.shape[1] * across)
    colors = units[:, :, -2:].repeat(down, axis=0).repeat(across, axis=1)
    return np.concatenate([bright[:, :, None], colors], axis=2)


def _numbers(page: TiffLayout, data: bytes, rows: int) -> Pixels:
    """Return the samples in decompressed bytes, with the predictor undone."""
    shape = (rows, page.across, page.together)
    stored = np.frombuffer(data, np.uint8, rows * _row(page)).reshape(rows, -1)
    if page.bits not in (8, 16, 32, 64):
        return _few_bits(stored, page.bits, page.across * page.together).reshape(shape)
    size = page.bits // 8
    if page.predictor == 3:
        sums = np.add.accumulate(stored.reshape(rows, -1, page.together), axis=1, dtype=np.uint8)
        ordered = np.ascontiguousarray(sums.reshape(rows, size, -1).swapaxes(1, 2))  # upper bytes are stored first
        return ordered.view(f">{FLOAT}{size}").reshape(shape)
    order = page.directory.file.order
    if page.predictor == 2:
        steps = stored.view(f"{order}u{size}").reshape(shape)
        return np.add.accumulate(steps, axis=1, dtype=f"u{size}").view(f"{page.kind}{size}")
    return stored.view(f"{order}{page.kind}{size}").reshape(shape)


def _few_bits(stored: Pixels, bits: int, count: int) -> Pixels:
    """Return samples of less than whole bytes: in either byte order, the first is in the upper bits."""
    single = np.unpackbits(stored, axis=1, count=count * bits)
    made = np.zeros((len(stored), count), np.uint8 if bits < 9 else np.uint16)
    for place in range(bits):
        made = made << 1 | single[:, place::bits]
    return made

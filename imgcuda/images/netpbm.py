"""Read the formats of Netpbm: PBM, PGM and PPM, as bytes or as decimal numbers; PAM, with alpha; PFM, in floats.

Pillow reduces 16-bit decimal numbers to 8 bits, reads no PAM, no PFM in color, and only the first of several pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from imgcuda.errors import ImageError
from imgcuda.images import mark
from imgcuda.images.image import Image, Pixels
from imgcuda.images.request import ReadRequest

WORDS, PBM = (b"P1", b"P2", b"P3"), (b"P1", b"P4")
FLOATS = (b"Pf", b"PF")
CHANNELS = {b"P1": 1, b"P2": 1, b"P3": 3, b"P4": 1, b"P5": 1, b"P6": 3, b"Pf": 1, b"PF": 3}
PAM = b"P7"
PAM_KINDS = {"BLACKANDWHITE": 1, "GRAYSCALE": 1, "BLACKANDWHITE_ALPHA": 2, "GRAYSCALE_ALPHA": 2}
PAM_KINDS |= {"RGB": 3, "RGB_ALPHA": 4}
"""What the samples of a PAM mean, and how many a pixel has."""
LONGEST = 20
"""The most digits or letters that a value in a header may have."""

_VALUE = re.compile(rb"(?:\s|#[^\n\r]*[\n\r])*([^\s#]{1,20})")
_LINE = re.compile(rb"[^\n]{0,4096}\n")
_NEXT = re.compile(rb"\s*(?=P[1-7fF][\s#])")


class NetpbmHeader(NamedTuple):
    kind: bytes
    width: int
    height: int
    channels: int
    largest: int
    """The sample that is white."""
    scale: float
    """Of floats: below 0 if the lowest byte is first."""
    comments: tuple[str, ...]
    start: int
    """Where the pixels begin."""

    @property
    def size(self) -> int:
        """How many bytes the pixels have, if they are not words."""
        if self.kind == b"P4":
            return (self.width + 7) // 8 * self.height
        size = 4 if self.kind in FLOATS else 2 if self.largest > 255 else 1
        return self.width * self.height * self.channels * size


def read(data: bytes, request: ReadRequest) -> Iterator[Image]:
    """Return the pictures in a file that are asked for."""
    headers = list(_headers(data))
    numbers = request.numbers(len(headers))
    request.check_pixels(sum(headers[number].width * headers[number].height for number in numbers))
    losses = tuple(request.losses(len(headers)))
    for number in numbers:
        header = headers[number]
        text = (("Comment", "\n".join(header.comments)),) if header.comments else ()
        yield Image(_pixels(data, header), text=text, losses=losses)


def _headers(data: bytes) -> Iterator[NetpbmHeader]:
    """Return the headers of all pictures: each but one in words may be followed by another."""
    header = _header(data, 0)
    yield header
    while header.kind not in WORDS and (found := _NEXT.match(data, header.start + header.size)):
        header = _header(data, found.end())
        yield header


def _header(data: bytes, place: int) -> NetpbmHeader:
    kind = data[place : place + 2]
    if kind == PAM:
        return _pam_header(data, place)
    values, end = [], place + 2
    for _ in range(2 if kind in PBM else 3):
        found = _VALUE.match(data, end)
        if found is None:
            raise ImageError("it is damaged or cut short: it ends within its header")
        values.append(found[1])
        end = found.end()
    width, height = (_number(value) for value in values[:2])
    largest = _number(values[2]) if len(values) > 2 and kind not in FLOATS else 1
    scale = _float(values[2]) if kind in FLOATS else 1.0
    start = end + (2 if kind in FLOATS and data[end : end + 2] == b"\r\n" else 1)
    comments = _comments(data[place + 2 : end])
    return _checked(NetpbmHeader(kind, width, height, CHANNELS[kind], largest, scale, comments, start))


def _pam_header(data: bytes, place: int) -> NetpbmHeader:
    """Return the values of a PAM's header by name; each line of it begins with a name."""
    found: dict[str, str] = {}
    comments, end = [], place + 2
    while line := _LINE.match(data, end):
        end, words = line.end(), line[0].decode("latin-1").strip()
        name, _, value = words.partition(" ")
        if name == "ENDHDR":
            break
        if words.startswith("#"):
            comments.append(words)
        elif name:
            found[name] = value.strip()
    else:
        raise ImageError("it is damaged or cut short: it ends within its header")
    width, height, channels, largest = (
        _number(found.get(name, "").encode()) for name in ("WIDTH", "HEIGHT", "DEPTH", "MAXVAL")
    )
    kind = found.get("TUPLTYPE", "")
    if kind and kind not in PAM_KINDS:
        raise ImageError(f"its samples are {kind[:LONGEST]!r}, which are not read; there may be {', '.join(PAM_KINDS)}")
    if PAM_KINDS.get(kind, channels) != channels or channels > 4:
        raise ImageError(f"it is damaged: its header says that it has {channels} channels{f' of {kind}' * bool(kind)}")
    said = _comments("\n".join(comments).encode("latin-1"))
    return _checked(NetpbmHeader(PAM, width, height, channels, largest, 1.0, said, end))


def _number(word: bytes) -> int:
    if not re.fullmatch(rb"[0-9]{1,10}", word):
        raise ImageError("it is damaged: its header has no number where one should be")
    return int(word)


def _float(word: bytes) -> float:
    """Return the scale of a PFM."""
    try:
        scale = float(word)
    except ValueError:
        scale = 0.0
    if not scale or not np.isfinite(scale):
        raise ImageError("it is damaged: its header says no scale")
    return scale


def _comments(header: bytes) -> tuple[str, ...]:
    found = (line.decode("latin-1").strip() for line in re.findall(rb"#([^\n\r]*)", header))
    return tuple(line for line in found if line and not mark.is_mark(line))


def _checked(header: NetpbmHeader) -> NetpbmHeader:
    """Return a header; ImageError if there can be no picture with it."""
    if not (header.width and header.height and header.channels and 0 < header.largest < 65536):
        size = f"{header.width} x {header.height} pixels of {header.channels} channels up to {header.largest}"
        raise ImageError(f"it is damaged: its header says that it has {size}")
    return header


def _pixels(data: bytes, header: NetpbmHeader) -> Pixels:
    shape = (header.height, header.width, header.channels)
    if header.kind in WORDS:
        samples = _words(data, header).reshape(shape)
    else:
        needed, found = header.size, data[header.start : header.start + header.size]
        if len(found) < needed:
            raise ImageError(f"it is cut short: its pixels have {len(found):,} of {needed:,} bytes")
        if header.kind in FLOATS:
            order = "<" if header.scale < 0 else ">"
            samples = np.frombuffer(found, f"{order}f4").reshape(shape)[::-1].astype(np.float32)
        elif header.kind == b"P4":
            rows = np.frombuffer(found, np.uint8).reshape(header.height, -1)
            samples = np.unpackbits(rows, axis=1)[:, : header.width, None]
        else:
            samples = np.frombuffer(found, ">u2" if header.largest > 255 else np.uint8).reshape(shape)
    if header.kind in PBM:
        samples = 1 - samples  # 1 is black
    made = samples if header.kind in FLOATS else _scaled(samples, header.largest)
    return np.ascontiguousarray(made[:, :, 0] if header.channels == 1 else made)


def _words(data: bytes, header: NetpbmHeader) -> Pixels:
    """Return samples that are written in decimal digits; those of black and white need no spaces between them."""
    body = data[header.start :]
    digits = re.match(rb"[0-9\s]*", re.sub(rb"#[^\n\r]*", b" ", body) if b"#" in body else body)
    text = digits[0] if digits else b""
    needed = header.width * header.height * header.channels
    if header.kind == b"P1":
        found: Pixels = np.frombuffer(text.translate(None, b" \t\n\v\f\r"), np.uint8)[:needed] - np.uint8(48)
    else:
        found = np.fromstring(text, np.float64, sep=" ")[:needed] if text.strip() else np.zeros(0)
    if len(found) < needed:
        raise ImageError(f"it is damaged or cut short: it has {len(found):,} of {needed:,} samples")
    return found


def _scaled(samples: Pixels, largest: int) -> Pixels:
    """Return samples of 8 or 16 bits, with the largest as white; larger ones are damage."""
    most = samples.max()
    if most > largest:
        raise ImageError(f"it is damaged: it has a sample of {most:.0f}, and says that {largest} is the most")
    white, kind = (255, np.uint8) if largest < 256 else (65535, np.uint16)
    if largest == white:
        return samples.astype(kind)
    return ((samples.astype(np.uint32) * white + largest // 2) // largest).astype(kind)

"""PBM, PGM, PPM, PAM and PFM: of every depth, in bytes and in words, one after the other."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgcuda import images
from imgcuda.errors import ImageError

RANDOM = np.random.default_rng(11)
CHANNELS = {"BLACKANDWHITE": 1, "GRAYSCALE": 1, "GRAYSCALE_ALPHA": 2, "BLACKANDWHITE_ALPHA": 2}
CHANNELS |= {"RGB": 3, "RGB_ALPHA": 4}


def read(data: bytes, **options: Any) -> images.Image:
    return images.read(io.BytesIO(data), **options)


def levels(largest: int, channels: int) -> Any:
    return RANDOM.integers(0, largest, (5, 7, channels), endpoint=True)


def scaled(samples: Any, largest: int) -> Any:
    white = 255 if largest < 256 else 65535
    return np.floor(samples * white / largest + 0.5).astype(np.uint8 if white == 255 else np.uint16).squeeze()


@pytest.mark.parametrize("largest", [1, 7, 255, 256, 1000, 65535])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("words", [False, True])
def test_any_largest_sample_is_white(largest: int, channels: int, words: bool) -> None:
    samples = levels(largest, channels)
    kind = (2 if channels == 1 else 3) + 3 * (not words)
    head = f"P{kind} 7 # seven\n5\n{largest}\n".encode()
    stored = samples.astype(">u2" if largest > 255 else "u1").tobytes()
    body = " ".join(str(sample) for sample in samples.flat).encode() if words else stored
    image = read(head + body)
    assert image.losses == () and np.array_equal(image.pixels, scaled(samples, largest))
    assert image.pixels.dtype == (np.uint8 if largest < 256 else np.uint16)


@pytest.mark.parametrize("body", [b"1 0 1\n0 0 1", b"101001", b"1 # one\n01 001"])
def test_black_and_white_in_words_needs_no_spaces(body: bytes) -> None:
    assert read(b"P1\n3 2\n" + body).pixels.tolist() == [[0, 255, 0], [255, 255, 0]]


def test_black_and_white_in_bits_begins_each_row_anew() -> None:
    assert read(b"P4 10 2\n" + bytes([0x80, 0x40, 0x01, 0x80])).pixels.tolist() == [
        [0, *[255] * 8, 0],
        [*[255] * 7, 0, 0, 255],
    ]


@pytest.mark.parametrize("kind", [*CHANNELS, ""])
@pytest.mark.parametrize("largest", [1, 255, 1000])
def test_a_pam_has_alpha_where_it_says_so(kind: str, largest: int) -> None:
    channels = CHANNELS.get(kind, 4)
    samples = levels(largest, channels)
    names = f"P7\n# made here\nHEIGHT 5\nWIDTH 7\nDEPTH {channels}\n\nMAXVAL {largest}\n"
    names += f"TUPLTYPE {kind}\n" * bool(kind) + "ENDHDR\n"
    image = read(names.encode() + samples.astype(">u2" if largest > 255 else "u1").tobytes())
    assert np.array_equal(image.pixels, scaled(samples, largest))
    assert image.text == (("Comment", "made here"),)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 3])
def test_floats_begin_at_the_bottom(order: str, channels: int) -> None:
    samples = RANDOM.uniform(-1, 2, (5, 7, channels)).astype(np.float32)
    head = f"P{'f' if channels == 1 else 'F'}\n7 5\n{'-' * (order == '<')}1.0\n".encode()
    image = read(head + samples[::-1].astype(f"{order}f4").tobytes())
    assert image.pixels.dtype == np.float32 and np.array_equal(image.pixels, samples.squeeze())


def test_one_file_may_hold_several_pictures() -> None:
    data = b"P5 2 1 255\nab" + b"P6 1 1 255\nxyz\n" + b"P2 1 1 9 9"
    image = read(data)
    assert [frame.pixels.tolist() for frame in image.frames] == [[[97, 98]], [[[120, 121, 122]]], [[255]]]
    assert read(data, frame=2).pixels.tolist() == [[[120, 121, 122]]]
    assert read(data, several=False).losses == ("it holds 3 pictures; the first is read",)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"P5 2 2 255\nabc", "it is cut short: its pixels have 3 of 4 bytes"),
        (b"P2 2 2 255\n1 2 3", "it is damaged or cut short: it has 3 of 4 samples"),
        (b"P2 2 1 9\n1 10", "it is damaged: it has a sample of 10, and says that 9 is the most"),
        (b"P5 2 2 70000\nabcd", "it is damaged: its header says that it has 2 x 2 pixels of 1 channels up to 70000"),
        (b"P5 0 2 255\nabcd", "it is damaged: its header says that it has 0 x 2 pixels"),
        (b"P5 2 x 255\nabcd", "it is damaged: its header has no number where one should be"),
        (b"P5 2 # " + b"# " * 5000, "it is damaged or cut short: it ends within its header"),
        (b"Pf 1 1 0\nabcd", "it is damaged: its header says no scale"),
        (b"P7\nWIDTH 1\nHEIGHT 1\n", "it is damaged or cut short: it ends within its header"),
        (b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE CMYK\nENDHDR\nabc",
         "its samples are 'CMYK', which are"),
        (b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\nabcde", "its header says that it has 5 channels"),
    ],
)  # fmt: skip
def test_what_is_damaged_is_one_sentence(data: bytes, said: str) -> None:
    with pytest.raises(ImageError) as raised:
        read(data)
    assert said in str(raised.value)


def test_the_size_is_looked_at_before_anything_is_decoded() -> None:
    with pytest.raises(ImageError, match="it has 3,600,000,000 pixels, more than"):
        read(b"P6 60000 60000 255\n")


def test_a_comment_is_kept_and_the_mark_of_imgcuda_is_not_one(tmp_path: Path) -> None:
    image = read(b"P5\n# by hand\n# twice\n2 1\n255\nab")
    assert image.text == (("Comment", "by hand\ntwice"),)
    assert images.write(tmp_path / "a.pgm", image, software="imgcuda 1") == ((), ())
    again = images.read(tmp_path / "a.pgm")
    assert again.text == image.text and np.array_equal(again.pixels, image.pixels)

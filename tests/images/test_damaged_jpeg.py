"""JPEGs that libjpeg finds damaged are reported or refused; intact ones have the pixels that Pillow reads."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest

from imgcuda import images
from imgcuda.errors import ImageError

NOISE = np.random.default_rng(9).integers(0, 256, (64, 64, 3), np.uint8)
GOOD: bytes = cv2.imencode(".jpg", NOISE)[1].tobytes()
HALF = len(GOOD) // 2


def encoded(mode: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(NOISE).convert(mode).resize((99, 61)).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def zeroed(data: bytes, start: int, size: int) -> bytes:
    return data[:start] + bytes(size) + data[start + size :]


DAMAGED = {
    "half of it, and the end": GOOD[:HALF] + b"\xff\xd9",
    "zeros inside": zeroed(GOOD, HALF, 40),
    "a tail of zeros": zeroed(GOOD, HALF, len(GOOD) - HALF),
    "a progressive one, zeros inside": zeroed(encoded("RGB", progressive=True), 3000, 60),
    "a gray one, half of it": encoded("L")[:1500] + b"\xff\xd9",
    "CMYK, half of it": encoded("CMYK", quality=90)[:5000] + b"\xff\xd9",
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_damage_is_said_or_refused(data: bytes) -> None:
    image = images.read(io.BytesIO(data))
    said = [loss for loss in image.losses if loss.startswith("its data are damaged (")]
    assert len(said) == 1
    with pytest.raises(ImageError, match=r"standard input cannot be read: its .*; without --strict it is read"):
        images.read(io.BytesIO(data), strict=True)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize(
    "options",
    [{}, {"subsampling": 0}, {"subsampling": 1}, {"progressive": True}, {"restart_marker_blocks": 3}, {"quality": 100}],
    ids=str,
)
def test_a_whole_one_has_pillows_pixels(mode: str, options: dict[str, Any]) -> None:
    data = encoded(mode, **options)
    image = images.read(io.BytesIO(data))
    assert not any("damaged" in loss for loss in image.losses)
    if mode != "CMYK":
        with PIL.Image.open(io.BytesIO(data)) as picture:
            assert np.array_equal(image.pixels, np.asarray(picture))


def test_what_a_jpeg_holds_beside_its_picture_is_told() -> None:
    segment = b"\xff\xe1" + (2 + 20).to_bytes(2, "big") + b"FLIR\0" + bytes(15)
    data = GOOD[:2] + segment + GOOD[2:] + bytes(9) + b"a film" + bytes(3)
    image = images.read(io.BytesIO(data))
    assert image.losses == ()
    assert image.left_out == ("its APP1 (FLIR) data are left out", "the 15 bytes after its picture are left out")
    assert images.read(io.BytesIO(GOOD + bytes(100))).left_out == ()


def test_pillows_limit_is_as_it_was(tmp_path: Path) -> None:
    before = PIL.Image.MAX_IMAGE_PIXELS
    (tmp_path / "a.jpg").write_bytes(GOOD)

    def many() -> None:
        for _ in range(20):
            images.read(tmp_path / "a.jpg", max_pixels=10**9)

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with pytest.raises(ImageError):
        images.read(tmp_path / "no.jpg", max_pixels=10**9)
    assert before == PIL.Image.MAX_IMAGE_PIXELS

"""How long each format takes to write, and how large it gets: `python benchmarks/encoding.py [result.json]`.

Three 4K pictures in RGB, uint8: a photograph with the noise of a dim room, the same without it, and a page of text.
Everybody encodes into memory, so that no disk counts.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from table import measure, parser, save

from imgcuda import images

Picture = npt.NDArray[np.uint8]
Encoder = Callable[[Picture], bytes]

SIZE = (3840, 2160)
NOISE = 6.0
"""The standard deviation, in levels."""

SAMPLE = Path(__file__).parents[1] / "sample_images" / "astronaut.png"


def pictures() -> dict[str, Picture]:
    """Return the pictures by what they show."""
    with Image.open(SAMPLE) as sample:
        smooth = np.asarray(sample.convert("RGB").resize(SIZE, Image.Resampling.BICUBIC))
    noise = np.random.default_rng(0).normal(0, NOISE, smooth.shape)
    noisy = np.clip(np.rint(smooth + noise), 0, 255).astype(np.uint8)
    return {"noisy photograph": noisy, "smooth photograph": smooth, "page of text": page()}


def page() -> Picture:
    """Return black letters on white, in lines from top to bottom."""
    sheet = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(sheet)
    words = "What is written here is not meant to be read, but to be compressed. "
    for number, top in enumerate(range(40, SIZE[1] - 40, 36)):
        draw.text((60, top), words[number % 20 :] + words * 3, fill="black", font_size=28)
    return np.asarray(sheet)


def ours(format: str, **options: Any) -> Encoder:
    """Return how imgcuda writes a format."""

    def encode(picture: Picture) -> bytes:
        buffer = io.BytesIO()
        images.write(buffer, images.Image(picture), format=images.by_name(format), options=images.Options(**options))
        return buffer.getvalue()

    return encode


def pillow(level: int) -> Encoder:
    """Return how Pillow writes PNG."""

    def encode(picture: Picture) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "PNG", compress_level=level)
        return buffer.getvalue()

    return encode


def opencv(picture: Picture) -> bytes:
    """Return how OpenCV writes PNG, at its default."""
    made: bytes = cv2.imencode(".png", picture)[1].tobytes()
    return made


ENCODERS: dict[str, Encoder] = {
    "PNG, `--compress 0`": ours("png", compress=0),
    "PNG, the default": ours("png"),
    "PNG, `--compress 2`": ours("png", compress=2),
    "PNG, `--compress 6`": ours("png", compress=6),
    "PNG, `--compress 9`": ours("png", compress=9),
    "Pillow's PNG, level 6, its default": pillow(6),
    "Pillow's PNG, level 1": pillow(1),
    "OpenCV's PNG": opencv,
    "JPEG, quality 90": ours("jpeg"),
    "JPEG, `--progressive`": ours("jpeg", progressive=True),
    "WebP, quality 90": ours("webp"),
    "WebP, `--compress 6`": ours("webp", compress=6),
    "WebP, `--lossless`": ours("webp", lossless=True),
    "AVIF, quality 80": ours("avif"),
    "AVIF, `--compress 4`": ours("avif", compress=4),
    "TIFF": ours("tiff"),
    "TIFF, `--compress 1`": ours("tiff", compress=1),
}


def main() -> None:
    """Measure, print and save."""
    asked, found = parser(__doc__).parse_args(), []
    shown: dict[str, list[str]] = {name: [] for name in ENCODERS}
    for what, picture in pictures().items():
        row = measure(what, {name: partial(encode, picture) for name, encode in ENCODERS.items()}, rounds=3)
        found.append(row)
        for name, encode in ENCODERS.items():
            shown[name].append(f"{row.times[name]:.0f} ms, {len(encode(picture)) / 1e6:.2f} MB")
    print(f"\n| | {' | '.join(row.task for row in found)} |\n|---|{'---|' * len(found)}")
    for name, cells in shown.items():
        print(f"| {name} | {' | '.join(cells)} |")
    save(asked.result, "4K, RGB, uint8", found)


if __name__ == "__main__":
    main()

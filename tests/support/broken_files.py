"""Whole files of every kind, and what becomes of them when they are cut short or changed. As a program it reads many.

PYTHONPATH=tests python -m support.broken_files 20000
"""

from __future__ import annotations

import io
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import PIL.Image
import tifffile

from imgcuda import images
from imgcuda.errors import ImageError

RANDOM = np.random.default_rng(0)
NOISE = RANDOM.integers(0, 256, (24, 20, 4), np.uint8)


def by_pillow(format: str, mode: str = "RGB", **options: Any) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(NOISE).convert(mode).save(buffer, format, **options)
    return buffer.getvalue()


def by_tifffile(pixels: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


def by_us(format: str, dtype: Any, several: bool = False, **options: Any) -> bytes:
    buffer = io.BytesIO()
    pixels = NOISE.astype(dtype) if dtype != np.float32 else NOISE.astype(np.float32) / 255
    later = (images.Image(pixels[::-1], duration=70.0),) if several else ()
    image = images.Image(pixels, duration=40.0, later=later)
    images.write(buffer, image, format=images.by_name(format), options=images.Options(**options))
    return buffer.getvalue()


MORE = [PIL.Image.fromarray(NOISE[::-1]).convert("RGB")]
EXIF = PIL.Image.Exif()
EXIF[0x0112], EXIF[0x8298] = 6, "somebody"

WHOLE = {
    "grey.png": by_pillow("PNG", "L"),
    "palette.png": by_pillow("PNG", "P"),
    "exif.png": by_pillow("PNG", exif=EXIF),
    "deep.png": by_us("png", np.uint16),
    "animated.png": by_us("png", np.uint8, several=True),
    "plain.jpg": by_pillow("JPEG", exif=EXIF),
    "progressive.jpg": by_pillow("JPEG", progressive=True),
    "cmyk.jpg": by_pillow("JPEG", "CMYK"),
    "plain.tif": by_pillow("TIFF", exif=EXIF),
    "lzw.tif": by_pillow("TIFF", compression="tiff_lzw"),
    "pages.tif": by_us("tiff", np.uint16, several=True),
    "deflate.tif": by_us("tiff", np.uint16, compress=6),
    "float.tif": by_us("tiff", np.float32),
    "deflated-float.tif": by_us("tiff", np.float32, compress=6),
    "tiles.tif": by_tifffile(NOISE[:, :, :3].astype(np.float32), photometric="rgb", tile=(16, 16)),
    "planes.tif": by_tifffile(
        np.moveaxis(NOISE, -1, 0)[:3].astype(np.uint16), photometric="rgb", planarconfig="separate"
    ),
    "fax.tif": by_pillow("TIFF", "1", compression="group4"),
    "lossy.webp": by_pillow("WEBP", "RGBA"),
    "lossless.webp": by_pillow("WEBP", lossless=True),
    "animated.webp": by_us("webp", np.uint8, several=True),
    "plain.gif": by_pillow("GIF"),
    "animated.gif": by_pillow("GIF", save_all=True, append_images=MORE, loop=0),
    "plain.bmp": by_pillow("BMP"),
    "plain.ppm": by_pillow("PPM"),
    "deep.pgm": b"P5 3 2 65535\n" + bytes(range(12)),
    "deep.ppm": b"P6 20 8 65535\n" + NOISE.tobytes()[:960],
    "plain.avif": by_pillow("AVIF"),
    "plain.tga": by_us("tga", np.uint8),
    "runs.tga": by_pillow("TGA", "P", rle=True),
    "plain.qoi": by_pillow("QOI", "RGBA"),
    "png.ico": by_pillow("ICO", "RGBA", sizes=[(16, 16), (20, 20)]),
    "bitmap.ico": by_pillow("ICO", "P", bitmap_format="bmp", sizes=[(16, 16)]),
    "plain.jp2": by_us("jp2", np.uint8),
    "deep.jp2": by_pillow("JPEG2000", "I;16"),
    "animated.avif": by_us("avif", np.uint8, several=True),
}  # fmt: skip
"""A file of each kind that is read, by a name."""


def read(data: bytes) -> images.Image | None:
    """Return what is read of a file's bytes, or None if it is refused as it should be: in one sentence."""
    try:
        return images.read(io.BytesIO(data), max_pixels=1_000_000)
    except ImageError as error:
        words = str(error)
        assert words.startswith("standard input cannot be read: ") and "\n" not in words and len(words) < 500, words
        return None


def changed(data: bytes, random: np.random.Generator) -> bytes:
    """Return a file with some of its bytes others, left out, doubled, or in the place of others."""
    made = bytearray(data)
    for _ in range(random.integers(1, 6)):
        place, size = int(random.integers(len(made))), int(random.integers(1, 9))
        kind = random.integers(5)
        if kind == 0:
            made[place : place + size] = random.bytes(size)
        elif kind == 1:
            del made[place : place + size]
        elif kind == 2:
            made[place:place] = made[place : place + size]
        elif kind == 3:
            made[place : place + 4] = random.choice([b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff", b"\0\0\0\x80"])
        else:
            made[place] ^= 1 << int(random.integers(8))
        made = made or bytearray(b"\0")
    return bytes(made)


def files(count: int) -> Iterator[tuple[str, bytes]]:
    """Return broken files, of each kind in turn: cut short, or changed."""
    random = np.random.default_rng(1)
    names = list(WHOLE)
    for number in range(count):
        name = names[number % len(names)]
        data = WHOLE[name]
        cut = number % 3 == 0
        yield name, data[: int(random.integers(len(data)))] if cut else changed(data, random)


def main(count: int) -> None:
    """Read many broken files, and say what became of them."""
    import resource

    outcomes: Counter[str] = Counter()
    slowest, before = (0.0, ""), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number, (name, data) in enumerate(files(count)):
        start = time.perf_counter()
        try:
            outcomes["read" if read(data) else "refused"] += 1
        except Exception as error:
            outcomes[f"{type(error).__name__}: {error} ({name}, number {number})"] += 1
        slowest = max(slowest, (time.perf_counter() - start, name))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for outcome, times in outcomes.most_common():
        print(f"{times:8} {outcome}")
    print(f"slowest: {slowest[0]:.2f} s, {slowest[1]}; memory: {before >> 10} MiB before, at most {most >> 10} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]))

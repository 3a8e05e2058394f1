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
from support.byte_writers import dds, layers, pcx, psd, resource, sgi

RANDOM = np.random.default_rng(0)
NOISE = RANDOM.integers(0, 256, (24, 20, 4), np.uint8)
PLANES = np.moveaxis(NOISE, -1, 0)


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
    "gray.png": by_pillow("PNG", "L"),
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
    "plain.psd": psd(PLANES, 4, section=layers(2)),
    "deep.psd": psd(PLANES.astype(np.uint16) * 257, 3, runs=True, section=layers(-2, deep=b"Lr16"),
                    resources=resource(1058, EXIF.tobytes()[6:])),
    "large.psb": psd(PLANES[:3], 9, runs=True, large=True),
    "palette.psd": psd(PLANES[:1], 2, palette=NOISE.tobytes()[:768], resources=resource(1047, b"\0\7")),
    "blocks.dds": dds(NOISE.tobytes()[:480], (20, 24), letters=b"DXT5"),
    "cube.dds": dds(NOISE.tobytes()[:768], (4, 4), number=98, misc=4, levels=3),
    "fields.dds": dds(NOISE.tobytes()[:960], (20, 24), flags=0x41, bits=16, masks=(0x7C00, 0x3E0, 0x1F, 0x8000)),
    "palette.dds": dds(NOISE.tobytes()[:1504], (20, 24), flags=0x20, bits=8),
    "color.pcx": pcx(NOISE.transpose(0, 2, 1)[:, :3], 20, 8),
    "palette.pcx": pcx(NOISE[:, None, :, 0] // 9, 20, 8, palette=NOISE.tobytes()[:768]),
    "planes.pcx": pcx(NOISE[:, :3, :].copy(), 30, 1, palette=NOISE.tobytes()[:48], runs=False),
    "plain.sgi": sgi(PLANES, runs=False),
    "deep.sgi": sgi(PLANES[:2].astype(np.uint16) * 257, runs=True),
    "bits.pbm": b"P4 20 9\n" + NOISE.tobytes()[:27],
    "words.ppm": b"P3 4 4 9\n" + b" ".join(b"%d" % (level % 10) for level in NOISE.tobytes()[:48]) + b"\n",
    "alpha.pam": b"P7\nWIDTH 20\nHEIGHT 24\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n" + NOISE.tobytes(),
    "color.pfm": b"PF 5 4 -1.0\n" + np.linspace(0, 1, 60).astype("<f4").tobytes(),
    "several.ppm": b"P6 20 8 255\n" + NOISE.tobytes()[:480] + b"P5 5 4 255\n" + bytes(20),
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

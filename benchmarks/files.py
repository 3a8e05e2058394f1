"""From file to file, and what each stage costs: `python benchmarks/files.py [result.json] [--rounds 9]`.

A blur of one 4K picture, JPEG to JPEG and PNG to PNG, by a process each: imgcuda on the CPU beside a few lines of
OpenCV, Pillow and libvips (pyvips). All write JPEG at quality 90 with 4:2:0 chroma; the levels of PNG are in the table,
and the size of each result, since a file that is twice as large is written in half the time. Pillow's blur is three
boxes, which is another picture. Then the stages within a process, everybody's decoder and encoder on the same pixels.

Who takes part takes turns. Of each the least time counts: processor time, in which other work on the machine shows
least, and the time on the clock.
"""

from __future__ import annotations

import importlib.util
import io
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cli
import cv2
import numpy as np
from PIL import Image
from table import Row, parser, save

import imgcuda
from imgcuda import images

SIGMA = 3
QUALITY = 90
NAMES = {".jpg": "JPEG", ".png": "PNG"}

OPENCV = """
import sys, cv2
made = cv2.GaussianBlur(cv2.imread(sys.argv[1]), (25, 25), 3, borderType=cv2.BORDER_REFLECT)
options = {"jpg": [cv2.IMWRITE_JPEG_QUALITY, 90], "png": [cv2.IMWRITE_PNG_COMPRESSION, int(sys.argv[3])]}
cv2.imwrite(sys.argv[2], made, options[sys.argv[2][-3:]])
"""
PILLOW = """
import sys
from PIL import Image, ImageFilter
made = Image.open(sys.argv[1]).filter(ImageFilter.GaussianBlur(3))
made.save(sys.argv[2], quality=90, compress_level=int(sys.argv[3]))
"""
VIPS = """
import sys, pyvips
made = pyvips.Image.new_from_file(sys.argv[1]).gaussblur(3, precision="float", min_ampl=0.001).cast("uchar")
options = {"jpg": {"Q": 90, "subsample_mode": "on"}, "png": {"compression": int(sys.argv[3])}}
made.write_to_file(sys.argv[2], **options[sys.argv[2][-3:]])
"""


class Cost(NamedTuple):
    """The least times of a contender in milliseconds, and the size of what it makes."""

    processor: float
    clock: float
    size: int


def measure(contenders: Mapping[str, Callable[[], int]], rounds: int) -> dict[str, Cost]:
    """Return what each call costs, which returns the size of what it made."""
    found: dict[str, list[Cost]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            before, start = _processor(), time.perf_counter()
            size = run()
            found[name].append(Cost(1000 * (_processor() - before), 1000 * (time.perf_counter() - start), size))
    return {
        name: Cost(min(each.processor for each in costs), min(each.clock for each in costs), costs[0].size)
        for name, costs in found.items()
    }


def _processor() -> float:
    """Return the seconds that all threads of this process, and the processes that it waited for, have run."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


# ---- whole processes


def processes(source: Path, folder: Path) -> dict[str, Callable[[], int]]:
    """Return the commands that blur a file."""
    png = source.suffix == ".png"
    made: dict[str, Callable[[], int]] = {}
    for level in (1, 2) if png else (1,):
        out = folder / f"imgcuda{level}{source.suffix}"
        compress = ["--compress", str(level)] if png else []
        call = ["-m", "imgcuda", "blur", str(source), str(out), "--sigma", str(SIGMA), "--device", "cpu", *compress]
        made["imgcuda" + f", level {level}" * png] = partial(_run, call, out)
        for who, text in {"OpenCV": OPENCV, "Pillow": PILLOW, "libvips": VIPS}.items():
            if who != "libvips" or importlib.util.find_spec("pyvips"):
                out = folder / f"{who}{level}{source.suffix}"
                made[who + f", level {level}" * png] = partial(
                    _run, ["-c", text, str(source), str(out), str(level)], out
                )
    return made


def _run(call: list[str], out: Path) -> int:
    subprocess.run([sys.executable, *call], check=True, capture_output=True)
    return out.stat().st_size


# ---- stages


def stages(source: Path) -> dict[str, dict[str, Callable[[], int]]]:
    """Return everybody's decoders and encoders for a file's format, and our filter."""
    data, format = source.read_bytes(), NAMES[source.suffix]
    image = images.read(source)
    blurred = imgcuda.apply(image.pixels, "blur", sigma=SIGMA, device="cpu")
    turned = np.ascontiguousarray(blurred[:, :, ::-1])
    flags = [cv2.IMWRITE_JPEG_QUALITY, QUALITY] if format == "JPEG" else [cv2.IMWRITE_PNG_COMPRESSION, 1]
    return {
        f"decode {format}": {
            "imgcuda": lambda: images.read(io.BytesIO(data)).pixels.nbytes,
            "OpenCV": lambda: _size(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)),
            "Pillow": lambda: np.asarray(Image.open(io.BytesIO(data))).nbytes,
        },
        f"blur, of {format}": {
            "imgcuda": lambda: imgcuda.apply(image.pixels, "blur", sigma=SIGMA, device="cpu").nbytes,
            "OpenCV": lambda: _size(cv2.GaussianBlur(image.pixels, (25, 25), SIGMA, borderType=cv2.BORDER_REFLECT)),
        },
        f"encode {format}": {
            "imgcuda": lambda: _ours(images.Image(blurred), format),
            "OpenCV": lambda: len(cv2.imencode(source.suffix, turned, flags)[1]),
            "Pillow": lambda: _pillow(blurred, format),
        },
    }


def _size(pixels: Any) -> int:
    return int(pixels.nbytes)


def _ours(image: images.Image, format: str) -> int:
    buffer = io.BytesIO()
    images.write(buffer, image, format=images.by_name(format))
    return buffer.tell()


def _pillow(pixels: Any, format: str) -> int:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format, quality=QUALITY, compress_level=1)
    return buffer.tell()


# ---- the report


def main() -> None:
    """Measure, print and save."""
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=9)
    asked, found = arguments.parse_args(), []
    with tempfile.TemporaryDirectory() as name:
        for suffix in NAMES:
            source = Path(name) / f"large{suffix}"
            cli.picture(3840, 2160).save(source, quality=QUALITY, compress_level=2)
            tasks = {f"{NAMES[suffix]} to {NAMES[suffix]}, a process": processes(source, Path(name)), **stages(source)}
            found += [_shown(task, measure(contenders, asked.rounds)) for task, contenders in tasks.items()]
    save(asked.result, "Files, 4K RGB, uint8, on the CPU: processor time", found)


def _shown(task: str, costs: Mapping[str, Cost]) -> Row:
    """Print a task's table; return its times."""
    print(f"\n| {task} | processor | clock | size |\n|---|---|---|---|")
    for who, cost in costs.items():
        print(f"| {who} | {cost.processor:.0f} ms | {cost.clock:.0f} ms | {cost.size / 1e6:.2f} MB |", flush=True)
    return Row(task, {who: cost.processor for who, cost in costs.items()})


if __name__ == "__main__":
    main()

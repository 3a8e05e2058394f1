"""The command end to end, start-up and files included: `python benchmarks/cli.py [result.json] [--device cpu]`.

One 4K picture as JPEG and as PNG, and twenty small ones, each by a process of its own: `imgcuda` beside ImageMagick,
libvips, and five lines of Pillow and of OpenCV. All write JPEG at quality 90, and PNG at level 2, except
imgcuda, which writes PNG at its default, 1 (`files.py` compares the sizes of the results).
Who is not installed is absent. Before it is timed, each result is held against a reference in floating point:

    blur       all compute the Gaussian (libvips is told to do so in floating point, out to 3.7 standard deviations,
               the most it takes), but Pillow: its own is three boxes, which is faster and another picture
    grayscale  all use Rec. 601, but libvips, which goes by the light's energy
    edges      Sobel's gradient length: ImageMagick and Pillow have none; libvips adds the sizes of both slopes
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import references
from PIL import Image
from table import Contender, Row, measure, parser, save, show

from imgcuda import devices

SIGMA = 3
SOURCE = Path(__file__).parents[1] / "sample_images" / "astronaut.png"

PILLOW = """
import sys
from PIL import Image, ImageFilter
how = {"blur": lambda image: image.filter(ImageFilter.GaussianBlur(3)), "grayscale": lambda image: image.convert("L")}
how[sys.argv[1]](Image.open(sys.argv[2])).save(sys.argv[3], quality=90, compress_level=2)
"""
OPENCV = f"""
import sys, cv2
sys.path.append({str(Path(__file__).parent)!r})
from references import opencv_blur, opencv_edges
how = {{"blur": lambda image: opencv_blur(image, 3), "edges": opencv_edges, "grayscale": None}}[sys.argv[1]]
image = cv2.imread(sys.argv[2])
made = how(image) if how else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
cv2.imwrite(sys.argv[3], made, [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_PNG_COMPRESSION, 2])
"""
Call = Callable[[str, str, str], list[str] | str | None]


@dataclass(frozen=True)
class Peer:
    """A program, and for which filters its result is the same as ours."""

    call: Call
    """From a filter and two paths to a command; else why there is none, or None where it is not installed."""
    same: frozenset[str] = frozenset({"blur", "edges", "grayscale"})


def peers(device: str) -> dict[str, Peer]:
    """Return the programs to compare."""
    return {
        "imgcuda": Peer(lambda *given: _imgcuda(device, *given)),
        "ImageMagick": Peer(_imagemagick),
        "libvips": Peer(_vips, frozenset({"blur"})),
        "Pillow": Peer(_pillow, frozenset({"grayscale"})),
        "OpenCV": Peer(lambda *given: _python(OPENCV, *given)),
    }


def _imgcuda(device: str, filter: str, source: str, target: str) -> list[str]:
    options = ["--sigma", str(SIGMA)] if filter == "blur" else []
    return [sys.executable, "-m", "imgcuda", filter, source, target, *options, "--device", device]


def _python(text: str, *given: str) -> list[str]:
    return [sys.executable, "-c", text, *given]


def _pillow(filter: str, source: str, target: str) -> list[str] | str:
    return "has none" if filter == "edges" else _python(PILLOW, filter, source, target)


def _imagemagick(filter: str, source: str, target: str) -> list[str] | str | None:
    program = shutil.which("magick") or shutil.which("convert")
    if filter == "edges" or not program:
        return "has none" if program else None
    how = ["-virtual-pixel", "mirror", "-blur", f"{4 * SIGMA}x{SIGMA}"]
    how = how if filter == "blur" else ["-grayscale", "Rec601Luma"]
    return [program, source, *how, "-quality", "90" if target.endswith("jpg") else "25", target]


def _vips(filter: str, source: str, target: str) -> list[str] | None:
    program = shutil.which("vips")
    if not program:
        return None
    target += "[Q=90]" if target.endswith("jpg") else "[compression=2]"
    gauss = ["gaussblur", source, target, str(SIGMA), "--min-ampl", "0.001", "--precision", "float"]
    return {
        "blur": [program, *gauss],
        "edges": [program, "sobel", source, target],
        "grayscale": [program, "colourspace", source, target, "b-w"],
    }[filter]


# ---- the pictures


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    """Return a photograph of a size, with some noise: one that was only enlarged is too easy to compress."""
    with Image.open(SOURCE) as image:
        large = np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS))
    noise = np.random.default_rng(seed).normal(0, 3, large.shape)
    return Image.fromarray(np.clip(large + noise, 0, 255).astype(np.uint8))


def check(who: str, filter: str, source: Path, target: Path) -> None:
    """Raise ValueError if a file is not what the filter should have made of another."""
    with Image.open(source) as image, Image.open(target) as made:
        given, got = np.asarray(image), np.asarray(made.convert("L" if filter == "grayscale" else "RGB"))
    wanted = references.EXACT[filter](given, *([SIGMA] if filter == "blur" else []))
    if target.suffix == ".png":
        references.check(f"{who}, {filter}", got, wanted, 2, margin=4 * SIGMA)
        return
    off, allowed = _mean_difference(got, wanted), 1.5 * _mean_difference(_as_jpeg(wanted), wanted) + 0.5
    if off > allowed:
        raise ValueError(f"{who}, {filter}: {off:.1f} levels off on average; a JPEG may be {allowed:.1f}")


def _as_jpeg(picture: references.Pixels) -> references.Pixels:
    """Return what is left of a picture in a JPEG."""
    file = BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=90)
    return np.asarray(Image.open(file))


def _mean_difference(one: references.Pixels, other: references.Pixels) -> float:
    return float(np.abs(one.astype(np.float32) - other).mean())


# ---- measuring


def contenders(filter: str, sources: list[Path], folder: Path, device: str) -> dict[str, Contender]:
    """Return the programs for a task, checked: each as a call that filters all files, one process after the other."""
    found: dict[str, Contender] = {}
    for who, peer in peers(device).items():
        targets = [folder / f"{who}-{source.name}" for source in sources]
        calls = [peer.call(filter, str(a), str(b)) for a, b in zip(sources, targets, strict=True)]
        commands = [call for call in calls if isinstance(call, list)]
        if not commands:
            found[who] = calls[0]  # type: ignore[assignment]  # why there is none
            continue
        found[who] = partial(_run_all, commands)
        _run_all(commands[:1])
        if filter in peer.same:
            check(who, filter, sources[0], targets[0])
    return found


def _run_all(commands: list[list[str]]) -> None:
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)[:300]}: {done.stderr}")


def rows(folder: Path, device: str, rounds: int) -> list[Row]:
    """Return the times of all tasks."""
    large = [folder / "large.jpg", folder / "large.png"]
    for path in large:
        picture(3840, 2160).save(path, quality=90, compress_level=2)
    small = [folder / f"small{number}.jpg" for number in range(20)]
    for number, path in enumerate(small):
        picture(1024, 768, number).save(path, quality=90)
    tasks = [(filter, [path]) for path in large for filter in ("blur", "edges", "grayscale")]
    found = []
    for filter, sources in tasks:
        label = f"{filter}, 4K {sources[0].suffix[1:].upper()}"
        found.append(measure(label, contenders(filter, sources, folder, device), rounds))
    label = f"blur, {len(small)} JPEGs of 1024x768"
    found.append(measure(label, contenders("blur", small, folder, device), max(1, rounds // 3)))
    return found


def main() -> None:
    """Measure, print and save."""
    arguments = parser(__doc__)
    arguments.add_argument("--device", default="auto")
    arguments.add_argument("--rounds", type=int, default=5)
    asked = arguments.parse_args()
    device = devices.choose(asked.device)
    with tempfile.TemporaryDirectory() as name:
        found = rows(Path(name), device.name, asked.rounds)
    title = f"The command, start-up and files included, on {device.description}"
    show(title, found, "OpenCV")
    save(asked.result, title, found)


if __name__ == "__main__":
    main()

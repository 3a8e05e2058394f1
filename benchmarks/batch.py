"""A folder of photographs: `python benchmarks/batch.py [result.json] [--count 200] [--size 4000x3000] [--device cuda]`.

The same blur over all files of a folder, read from the page cache, JPEG to JPEG (quality 90, 4:2:0) and PNG to PNG:
`imgcuda batch` on the CPU beside a script of OpenCV with a thread a core, ImageMagick and libvips, a process a file by
xargs -P, and libvips from Python (pyvips) with a process a core. With --device cuda also on a GPU: with one server
process, with a context in each worker, with --codecs gpu, and the codecs alone, without a filter, in batches by a few
threads. What is not installed is told. The photographs are mosaics of the sample pictures, at their own resolution, so
that they compress as photographs do.

Contenders take turns; of each the least time counts, and the least processor time of all its processes, which says
more where other programs run, too. Memory is that of all its processes together (PSS), looked at ten times a second.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from table import Row, parser, save

from imgcuda.cores import cores

SAMPLES = Path(__file__).parents[1] / "sample_images"
SIGMA = 2
QUALITY = 90
_SET_CHILD_SUBREAPER = 36
"""The number of prctl(2) for this in Linux."""
DISTINCT = 20
"""How many of the photographs differ; the others are copies of these."""

SMALL = """
import sys, cv2
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
cv2.setNumThreads(1)
def make(path):
    made = cv2.GaussianBlur(cv2.imread(str(path)), (17, 17), 2, borderType=cv2.BORDER_REFLECT)
    flags = [cv2.IMWRITE_PNG_COMPRESSION, 1] if path.suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, 90]
    cv2.imwrite(str(Path(sys.argv[2]) / path.name), made, flags)
with ThreadPoolExecutor(int(sys.argv[3])) as pool:
    list(pool.map(make, Path(sys.argv[1]).iterdir()))
"""
VIPS = """
import sys
from multiprocessing import Pool
from pathlib import Path
import pyvips
def make(path):
    options = {"compression": 1} if path.suffix == ".png" else {"Q": 90}
    made = pyvips.Image.new_from_file(str(path), access="sequential").gaussblur(2)
    made.write_to_file(str(Path(sys.argv[2]) / path.name), **options)
if __name__ == "__main__":
    with Pool(int(sys.argv[3])) as pool:
        pool.map(make, Path(sys.argv[1]).iterdir(), chunksize=1)
"""
CONTEXTS = """
import sys
from imgcuda.batch import local_run
if __name__ == "__main__":
    local_run.SERVED = set()
    from imgcuda.cli import main
    main()
"""
CODECS = """
import sys, threading
from pathlib import Path
from queue import SimpleQueue, Empty
from nvidia import nvimgcodec as nv
paths, queue = sorted(Path(sys.argv[1]).iterdir()), SimpleQueue()
for start in range(0, len(paths), 16):
    queue.put(paths[start : start + 16])
def work():
    hardware = [nv.Backend(nv.BackendKind.HW_GPU_ONLY)]
    decoder, encoder = nv.Decoder(max_num_cpu_threads=1, backends=hardware), nv.Encoder(max_num_cpu_threads=1)
    params = nv.EncodeParams(quality_type=nv.QualityType.QUALITY, quality_value=90,
                             chroma_subsampling=nv.ChromaSubsampling.CSS_420)
    while True:
        try:
            part = queue.get_nowait()
        except Empty:
            return
        images = decoder.decode([nv.CodeStream(path.read_bytes()) for path in part])
        for path, made in zip(part, encoder.encode(images, "jpeg", params=params)):
            (Path(sys.argv[2]) / path.name).write_bytes(bytes(made))
threads = [threading.Thread(target=work) for _ in range(int(sys.argv[3]))]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


@dataclass
class Measured:
    """The least times of a contender, and the most memory."""

    seconds: float = float("inf")
    processor: float = float("inf")
    """Seconds of all cores together, user and system."""
    memory: int = 0
    failed: str = ""


@dataclass(frozen=True)
class Contender:
    """A command that makes all files of one folder into another."""

    name: str
    command: list[str]
    variables: dict[str, str] = field(default_factory=dict)


def contenders(source: Path, target: Path, devices: list[str], scripts: Path) -> Iterator[Contender]:
    """Yield who takes part."""
    ours = ["batch", str(source), "-o", str(target), "-q", "--force", "--overwrite"]
    blur = ["-f", f"blur:sigma={SIGMA}"]
    imgcuda, png = [sys.executable, "-m", "imgcuda", *ours], source.name == "png"
    if "cpu" in devices:
        yield Contender("imgcuda, CPU", [*imgcuda, *blur, "--device", "cpu"])
        yield from _peers(source, target, scripts)
    for device in [each for each in devices if each != "cpu"]:
        yield Contender(f"imgcuda, {device}, a server", [*imgcuda, *blur, "--device", device])
        contexts = [sys.executable, str(_script(scripts, "contexts", CONTEXTS)), *ours, *blur, "--device", device]
        yield Contender(f"imgcuda, {device}, a context a worker", contexts)
        if not png and importlib.util.find_spec("nvidia.nvimgcodec"):
            yield Contender(
                f"imgcuda, {device}, --codecs gpu", [*imgcuda, *blur, "--device", device, "--codecs", "gpu"]
            )
            alone = _script(scripts, "codecs", CODECS)
            for threads in ("1", "2", "4"):
                command = [sys.executable, str(alone), str(source), str(target), threads]
                yield Contender(f"codecs alone, {threads} threads", command)


def _peers(source: Path, target: Path, scripts: Path) -> Iterator[Contender]:
    each = f"find {source} -type f -printf '%f\\0' | xargs -0 -P {cores()} -I{{}}"
    script = _script(scripts, "threads", SMALL)
    yield Contender("OpenCV, threads", [sys.executable, str(script), str(source), str(target), str(cores())])
    png = source.name == "png"
    if mogrify := shutil.which("mogrify"):
        options = f"-blur 0x{SIGMA} -quality {QUALITY} -sampling-factor 4:2:0 -define png:compression-level=1"
        command = f"{each} {mogrify} -path {target} {options} {source}/{{}}"
        yield Contender("ImageMagick, xargs", ["sh", "-c", command], {"MAGICK_THREAD_LIMIT": "1"})
    if vips := shutil.which("vips"):
        command = f"{each} {vips} gaussblur {source}/{{}} {target}/{{}}{'[compression=1]' if png else '[Q=90]'} {SIGMA}"
        yield Contender("libvips, xargs", ["sh", "-c", command], {"VIPS_CONCURRENCY": "1"})
    if importlib.util.find_spec("pyvips"):
        processes = [sys.executable, str(_script(scripts, "vips", VIPS)), str(source), str(target), str(cores())]
        yield Contender("libvips, pyvips", processes, {"VIPS_CONCURRENCY": "1"})


def absent() -> list[str]:
    """Return what could take part, and is not installed."""
    missing = [program for program in ("mogrify", "vips") if not shutil.which(program)]
    return [*missing, *["pyvips"] * (importlib.util.find_spec("pyvips") is None)]


def _script(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.py"
    path.write_text(text, "utf-8")
    return path


# ---- the photographs


def photograph(width: int, height: int, seed: int) -> npt.NDArray[np.uint8]:
    """Return a mosaic of the color samples, turned and mirrored."""
    rng = np.random.default_rng(seed)
    tiles = [tile for path in sorted(SAMPLES.glob("*.[jp][pn]g")) if (tile := cv2.imread(str(path))) is not None]
    made = np.zeros((height, width, 3), np.uint8)
    side = 300
    for top in range(0, height, side):
        for left in range(0, width, side):
            tile = tiles[rng.integers(len(tiles))]
            y, x = (int(rng.integers(max(1, size - side))) for size in tile.shape[:2])
            piece = np.rot90(tile[y : y + side, x : x + side][:: rng.choice([-1, 1])], int(rng.integers(4)))
            room = made[top : top + piece.shape[0], left : left + piece.shape[1]]
            room[:] = piece[: room.shape[0], : room.shape[1]]
    return made


def make_photographs(folder: Path, suffix: str, count: int, width: int, height: int) -> Path:
    """Write the photographs of one format; return their folder."""
    made = folder / suffix
    made.mkdir()

    def write(number: int) -> None:
        flags = [cv2.IMWRITE_PNG_COMPRESSION, 1] if suffix == "png" else [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
        cv2.imwrite(str(made / f"{number:04}.{suffix}"), photograph(width, height, number), flags)

    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(write, range(min(DISTINCT, count))))
    for number in range(DISTINCT, count):
        shutil.copyfile(made / f"{number % DISTINCT:04}.{suffix}", made / f"{number:04}.{suffix}")
    return made


# ---- measuring


def run(contender: Contender, target: Path, count: int, found: Measured) -> None:
    """Run a contender once, and note time and memory."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    begun, before = time.perf_counter(), processor_time()
    environment = {**os.environ, **contender.variables}
    with subprocess.Popen(contender.command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        watching = threading.Thread(target=_watch, args=(process, found))
        watching.start()
        _, said = process.communicate()
        seconds = time.perf_counter() - begun
        watching.join()
    found.processor = min(found.processor, processor_time() - before)
    made = sum(1 for path in target.iterdir() if not path.name.startswith("."))
    if process.returncode or made != count:
        found.failed = f"exit code {process.returncode}, {made} files: {' '.join(said[-300:].split())}"
    found.seconds = min(found.seconds, seconds)


def adopt() -> None:
    """Make this process the parent of all that contenders leave, so that its processor time is counted. Linux only."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def processor_time() -> float:
    """Return the processor time of all processes that have ended, after waiting for all."""
    with suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(process: subprocess.Popen[str], found: Measured) -> None:
    while process.poll() is None:
        found.memory = max(found.memory, sum(map(_memory, _family(process.pid))))
        time.sleep(0.1)


def _family(process: int) -> list[int]:
    """Return a process and those that it has started, directly or not."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(entry.name))
    family = [process]
    for each in family:
        family += parents.get(each, [])
    return family


def _memory(process: int) -> int:
    """Return a process's bytes of memory; what it shares counts in part."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def main() -> None:
    """Measure, print and save."""
    asked = _arguments()
    width, height = map(int, asked.size.split("x"))
    rows = []
    adopt()
    if missing := absent():
        print(f"Not installed: {', '.join(missing)}")
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        for suffix in asked.formats:
            source, target = make_photographs(Path(name), suffix, asked.count, width, height), Path(name, "out")
            every = contenders(source, target, asked.device or ["cpu"], Path(name))
            taking_part = [each for each in every if any(text in each.name for text in asked.only)]
            found = {each.name: Measured() for each in taking_part}
            for _ in range(asked.rounds):
                for each in taking_part:
                    run(each, target, asked.count, found[each.name])
            rows.append(_shown(f"{asked.count} {suffix} of {width}x{height}, {cores()} cores", asked.count, found))
            shutil.rmtree(source)
    save(asked.result, "A folder of photographs, blurred", rows)


def _arguments() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--count", type=int, default=200)
    arguments.add_argument("--size", default="4000x3000")
    arguments.add_argument("--formats", nargs="+", default=["jpg", "png"], choices=["jpg", "png"])
    arguments.add_argument("--device", action="append", help="cpu, cuda, cuda:0,1; repeat for several; by default cpu")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--only", nargs="+", default=[""], help="who takes part: parts of the names")
    arguments.add_argument("--folder", help="where to make the photographs; by default the folder for temporary files")
    return arguments.parse_args()


def _shown(task: str, count: int, found: dict[str, Measured]) -> Row:
    """Print a task's table; return its times."""
    best = min(each.seconds for each in found.values() if not each.failed)
    print(
        f"\n| {task} | files/s | time | times the best | processor ms a file | most memory |\n|---|---|---|---|---|---|"
    )
    for name, each in found.items():
        processor = f"{1000 * each.processor / count:.0f}"
        told = each.failed or f"{each.seconds / best:.2f} | {processor} | {each.memory / 2**20:,.0f} MiB"
        print(f"| {name} | {count / each.seconds:.1f} | {each.seconds:.2f} s | {told} |", flush=True)
    times = {name: None if each.failed else 1000 * each.seconds for name, each in found.items()}
    return Row(task, times, {name: each.failed for name, each in found.items() if each.failed})


if __name__ == "__main__":
    main()

"""What it costs to begin: `python benchmarks/start.py [result.json] [--device cuda]`.

The command with an empty cache of compiled kernels and with a warm one, on a small picture; and in one process the
first call of a filter and the second. Beside it an interpreter that does nothing, which is the least there is, and
five lines of OpenCV. Each round of "empty" has a cache of its own.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from table import Contender, Row, measure, parser, save, show

from imgcuda import devices

PICTURE = Path(__file__).parents[1] / "sample_images" / "chelsea.png"
STEPS = [("blur", "--sigma", "3"), ("edges",), ("grayscale",)]
OPENCV = """
import sys, cv2
picture = cv2.imread(sys.argv[1])
size = 2 * int(4 * 3 + 0.5) + 1
cv2.imwrite(sys.argv[2], cv2.GaussianBlur(picture, (size, size), 3, borderType=cv2.BORDER_REFLECT))
"""
IN_PROCESS = """
import sys, time
start = time.perf_counter()
def lap():
    global start
    now = time.perf_counter()
    print(1000 * (now - start))
    start = now
import numpy as np, imgcuda
lap()
picture = np.zeros((300, 451, 3), np.uint8)
for _ in range(3):
    imgcuda.apply(picture, sys.argv[1], device=sys.argv[2])
    lap()
"""


def run(*command: str, cache: Path) -> str:
    """Run a program, and return what it printed."""
    environment = {**os.environ, "IMGCUDA_CACHE": str(cache)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def commands(device: str, folder: Path, rounds: int) -> list[Row]:
    """Return the times of the command, from the shell's point of view."""
    python = [sys.executable, "-c"]
    imgcuda = [sys.executable, "-m", "imgcuda"]
    out, warm = str(folder / "out.png"), folder / "warm"

    def nothing() -> object:
        return run(*python, "pass", cache=warm)

    def opencv() -> object:
        return run(*python, OPENCV, str(PICTURE), out, cache=warm)

    helped: dict[str, Contender] = {
        "imgcuda": lambda: run(*imgcuda, "--help", cache=warm),
        "python": nothing,
        "OpenCV": "not measured",
    }
    found = [measure("--help", helped, rounds)]
    for step, *options in STEPS:
        call = [*imgcuda, step, str(PICTURE), out, *options, "--device", device]
        for label in ("empty cache", "warm cache"):

            def ours(call: list[str] = call, label: str = label) -> None:
                run(*call, cache=warm if label == "warm cache" else Path(tempfile.mkdtemp(dir=folder)))

            blurs = opencv if step == "blur" else "not measured"
            found.append(measure(f"{step}, {label}", {"imgcuda": ours, "python": nothing, "OpenCV": blurs}, rounds))
            with Image.open(out) as made:
                assert np.asarray(made).any(), "the result is black"
    return found


def in_process(device: str, folder: Path, rounds: int) -> list[Row]:
    """Return the times of the import and of the first calls, in a new process each."""
    found = []
    for step, *_ in STEPS:
        for label in ("empty cache", "warm cache"):
            laps = []
            for number in range(rounds + 1):
                cache = folder / "warm" if label == "warm cache" else Path(tempfile.mkdtemp(dir=folder))
                printed = run(sys.executable, "-c", IN_PROCESS, step, device, cache=cache)
                if number:
                    laps.append([float(line) for line in printed.split()])
            medians = map(statistics.median, zip(*laps, strict=True))
            names = ("import", "first call", "second call", "third call")
            found.append(Row(f"{step}, {label}", dict(zip(names, medians, strict=True))))
    return found


def main() -> None:
    """Measure, print and save."""
    arguments = parser(__doc__)
    arguments.add_argument("--device", default="auto")
    arguments.add_argument("--rounds", type=int, default=7)
    asked = arguments.parse_args()
    device = devices.choose(asked.device)
    with tempfile.TemporaryDirectory() as name:
        outside = commands(device.name, Path(name), asked.rounds)
        inside = in_process(device.name, Path(name), asked.rounds)
    show(f"The command on {device.description}, 451x300", outside, "python")
    show(f"In a process, on {device.description}, 451x300", inside, "third call")
    save(asked.result, device.description, outside + inside)


if __name__ == "__main__":
    main()

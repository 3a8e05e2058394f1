"""What a command costs beside its work: `python benchmarks/startup.py [result.json] [--rounds 15]`.

`imgcuda --help`, `list` and `info` beside `import numpy, typer`, and a small JPEG blurred beside a script of five lines
of Pillow; each with the built-in filters, and with 120 more in twelve plugins. The cache is warm. "The least" is Python
that imports NumPy and what reads and writes a JPEG, and does nothing: no command that filters arrays takes less.

All contenders take turns, and the best of all rounds counts: what else runs on a machine only ever adds. The first
table has the time on a clock; the second the CPU's time of all threads, which others on the machine disturb less.

`--profile` tells instead of what parts the run of the small JPEG is made.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import warm_run
from PIL import Image
from table import Row, parser, save, show

import imgcuda

SAMPLE = Path(__file__).parents[1] / "sample_images" / "chelsea.png"
PLUGINS, FILTERS = 12, 10
"""So many plugins are added, with so many filters each."""

PILLOW = """
import sys
from PIL import Image, ImageFilter
with Image.open(sys.argv[1]) as picture:
    picture.filter(ImageFilter.GaussianBlur(2)).save(sys.argv[2], quality=90)
"""
PLUGIN = """
from imgcuda import PointFilter, hookimpl, param
{classes}
@hookimpl
def imgcuda_filters():
    return [{names}]
"""
CLASS = """
class {name}(PointFilter):
    '''Be one of many.'''
    strength: float = param(default=1.0, ge=0, le=1, help="how much")
    level: int = param(default=3, ge=0, le=9, help="which")
"""
Times = dict[str, tuple[float, float]]
"""For each contender, seconds on a clock and of the CPU."""


def install(folder: Path) -> None:
    """Install a distribution with many filters: a folder on the search path."""
    info = folder / "imgcuda_many-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: imgcuda-many\nVersion: 1.0\n")
    modules = [f"many_{number}" for number in range(PLUGINS)]
    (info / "entry_points.txt").write_text("[imgcuda]\n" + "".join(f"{each} = {each}\n" for each in modules))
    for number, module in enumerate(modules):
        names = [f"Many{number}x{each}" for each in range(FILTERS)]
        text = PLUGIN.format(classes="".join(CLASS.format(name=name) for name in names), names=", ".join(names))
        (folder / f"{module}.py").write_text(text)


def measured(commands: Mapping[str, tuple[list[str], dict[str, str]]], rounds: int) -> Times:
    """Return the best times of some commands, each with its variables, after two rounds that are not counted."""
    best: Times = {}
    for number in range(rounds + 2):
        for name, (command, variables) in commands.items():
            found = _run(command, variables)
            if number > 1:
                before = best.get(name, found)
                best[name] = min(before[0], found[0]), min(before[1], found[1])
    return best


def _run(command: list[str], variables: dict[str, str]) -> tuple[float, float]:
    """Run a program; return its seconds on a clock, and those of the CPU in all its threads."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.perf_counter() - start, used.ru_utime + used.ru_stime


def small_jpeg(folder: Path) -> Path:
    """Make the picture that is blurred."""
    jpeg = folder / "small.jpg"
    with Image.open(SAMPLE) as picture:
        picture.convert("RGB").save(jpeg)
    return jpeg


def variables(folder: Path) -> dict[str, str]:
    """Return the variables of all contenders: a cache of their own, and Python's cache of compiled modules."""
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return plain | {"IMGCUDA_CACHE": str(folder / "cache"), "IMGCUDA_DEVICE": "cpu"}


def measure(folder: Path, rounds: int) -> tuple[list[Row], list[Row]]:
    """Return the rows of the lists, and that of the picture: each on a clock, then of the CPU."""
    jpeg, out = small_jpeg(folder), str(folder / "out.jpg")
    install(folder / "many")
    plain = variables(folder)
    own = len(imgcuda.load().filters)
    sites = {
        f"{own} filters": plain,
        f"{own + PLUGINS * FILTERS} filters": {**plain, "PYTHONPATH": str(folder / "many")},
    }
    least = "import numpy, PIL.Image, PIL.JpegImagePlugin, simplejpeg"
    lists: list[Row] = []
    pictures: list[Row] = []
    for arguments in (["--help"], ["list"], ["info", "blur"], ["blur", "--help"], ["blur", str(jpeg), out]):
        ours = {name: ([sys.executable, "-P", "-m", "imgcuda", *arguments], each) for name, each in sites.items()}
        if out in arguments:
            scripts = {"Pillow": [PILLOW, str(jpeg), f"{out}.pillow.jpg"], "the least": [least]}
        else:
            scripts = {"numpy, typer": ["import numpy, typer"], "python": ["pass"]}
        others = {name: ([sys.executable, "-P", "-c", *script], plain) for name, script in scripts.items()}
        best = measured({**ours, **others}, rounds)
        rows = pictures if out in arguments else lists
        words = "blur a small JPEG" if out in arguments else " ".join(arguments)
        for at, what in enumerate(("clock", "CPU")):
            rows.append(Row(f"{words}, {what}", {name: 1000 * each[at] for name, each in best.items()}))
    return lists, pictures


def main() -> None:
    """Measure, print and save."""
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--profile", action="store_true", help="tell the parts of the run of the small JPEG")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if asked.profile:
            call = ["blur", str(small_jpeg(Path(name))), str(Path(name, "out.jpg"))]
            warm_run.show(warm_run.profile(call, variables(Path(name)), asked.rounds))
            return
        lists, pictures = measure(Path(name), asked.rounds)
    show("Lists and help", lists, "numpy, typer")
    show("A picture of 451x300", pictures, "Pillow")
    save(asked.result, "start-up", lists + pictures)


if __name__ == "__main__":
    main()

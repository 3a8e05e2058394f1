"""What a warm run of the command is made of, part by part, for `python benchmarks/startup.py --profile`.

Python tells how long each import took, without those within it (`-X importtime`). Of each module the least time of all
rounds counts, and so does the least time of everything else: what else runs on a machine only ever adds.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

OWNERS = {
    "numpy": "NumPy", "PIL": "Pillow, simplejpeg", "simplejpeg": "Pillow, simplejpeg", "typer": "Typer",
    "annotated_doc": "Typer", "shellingham": "Typer", "imgcuda": "imgcuda", "imgcuda_plugins": "the plugin",
    "pluggy": "pluggy", "platformdirs": "platformdirs", "llvmlite": "llvmlite",
}  # fmt: skip
STANDARD = "the standard library"

AGAIN = """
import sys, time
from imgcuda.cli import run
assert run(sys.argv[1:]) == 0
start = time.process_time()
assert run(sys.argv[1:]) == 0
print(time.process_time() - start)
"""
_LINE = re.compile(r"import time:\s*(\d+) \|\s*\d+ \|\s*(\S+)")


class Part(NamedTuple):
    """A part of the run: how many modules it imports, and how many milliseconds it takes."""

    name: str
    modules: int
    milliseconds: float


def profile(arguments: Sequence[str], variables: Mapping[str, str], rounds: int) -> list[Part]:
    """Return the parts of a command's run, of which the first is the whole."""
    command = [sys.executable, "-P", "-m", "imgcuda", *arguments]
    cpu(command, variables)  # compiles the kernel
    whole, start, again = [], [], []
    imports: dict[str, int] = {}
    for _ in range(rounds):
        whole.append(cpu(command, variables))
        start.append(cpu([sys.executable, "-P", "-c", "pass"], variables))
        again.append(1000 * float(_run([sys.executable, "-P", "-c", AGAIN, *arguments], variables).stdout))
        for name, took in _imports([sys.executable, "-X", "importtime", *command[1:]], variables).items():
            imports[name] = min(took, imports.get(name, took))
    of_imports = _by_owner(imports)
    known = [
        Part("Python itself, up to the first line", 0, min(start)),
        *of_imports,
        Part("the same command again in that process", 0, min(again)),
    ]
    rest = min(whole) - sum(part.milliseconds for part in known)
    modules = sum(part.modules for part in of_imports)
    return [Part("whole", modules, min(whole)), *known, Part("all else: first uses, and the end", 0, rest)]


def cpu(command: Sequence[str], variables: Mapping[str, str]) -> float:
    """Run a program; return the milliseconds of the CPU in all its threads."""
    process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return 1000 * (used.ru_utime + used.ru_stime)


def _run(command: Sequence[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=True)


def _imports(command: Sequence[str], variables: Mapping[str, str]) -> dict[str, int]:
    """Return the microseconds that each module took to be imported."""
    return {found[2]: int(found[1]) for found in _LINE.finditer(_run(command, variables).stderr)}


def _by_owner(imports: Mapping[str, int]) -> list[Part]:
    """Return the imports by whose modules they are, the longest first."""
    modules, took = Counter[str](), Counter[str]()
    for name, microseconds in imports.items():
        owner = OWNERS.get(name.partition(".")[0], STANDARD)
        modules[owner] += 1
        took[owner] += microseconds
    return [Part(f"imports: {owner}", modules[owner], time / 1000) for owner, time in took.most_common()]


def show(parts: Sequence[Part]) -> None:
    """Print the parts as a table."""
    print("\n| part of the run | modules | CPU |\n|---|---|---|")
    for part in parts:
        print(f"| {part.name} | {part.modules or ''} | {part.milliseconds:.1f} ms |")

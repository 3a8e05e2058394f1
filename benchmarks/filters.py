"""Every filter beside its peers: `python benchmarks/filters.py [result.json] [--device cuda:0] [--only blur]`.

On the CPU: 4K pictures (3840x2160), RGB, uint8, from array to array, on all cores, beside OpenCV, Pillow, scikit-image
and NumPy; with --least, one thread each, and the least processor time of many calls in place of the median, for a
machine on which others work, too. On a GPU: 8K (7680x4320), data that is there already, kernels alone, beside CuPy,
torchvision, kornia and a copy of the same bytes, which is the limit. What each filter is held against is in
`benchmarks/tasks`; each result is checked before it is timed, and who gives another one says so.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import gpu_work
import numpy as np
import numpy.typing as npt
import references
from gpu import copy_time
from gpu_peers import Recorder, returning
from PIL import Image
from processors import add_processor, compiling_for
from table import Contender, Row, least, measure, parser, save, show
from task import Picture, Task

import imgcuda
from imgcuda import Filter, devices, load
from imgcuda.engine.protocol import Device
from imgcuda.execution.executor import run_chain

HOST = ("OpenCV", "Pillow", "scikit-image", "NumPy")
ON_GPU = ("CuPy", "torchvision", "kornia")
Runs = Callable[[Picture], Any]
Timing = Callable[[str, Mapping[str, Contender], int], Row]
Wanted = tuple[Picture, npt.NDArray[Any], int]
"""A picture, what is to be made of it, and how many levels more than its task allows a result may be off."""

ROUNDS = 5
SMALL = (240, 480)
"""Rows and columns of a part on which results are held against references."""


def tasks(only: str) -> list[Task]:
    """Return the tasks of all filters, or of one."""
    names = sorted(path.stem for path in (Path(__file__).parent / "tasks").glob("*.py"))
    found = [task for name in names for task in importlib.import_module(f"tasks.{name}").TASKS]
    return [task for task in found if only in ("", task.name)]


def filters(task: Task) -> list[Filter]:
    """Return the filters of a task."""
    return [load().create(name, task.parameters) for name in task.name.split(" + ")]


def label(task: Task) -> str:
    given = ", ".join(f"{name} {_short(value)}" for name, value in task.parameters.items())
    return f"{task.name} ({given})" if given else task.name


def _short(value: Any) -> str:
    """Return a value in a word: of a matrix, a table or a picture its size."""
    shape = np.shape(getattr(value, "array", value))
    return " x ".join(map(str, shape)) or str(value)


def checked(who: str, run: Runs, task: Task, wanted: Sequence[Wanted]) -> Callable[[], object] | str:
    """Return a contender to be timed on the last of the pictures, if its results are as wanted; else why not."""
    tolerance, margin = int(task.loose.get(who, task.tolerance)), 0 if who == "imgcuda" else task.margin
    try:
        for picture, result, more in wanted:
            references.check(who, np.squeeze(np.asarray(run(picture))), result, tolerance + more, margin)
    except Exception as error:  # whatever one meets, the others are measured
        print(f"{label(task)}: {who}: {error}", file=sys.stderr)
        return "absent" if isinstance(error, ImportError) else "differs" if isinstance(error, ValueError) else "failed"
    return partial(run, wanted[-1][0])


def ours(task: Task) -> Runs:
    """Return what runs the task's filters on this machine's cores."""
    return partial(imgcuda.Pipeline(filters(task)), device="cpu")


def part_of(picture: Picture) -> Picture:
    """Return a part on which references take no time."""
    return np.ascontiguousarray(picture[: SMALL[0], : SMALL[1]])


def on_host(task: Task, picture: Picture, timed: Timing) -> Row:
    """Return the times on this machine's cores, as `timed` takes them.

    Each result is held against the reference on a part of the picture, and on the whole against what the filter makes.
    """
    part, mine = part_of(picture), ours(task)
    exact = np.squeeze(task.exact(part))
    print(f"{label(task)}: {off(task, np.squeeze(mine(part)), exact):.4f} levels off at most", file=sys.stderr)
    wanted = [(part, exact, 0), (picture, np.squeeze(mine(picture)), 1)]
    runs: dict[str, Runs] = {"imgcuda": mine, **task.host}
    found = {who: checked(who, run, task, wanted) for who, run in runs.items()}
    return timed(label(task), {who: found.get(who, "none") for who in ("imgcuda", *HOST)}, ROUNDS)


def one_thread() -> Timing:
    """Let imgcuda and OpenCV use one thread each, and return how their processor time is taken."""
    os.environ["IMGCUDA_THREADS"] = "1"
    cv2.setNumThreads(1)
    return least


def off(task: Task, got: npt.NDArray[Any], exact: npt.NDArray[Any]) -> float:
    """Return how far a result is from one that is not rounded: 0.5 is what rounding takes."""
    inner = (slice(task.margin, -task.margin or None),) * 2
    return float(np.abs(got[inner].astype(np.float64) - exact[inner]).max())


def on_gpu(task: Task, picture: Picture, device: Device) -> Row:
    """Return the times of what runs on the device only.

    Each result is held against the reference on a small part of the picture, where that takes no time, and on the
    whole against what the filter makes on the CPU.
    """
    part = part_of(picture)
    checked = contest(task, part, task.exact(part), 0, device)
    row = contest(task, picture, ours(task)(picture), 1, device)
    for who in ON_GPU:
        if checked.times[who] is None:
            row.times[who], row.why[who] = None, checked.why[who]
    return row


def contest(task: Task, picture: Picture, wanted: Any, more: int, device: Device) -> Row:
    """Return the times of all on a picture, whose results may be off by so many levels `more` than the task allows."""
    machine = gpu_work.Cpu() if device.name == "cpu" else gpu_work.Gpu()
    with device.session() as session:
        sources = [session.upload(picture.copy()) for _ in range(gpu_work.BUFFERS)]
        session.free(run_chain(session, filters(task), session.upload(picture.copy())))  # makes a table, if it has one
        recorders: list[Any] = [Recorder(session) for _ in sources]
        made = [run_chain(recorder, filters(task), source) for recorder, source in zip(recorders, sources, strict=True)]
        work = gpu_work.Task(task.name, dict(task.parameters), sources, made, session)
        own = gpu_work.Run(lambda n: recorders[n].repeat(), work.results, int(task.tolerance) + more)
        contenders: dict[str, Callable[[], gpu_work.Run]] = {"imgcuda": lambda: own}
        for who, peer in task.device.items():
            contenders[who] = partial(foreign, who, peer, sources, task, more)
        row = Row(label(task), {"imgcuda": None, "copy": copy_time(work, machine), **dict.fromkeys(ON_GPU)})
        row.why.update(dict.fromkeys(ON_GPU, "none"))
        for who, make in contenders.items():
            row.times[who], row.why[who] = _timed(f"{who}, {row.task}", make, work, np.squeeze(wanted), machine)
    return row


def foreign(who: str, peer: Callable[[Any], Any], sources: list[Any], task: Task, more: int) -> gpu_work.Run:
    """Return a peer's run, on the same memory as an array of its own library."""
    tolerance = int(task.loose.get(who, task.tolerance)) + more
    if who == "CuPy":
        import cupy

        arrays = [cupy.asarray(gpu_work.View(source)) for source in sources]
        return returning(lambda n: peer(arrays[n]), lambda made: np.squeeze(cupy.asnumpy(made)), tolerance, task.margin)
    import torch

    tensors = [torch.as_tensor(gpu_work.View(each), device="cuda").permute(2, 0, 1).contiguous() for each in sources]

    def to_host(made: Any) -> Any:
        return np.squeeze(made.permute(1, 2, 0).cpu().numpy())

    return returning(lambda n: peer(tensors[n]), to_host, tolerance, task.margin)


def _timed(
    who: str, make: Callable[[], gpu_work.Run], work: gpu_work.Task, wanted: Any, machine: gpu_work.Machine
) -> tuple[float | None, str]:
    """Return a contender's time; or none, and why."""
    try:
        return gpu_work.median_time(who, make(), work, wanted, machine), ""
    except ImportError:
        return None, "absent"
    except Exception as error:  # whatever one meets, the others are measured
        print(f"{who}: {type(error).__name__}: {error}"[:300], file=sys.stderr)
        return None, "differs" if isinstance(error, ValueError) else "failed"


def noise(size: tuple[int, int]) -> Picture:
    """Return a picture in which all is by chance."""
    return np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)


def enlarged(file: str, size: tuple[int, int]) -> Picture:
    """Return a picture of a file in RGB, by bicubic interpolation."""
    with Image.open(file) as opened:
        return np.asarray(opened.convert("RGB").resize(size, Image.Resampling.BICUBIC))


def main() -> None:
    """Check, measure, print and save."""
    arguments = parser(__doc__)
    arguments.add_argument("--device", default="cpu")
    arguments.add_argument("--size", default="", help="such as 3840x2160")
    arguments.add_argument("--only", default="", help="the name of one filter")
    arguments.add_argument("--least", action="store_true", help="one thread each, and the least processor time")
    add_processor(arguments)
    arguments.add_argument("--picture", help="a file, enlarged to the size; by default it is noise")
    asked = arguments.parse_args()
    device = devices.choose(asked.device)
    width, height = map(int, (asked.size or ("3840x2160" if device.name == "cpu" else "7680x4320")).split("x"))
    picture = enlarged(asked.picture, (width, height)) if asked.picture else noise((width, height))
    title = f"{width}x{height} on {device.description}, compiled for {asked.processor}; OpenCV {cv2.__version__}"
    found, timed = [], one_thread() if asked.least else measure
    title += ", one thread each, the least processor time" if asked.least else ""
    with compiling_for(asked.processor):
        for task in tasks(asked.only):
            found.append(on_host(task, picture, timed) if device.name == "cpu" else on_gpu(task, picture, device))
            print(found[-1].task, found[-1].times, file=sys.stderr, flush=True)
    show(title, found, "imgcuda")
    save(asked.result, title, found)


if __name__ == "__main__":
    main()

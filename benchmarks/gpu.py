"""The filters on a GPU, beside NPP, CV-CUDA, torchvision, CuPy and OpenCV: `python benchmarks/gpu.py [result.json]`.

8K pictures (7680x4320), RGB, uint8. First the kernels alone, on data that is there already, beside a copy of the same
bytes from device to device, which is the limit; then from a NumPy array to a NumPy array. Medians, over several buffers
in turn. Each result is held against a reference in floating point before it is timed and after; who is not installed
is absent, and who fails says so. `--device cpu --size 640x480` tries it out where there is no GPU.
"""

from __future__ import annotations

import sys
from typing import Any

import gpu_work
import numpy as np
import references
import scaling
from gpu_peers import PEERS
from table import Row, measure, parser, save, show

from imgcuda import devices
from imgcuda.engine.protocol import Device

FILTERS: list[tuple[str, dict[str, Any]]] = [
    ("grayscale", {}),
    ("edges", {}),
    *(("blur", {"sigma": sigma}) for sigma in (1.5, 3, 10, 30)),
]


def label(name: str, parameters: dict[str, Any]) -> str:
    return ", sigma ".join([name, *(f"{value:g}" for value in parameters.values())])


def kernels(picture: references.Pixels, device: Device) -> list[Row]:
    """Return the times of what runs on the device only."""
    machine = gpu_work.Cpu() if device.name == "cpu" else gpu_work.Gpu()
    found = []
    for name, parameters in FILTERS:
        channels = 1 if name == "grayscale" else 3
        with device.session() as session:
            sources = [session.upload(picture.copy()) for _ in range(gpu_work.BUFFERS)]
            targets = [session.empty((*picture.shape[:2], channels), np.uint8) for _ in sources]
            task = gpu_work.Task(name, parameters, sources, targets, session)
            found.append(contest(task, picture, machine))
    return found


def contest(task: gpu_work.Task, picture: references.Pixels, machine: gpu_work.Machine) -> Row:
    """Return the times of all contenders for a task."""
    row = Row(label(task.name, task.parameters), {"imgcuda": None, "copy": copy_time(task, machine)})
    wanted = references.EXACT[task.name](picture, **task.parameters)
    for who, make in PEERS.items():
        row.times[who] = None
        try:
            run = make(task)
            if isinstance(run, str):
                row.why[who] = run
                continue
            own = run.reference(picture) if run.reference else wanted
            row.times[who] = gpu_work.median_time(f"{who}, {row.task}", run, task, own, machine)
        except ImportError:
            continue  # absent
        except Exception as error:  # whatever one meets, the others are measured
            row.why[who] = f"failed: {type(error).__name__}: {error}"[:120]
            print(f"{who}, {row.task}, {row.why[who]}", file=sys.stderr)
    return row


def copy_time(task: gpu_work.Task, machine: gpu_work.Machine) -> float:
    """Return the time of a copy of the picture's bytes on the device."""
    copies = [task.session.empty(source.shape, source.dtype) for source in task.sources]
    run = gpu_work.Run(
        lambda n: machine.copy(copies[n], task.sources[n]), lambda n: task.session.download(copies[n]), tolerance=0
    )
    for target in copies:
        machine.fill(target, gpu_work.RUBBISH)
    wanted = task.session.download(task.sources[0])
    return gpu_work.median_time("copy", run, task, wanted, machine)


def host_to_host(picture: references.Pixels, device: Device) -> list[Row]:
    """Return the times of the Python API, copies included, beside OpenCV on all cores and CuPy."""
    return [
        measure(label(name, parameters), scaling.contenders(name, parameters, picture, device.name))
        for name, parameters in FILTERS
    ]


def main() -> None:
    """Check, measure, print and save."""
    arguments = parser(__doc__)
    arguments.add_argument("--device", default="cuda:0")
    arguments.add_argument("--size", default="7680x4320")
    asked = arguments.parse_args()
    device = devices.choose(asked.device)
    width, height = map(int, asked.size.split("x"))
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    title = f"{asked.size} on {device.description}"
    alone = kernels(picture, device)
    show(f"Kernels alone, {title}", alone, "copy")
    scaling.check(device.name)
    whole = host_to_host(picture, device)
    show(f"NumPy to NumPy, {title}", whole, "OpenCV")
    save(asked.result, title, alone + whole)


if __name__ == "__main__":
    main()

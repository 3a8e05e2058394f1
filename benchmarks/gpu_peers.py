"""Who else filters images on a GPU. Each maker takes a task and returns a `Run`, or why there is none, in a few words;
ImportError means that it is not installed.

All are given the picture on the device, in the layout that they like best, and timed without that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cupy_filters
import npp
import numpy as np
import references
from gpu_work import BUFFERS, Run, Task, View

from imgcuda.engine.protocol import DeviceArray, Launch
from imgcuda.execution.executor import run_chain
from imgcuda.registry import load


class Recorder:
    """A session of imgcuda that notes its launches, and keeps what they work on, so that they can be repeated."""

    def __init__(self, session: Any) -> None:
        self._session, self.packs, self.tables = session, session.packs, session.tables
        self.empty, self.upload, self.download = session.empty, session.upload, session.download
        self._done: list[Launch | DeviceArray] = []
        """The launches, and the arrays that were set to zero, in order."""

    def zeros(self, *wish: Any) -> DeviceArray:
        made: DeviceArray = self._session.zeros(*wish)
        self._done.append(made)
        return made

    def launch(self, launch: Launch) -> None:
        self._done.append(launch)
        self._session.launch(launch)

    def free(self, array: DeviceArray) -> None:
        """Leave it: the launches are to be repeated."""

    def redirect(self, old: DeviceArray, new: DeviceArray) -> None:
        """Let an array take another's place whenever all is repeated."""
        for number, each in enumerate(self._done):
            if isinstance(each, Launch):
                changed = [new if argument is old else argument for argument in each.arguments]
                self._done[number] = each._replace(arguments=changed)

    def repeat(self) -> None:
        """Do all that was done on the device once more."""
        for each in self._done:
            if isinstance(each, Launch):
                self._session.launch(each)
            else:
                clear(each)


def clear(array: DeviceArray) -> None:
    """Set an array to zero."""
    if isinstance(array.owner, np.ndarray):
        array.owner.fill(0)
        return
    import pycuda.driver as driver

    driver.memset_d8_async(array.pointer, 0, array.nbytes, None)


def imgcuda(task: Task) -> Run:
    """Our own launches, without the Python around them; their result goes to the task's targets."""
    recorders = []
    for source, target in zip(task.sources, task.targets, strict=True):
        recorders.append(Recorder(task.session))
        made = run_chain(recorders[-1], [load().create(task.name, task.parameters)], source)
        recorders[-1].redirect(made, target)
    return Run(lambda n: recorders[n].repeat(), task.results)


def nvidia_npp(task: Task) -> Run | str:
    """NPP: its border repeats the last pixel; its gradient is of the steepest channel only, in 16 bits."""
    sources, targets = task.sources, task.targets
    if task.name == "grayscale":
        npp.library("nppicc")
        return Run(lambda n: npp.gray(sources[n], targets[n]), task.results)
    npp.library("nppif")
    if task.name == "edges":
        lengths = [task.session.empty((*source.shape[:2], 1), np.int16) for source in sources]
        return Run(
            lambda n: npp.gradient(sources[n], lengths[n]),
            lambda n: task.session.download(lengths[n])[:, :, 0],
            margin=1,
            reference=steepest,
        )
    distance = np.arange(-task.halo, task.halo + 1)
    weights = np.exp(-0.5 * (distance / task.sigma) ** 2)
    uploaded = task.session.upload((weights / weights.sum()).astype(np.float32))
    return Run(lambda n: npp.gauss(sources[n], targets[n], uploaded), task.results, 2, task.halo)


def steepest(picture: references.Pixels) -> references.Pixels:
    """Return the gradient's length in the channel where it is greatest, not cut off at 255."""
    import cv2

    exact = picture.astype(np.float32)
    made = np.hypot(cv2.Sobel(exact, cv2.CV_32F, 1, 0), cv2.Sobel(exact, cv2.CV_32F, 0, 1))
    rounded: references.Pixels = np.rint(made.max(axis=2)).astype(np.int16)
    return rounded


def cv_cuda(task: Task) -> Run | str:
    """CV-CUDA, with results in the task's targets."""
    import cvcuda

    if task.name == "edges":
        return "has none"
    as_tensor = getattr(cvcuda, "as_tensor", None) or __import__("nvcv").as_tensor  # where older ones have it
    sources = [as_tensor(View(array, 1, *array.shape), "NHWC") for array in task.sources]
    targets = [as_tensor(View(array, 1, *array.shape), "NHWC") for array in task.targets]
    if task.name == "grayscale":
        code = cvcuda.ColorConversion.RGB2GRAY
        return Run(lambda n: cvcuda.cvtcolor_into(targets[n], sources[n], code), task.results)
    size, sigma, border = (2 * task.halo + 1,) * 2, (task.sigma,) * 2, cvcuda.Border.REFLECT
    return Run(lambda n: cvcuda.gaussian_into(targets[n], sources[n], size, sigma, border), task.results, 2, task.halo)


def torchvision(task: Task) -> Run | str:
    """torchvision, on tensors with the channels first; it convolves in two dimensions at once."""
    import torch
    from torchvision.transforms.v2 import functional

    if task.name == "edges":
        return "has none"
    if task.sigma > 10:
        return "not measured"  # seconds
    sources = [torch.as_tensor(View(array), device="cuda").permute(2, 0, 1).contiguous() for array in task.sources]
    filters: dict[str, Callable[[Any], Any]] = {
        "blur": lambda image: functional.gaussian_blur(image, [2 * task.halo + 1] * 2, [task.sigma] * 2),
        "grayscale": lambda image: functional.rgb_to_grayscale(image),
    }

    def to_host(made: Any) -> references.Pixels:
        found: references.Pixels = made.permute(1, 2, 0).cpu().numpy()
        return found[:, :, 0] if found.shape[2] == 1 else found

    return returning(lambda n: filters[task.name](sources[n]), to_host, tolerance=2, margin=task.halo)


def cupy(task: Task) -> Run | str:
    """CuPy."""
    import cupy

    if task.sigma > 10:
        return "not measured"  # seconds
    sources = [cupy.asarray(View(array)) for array in task.sources]
    filter = cupy_filters.FILTERS[task.name]
    return returning(lambda n: filter(sources[n], **task.parameters), cupy.asnumpy, tolerance=3)


def returning(call: Callable[[int], Any], to_host: Callable[[Any], Any], tolerance: int, margin: int = 0) -> Run:
    """Return a contender that allocates its results itself: the last of each buffer are kept."""
    kept: list[Any] = [None] * BUFFERS

    def keep(number: int) -> None:
        kept[number] = call(number)

    return Run(keep, lambda number: to_host(kept[number]), tolerance, margin)


PEERS: dict[str, Callable[[Task], Run | str]] = {
    "imgcuda": imgcuda,
    "NPP": nvidia_npp,
    "CV-CUDA": cv_cuda,
    "torchvision": torchvision,
    "CuPy": cupy,
}

"""Times a chain: a process for each contender, one after the other, and the results beside each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isinf
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.bench.contender_process import TimingAnswer, TimingRequest
from imgcuda.bench.contenders import OURS, Contender, Excluded
from imgcuda.errors import ImgcudaError
from imgcuda.filters import Filter
from imgcuda.pixels import white_level
from imgcuda.recipes.chain_text import write_chain

Array = npt.NDArray[Any]

TOLERANCE = 2 / 255
"""How far a result may be from imgcuda's without a remark, as a part of white: 2 levels of 8 bits."""

ROWS = 256
"""Rows that are compared at a time, which bounds the memory that it takes."""


@dataclass(frozen=True)
class ContenderTiming:
    """A contender's times in seconds, and how far its result is from the first contender's."""

    contender: Contender
    compiling: float | None
    """The first run with an empty cache of kernels; None for libraries that compile nothing."""
    cold: float
    """The first run of a process, with all kernels in the cache."""
    warm: float
    """The median of the later runs."""
    fastest: float
    difference: float
    """The largest difference of a sample, as a part of white; infinite for a result of another shape or type."""
    ratio: float | None
    """`warm` by that of the first contender; None for a result of another shape or type."""


@dataclass(frozen=True)
class Comparison:
    """The timings of a chain over an image, and the libraries that could not run it."""

    shape: tuple[int, ...]
    dtype: str
    filters: tuple[str, ...]
    timings: tuple[ContenderTiming, ...]
    excluded: tuple[Excluded, ...]


def compare(
    filters: Sequence[Filter], image: Array, competing: Iterable[Contender | Excluded], repeat: int
) -> Comparison:
    """Return the times of all contenders on an image as `imgcuda.read` returns it; `repeat` later runs of each.

    ImgcudaError if a chain cannot run on one of our devices.
    """
    timings: list[ContenderTiming] = []
    excluded: list[Excluded] = []
    with tempfile.TemporaryDirectory(prefix="imgcuda-bench-") as name:
        folder, wanted = Path(name), None
        np.save(folder / "image.npy", image)
        for contender in competing:
            if isinstance(contender, Excluded):
                excluded.append(contender)
                continue
            request = _request(contender, filters, folder)
            compiling = _run(request, 0, folder)["first"] if contender.library == OURS else None
            answer = _run(request, repeat, folder)
            if answer["why"]:
                excluded.append(Excluded(contender.library, answer["why"]))
                continue
            made = np.load(request["result"])
            wanted = made if wanted is None else wanted
            timings.append(_timing(contender, compiling, answer, largest_difference(made, wanted), timings[:1]))
    texts = tuple(write_chain([filter]) for filter in filters)
    unique = tuple(dict.fromkeys(excluded))
    return Comparison(image.shape, image.dtype.name, texts, tuple(timings), unique)


def _request(contender: Contender, filters: Sequence[Filter], folder: Path) -> TimingRequest:
    return TimingRequest(
        library=contender.library,
        device=contender.device,
        threads=contender.threads,
        chain=write_chain(filters),
        image=str(folder / "image.npy"),
        result=str(folder / "result.npy"),
        repeat=0,
    )


def _run(request: TimingRequest, repeat: int, folder: Path) -> TimingAnswer:
    """Run a contender in a new process; ImgcudaError if imgcuda itself fails, or the process ends early."""
    path = folder / "request.json"
    path.write_text(json.dumps(request | {"repeat": repeat}), "utf-8")
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "imgcuda.bench.contender_process", str(path)],
        env=_environment(request, folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    who = f"{request['library']} on {request['device'] or 'its own device'}"
    if ended.returncode:
        last = ended.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ImgcudaError(f"{who}: its process ended with {ended.returncode}: {last[:200]}")
    answer: TimingAnswer = json.loads(path.with_suffix(".answer").read_text("utf-8"))
    if answer["why"] and request["library"] == OURS:
        raise ImgcudaError(f"{who}: {answer['why']}")
    return answer


def _environment(request: TimingRequest, folder: Path) -> dict[str, str]:
    """Return the environment of a contender: imgcuda's cache is empty for the first process of each."""
    own = {"IMGCUDA_CACHE": str(folder / f"cache-{request['device'].replace(':', '-')}-{request['threads']}")}
    if request["threads"]:
        own |= {"IMGCUDA_THREADS": str(request["threads"]), "VIPS_CONCURRENCY": str(request["threads"])}
    return {**os.environ, **own}


def largest_difference(made: Array, wanted: Array) -> float:
    """Return the largest difference of two results, as a part of white; infinite for another shape or type.

    Two samples that are not numbers are equal, and one is infinitely far from a number.
    """
    if (made.shape, made.dtype) != (wanted.shape, wanted.dtype):
        return inf
    parts = range(0, len(made), ROWS)
    return max(_difference(made[at : at + ROWS], wanted[at : at + ROWS]) for at in parts) / white_level(wanted.dtype)


def _difference(made: Array, wanted: Array) -> float:
    one, other = made.astype(np.float64), wanted.astype(np.float64)
    equal = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(invalid="ignore"):  # infinities of both
        return float(np.nan_to_num(np.where(equal, 0, np.abs(one - other)), nan=inf, posinf=inf).max())


def _timing(
    contender: Contender,
    compiling: float | None,
    answer: TimingAnswer,
    difference: float,
    first: Sequence[ContenderTiming],
) -> ContenderTiming:
    warm = median(answer["later"])
    ratio = None if isinf(difference) else warm / (first[0].warm if first else warm)
    return ContenderTiming(contender, compiling, answer["first"], warm, min(answer["later"]), difference, ratio)

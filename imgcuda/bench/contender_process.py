"""The process that times one contender: `python -m imgcuda.bench.contender_process REQUEST.json`.

Each has a process of its own, so that its first run is a first run, and its threads do not slow down others.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from imgcuda.bench.contenders import OURS
from imgcuda.bench.libraries import LIBRARIES, calls_of
from imgcuda.errors import ImgcudaError
from imgcuda.filters import Filter
from imgcuda.pipeline import Pipeline

Array = npt.NDArray[Any]
Runs = tuple[Callable[[], Any], Callable[[Any], Array]]
"""A function that runs the chain, and one that returns what it made as an array."""


class TimingRequest(TypedDict):
    """What to time, and where the image and the result are."""

    library: str
    device: str
    threads: int | None
    chain: str
    image: str
    result: str
    repeat: int
    """How many runs are timed after the first; 0 for the first alone."""


class TimingAnswer(TypedDict):
    """The times in seconds, or why there are none."""

    first: float
    later: list[float]
    why: str


def main(request_path: str) -> None:
    """Read a request, time its contender, and write the answer beside it."""
    path = Path(request_path)
    request: TimingRequest = json.loads(path.read_text("utf-8"))
    path.with_suffix(".answer").write_text(json.dumps(_answer(request)), "utf-8")


def _answer(request: TimingRequest) -> TimingAnswer:
    filters, image = Pipeline.from_text(request["chain"]).filters, np.load(request["image"])
    try:
        run, result = (_ours if request["library"] == OURS else _of_library)(request, filters, image)
        first, made = _timed(run)
        later = [_timed(run)[0] for _ in range(request["repeat"])]
        np.save(request["result"], result(made))
    except Exception as error:  # another library's may be anything
        said = str(error) if isinstance(error, ImgcudaError) or type(error) is LookupError else f"fails: {error!r}"
        return TimingAnswer(first=0.0, later=[], why=" ".join(said.split())[:300])
    return TimingAnswer(first=first, later=later, why="")


def _ours(request: TimingRequest, filters: Sequence[Filter], image: Array) -> Runs:
    return partial(Pipeline(filters), image, device=request["device"]), np.asarray


def _of_library(request: TimingRequest, filters: Sequence[Filter], image: Array) -> Runs:
    library = LIBRARIES[request["library"]]
    calls = calls_of(request["library"], filters)
    if library.use_threads and request["threads"]:
        library.use_threads(request["threads"])
    return partial(library.run, library.prepare(image), calls), library.result


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    started = perf_counter()
    made = run()
    return perf_counter() - started, made


if __name__ == "__main__":
    main(sys.argv[1])

"""A rehearsal of a chain: finds out which kernels it will launch, so that an engine can compile them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import takewhile
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import DeviceArray, KernelCall, Launch
from imgcuda.errors import ImgcudaError
from imgcuda.execution.executor import run_chain
from imgcuda.filters import Filter, runs_alike


class Rehearsal:
    """A session that allocates nothing and runs nothing, and collects the launches."""

    tables = None

    def __init__(self, packs: bool) -> None:
        self.packs = packs
        self.calls: dict[KernelCall, None] = {}
        """The kernels that were launched, each once, in order."""

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        return DeviceArray(0, tuple(shape), np.dtype(dtype))

    def zeros(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        return self.empty(shape, dtype)

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        return self.empty(array.shape, array.dtype)

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        raise _UnknownError("a rehearsal has no results")

    def free(self, array: DeviceArray) -> None:
        pass

    def launch(self, launch: Launch) -> None:
        self.calls[launch.call] = None


class _UnknownError(ImgcudaError):
    """Raised where a chain depends on what its kernels compute."""


def kernel_calls(
    filters: Sequence[Filter], shape: Sequence[int], dtype: np.dtype[Any], packs: bool
) -> list[KernelCall]:
    """Return the kernels that a chain will launch on an image: all, or those up to where results decide what comes.

    A filter whose `run` may do more than launch ends the list, and so does an error: the chain will raise it again.
    """
    session = Rehearsal(packs)
    with suppress(Exception):
        run_chain(session, list(takewhile(runs_alike, filters)), session.empty(shape, dtype))
    return list(session.calls)

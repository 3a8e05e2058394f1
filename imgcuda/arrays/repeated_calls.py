"""Repeats a call for another GPU array of the same size and type: it only queues the launches of the first call.

The time of a call with a small array is that of its Python code, of which this is a fraction.
"""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from imgcuda.arrays.gpu_kinds import GpuKind
from imgcuda.arrays.gpu_views import ALIGNED, GpuView
from imgcuda.engine.memory_limit import limit
from imgcuda.execution.chain_plan import ChainPlan, plan_for
from imgcuda.filters import Filter
from imgcuda.pixels import MOST_CHANNELS
from imgcuda.programs.source import PIXEL_TYPES

if TYPE_CHECKING:
    from imgcuda.cuda.bound_chain import BoundChain
    from imgcuda.cuda.queued import QueuedSession

MOST_FORMS = 256
"""The most forms of arrays that are known; then all are forgotten."""


class ArrayForm(NamedTuple):
    """What the arrays of calls must have in common for one to be repeated for another."""

    gpu: int
    layout: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def image(self) -> tuple[int, ...]:
        """The shape of an image."""
        return self.shape[1:] if self.layout == "NHWC" else self.shape


class RepeatedCall(NamedTuple):
    """A call on arrays of one form, whose results are in memory of their library."""

    chain: BoundChain
    images: int
    """The images in an array."""
    shape: tuple[int, ...]
    """The shape of the result."""

    def run(self, kind: GpuKind, value: Any, view: GpuView) -> Any:
        """Queue the work for another array in its library's stream, and return the result."""
        assert kind.address is not None
        made = kind.empty(value, self.shape)
        self.chain.queue(kind.caller(value, view), view.address, kind.address(made), self.images)
        return made


_known: dict[ArrayForm, WeakKeyDictionary[ChainPlan, RepeatedCall]] = {}


def known_call(filters: Sequence[Filter], form: ArrayForm, most: int | None) -> RepeatedCall | None:
    """Return a call that was made before; None if there was none, or memory is limited, and so must be counted."""
    calls = _known.get(form)
    return calls.get(plan_for(filters, form.image, form.dtype, most)) if calls and limit() is None else None


def keep_call(session: QueuedSession, plan: ChainPlan, form: ArrayForm, shape: tuple[int, ...]) -> None:
    """Keep a call whose result has a shape for the next array of its form, if all that it does is known by now."""
    from imgcuda.cuda.bound_chain import BoundChain

    replay = plan.replay(session) if _has_plain_memory(form) else None
    if replay is None:
        return
    if not _known:
        atexit.register(_known.clear)  # which frees the tables before their GPU's context ends
    if len(_known) >= MOST_FORMS:
        _known.clear()
    name = f"cuda:{form.gpu}: {' and '.join(filter.name for filter in plan.filters)}"
    image = form.image if len(form.image) == 3 else (*form.image, 1)
    chain = BoundChain(session, replay, image, form.dtype, name)
    images = prod(form.shape) // prod(image)
    if images == 1 or not (chain.image_bytes % ALIGNED or chain.result_bytes % ALIGNED):
        _known.setdefault(form, WeakKeyDictionary())[plan] = RepeatedCall(chain, images, shape)


def _has_plain_memory(form: ArrayForm) -> bool:
    """Return whether kernels take arrays of a form as they are, each image by itself."""
    has_images = form.layout in ("HWC", "NHWC") and (len(form.image) == 2 or form.image[2] <= MOST_CHANNELS)
    return has_images and form.dtype in PIXEL_TYPES and GpuView(0, form.shape, form.strides, form.dtype).has_no_gaps

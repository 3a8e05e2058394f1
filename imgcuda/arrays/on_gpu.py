"""Filters an array where it is, on a GPU: after the work that its library has queued, before what it queues next.

Our stream waits by an event for the caller's, and the caller's for ours; the host waits for neither. The result is
computed in memory of the caller's library where that gives some, else in memory of ours, which the library takes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from imgcuda import devices
from imgcuda.arrays.array_parts import ArrayParts
from imgcuda.arrays.device_image import DeviceImage
from imgcuda.arrays.gpu_kinds import GpuKind, gpu_kind
from imgcuda.arrays.gpu_views import ALIGNED, GpuView
from imgcuda.arrays.kinds import Location, is_cvcuda_tensor, library_of, location_of
from imgcuda.arrays.repeated_calls import ArrayForm, keep_call, known_call
from imgcuda.arrays.stored_types import computed_on_gpu, name_of
from imgcuda.engine.protocol import DeviceArray
from imgcuda.errors import DeviceError, DeviceMemoryError, ImageError
from imgcuda.filters import Filter
from imgcuda.layouts import AxisOrder, axis_order, hint, may_have_more_channels
from imgcuda.pixels import check_image

if TYPE_CHECKING:
    from imgcuda.cuda.queued import QueuedSession


def filter_on_gpu(
    filters: Sequence[Filter], value: Any, device: str | None, max_pixels: int | None, out: Any, layout: str
) -> Any:
    """Return an array on a GPU filtered there, in its own kind; the arguments are those of a call."""
    try:
        return _filtered(filters, value, device, max_pixels, out, layout)
    except DeviceMemoryError as error:
        remedy = "an array on a GPU does not run in strips, which need less; one in host memory does: .get() or .cpu()"
        raise DeviceMemoryError(f"{error}; {remedy}") from error


def _filtered(
    filters: Sequence[Filter], value: Any, device: str | None, max_pixels: int | None, out: Any, layout: str
) -> Any:
    if why := devices.no_gpu():
        raise DeviceError(f"the array is on a GPU, which cannot be used: {why}")
    given, kind = value.cuda() if is_cvcuda_tensor(value) else value, gpu_kind(value)
    index = gpu_of(given)
    check_device(device, index)
    view, form = GpuView.by_interface(given) if kind.address else None, None
    if view and out is None:
        form = ArrayForm(index, layout, view.shape, view.strides, view.dtype)
        known = None if view.address % ALIGNED else known_call(filters, form, max_pixels)
        if known:
            return known.run(kind, value, view)
    from imgcuda.cuda.queued import queued_session

    with queued_session(index) as session:
        view = view or view_for(session, given, kind)
        parts = ArrayParts(session, filters, view, _order(view.shape, view.dtype, str(layout)), max_pixels)
        if form and parts.size_is_known:
            keep_call(session, parts.plan, form, parts.result_shape())
        made = _GpuCall(session, value, view, kind, index, parts).result(out)
    return kind.take(made, value) if isinstance(made, DeviceImage) else made


def gpu_of(given: Any) -> int:
    """Return the number of the GPU that an array is on."""
    if hasattr(given, "__dlpack_device__"):
        return int(given.__dlpack_device__()[1])
    from imgcuda.cuda.driver_calls import device_of

    return device_of(GpuView.by_interface(given).address)


def check_device(device: str | None, index: int) -> None:
    """Raise DeviceError if the device that is asked for is not the array's, or cannot be used."""
    asked = (device or os.environ.get("IMGCUDA_DEVICE") or "auto").lower()
    origin = "" if device else " (from the variable IMGCUDA_DEVICE)"
    own = devices.gpu(index).name
    if asked in ("auto", "cuda", own):
        return
    if asked == "cpu":
        remedy = "copy it to the host first, by .get() of CuPy or .cpu() of PyTorch"
        raise DeviceError(f"the array is on {own}, and device is cpu{origin}; {remedy}")
    if own not in [each.name for each in devices.members(devices.choose(asked))]:
        raise DeviceError(f"the array is on {own}, and device is {asked}{origin}; leave device away, or copy the array")


def view_for(session: QueuedSession, given: Any, kind: GpuKind) -> GpuView:
    """Return what an array on a GPU is, for the kernels of a session there."""
    if kind.by_dlpack:
        return GpuView.by_dlpack(given, session.stream)
    view = GpuView.by_interface(given)
    if kind.checked and not session.may_use(view.address):
        remedy = "pycuda.autoprimaryctx in place of pycuda.autoinit makes arrays that all libraries can use"
        raise DeviceError(f"the array belongs to a CUDA context other than the device's primary one; {remedy}")
    return view


@lru_cache(maxsize=64)
def _order(shape: tuple[int, ...], dtype: np.dtype[Any], layout: str) -> AxisOrder:
    """Return the order of an array's axes; ImageError if it has others, or samples that are not computed."""
    computed = computed_on_gpu(dtype)
    if layout == "HWC":
        check_image(shape, computed, hint, more_channels=may_have_more_channels(shape))
    return axis_order(layout, shape)


class _Target(NamedTuple):
    """An array that a result is written to."""

    array: Any
    view: GpuView

    @classmethod
    def of(cls, array: Any) -> _Target:
        return cls(array, GpuView.by_interface(array.cuda() if is_cvcuda_tensor(array) else array))


class _GpuCall:
    """One call with an array on a GPU: where its result goes, and its order among the work of other streams."""

    def __init__(
        self, session: QueuedSession, value: Any, view: GpuView, kind: GpuKind, index: int, parts: ArrayParts
    ) -> None:
        self._session, self._value, self._view = session, value, view
        self._kind, self._index, self._parts = kind, index, parts

    def result(self, out: Any) -> Any:
        """Return the result: an array of the caller's library, or a DeviceImage for it to take."""
        shape = self._parts.result_shape()
        target = None
        if out is None:
            target = self._new(shape)
        elif self._parts.size_is_known:
            target = self._checked(out, shape)
        caller = self._caller()
        try:
            if caller is not None:
                self._session.wait_for_stream(caller)
            return self._filled(target, out)
        finally:  # after an error, too: the kernels that were queued read the array
            if caller is not None:
                self._session.let_wait(caller)
            else:
                self._session.hold((self._view.owner, self._value))

    def _caller(self) -> int | None:
        """Return the caller's stream; None for one that DLPack orders, where the caller's stream is not known."""
        return None if self._kind.by_dlpack else self._kind.caller(self._value, self._view)

    def _new(self, shape: tuple[int, ...]) -> _Target | None:
        """Return a new array for the result; None if the chain's own memory is handed over."""
        order, number = self._parts.order, len(shape)
        inner = tuple(shape[axis] for axis in order.inward_axes(number))
        if (own := self._kind.empty(self._value, inner)) is not None:
            return _Target.of(
                own if order.is_inward(number) else self._kind.transposed(own, order.outward_axes(number))
            )
        if self._parts.is_handed_over:
            return None
        made = self._session.empty(shape, self._view.dtype)
        return _Target.of(DeviceImage.of(self._session, made, shape, self._index))

    def _checked(self, out: Any, shape: tuple[int, ...]) -> _Target:
        """Return the caller's array for the result; ImageError if the result cannot be there."""
        same = library_of(out) == library_of(self._value) and type(out) is type(self._value)
        if not same or location_of(out) is not Location.GPU or self._kind.by_dlpack or isinstance(out, DeviceImage):
            kind = type(self._value).__name__
            raise ImageError(
                f"out must be a writable array of the array's own kind, {kind}; got a {type(out).__name__}"
            )
        target, dtype = _Target.of(out), self._view.dtype
        view = target.view
        wanted = f"out must be a writable array of the result's shape and type, {shape} {name_of(dtype)}"
        if (view.shape, view.dtype) != (shape, dtype):
            raise ImageError(f"{wanted}; it is {view.shape} {name_of(view.dtype)}")
        if view.read_only or view.lies_on_itself:
            raise ImageError(f"{wanted}; {'it is read-only' if view.read_only else 'its elements share memory'}")
        return target

    def _filled(self, target: _Target | None, out: Any) -> Any:
        """Return the target with the result written to it, or another one if the chain made another size or channels.

        Without a target that is `out`, if it is given, or the memory of the result itself.
        """
        parts, place = self._parts, target and self._place(target, out)
        part = place and parts.target(0, place)
        made = parts.run(0, part)
        if target is None and out is None:
            return self._handed_over(made)
        if target is None or place is None or part is None or not parts.fits(made, part):
            shape = parts.result_shape(made)
            target = self._new(shape) if out is None else self._checked(out, shape)
            assert target is not None
            place = self._place(target, out)
            part = parts.target(0, place)
        parts.write(made, part)
        for number in range(1, parts.number):
            part = parts.target(number, place)
            parts.write(parts.run(number, part), part)
        return target.array

    def _place(self, target: _Target, out: Any) -> GpuView:
        """Return the view of a target as (images, height, width, channels)."""
        place = target.view.in_order(self._parts.order)
        if out is not None:
            self._parts.keep_from(place)
        return place

    def _handed_over(self, made: DeviceArray) -> DeviceImage:
        if made.pointer == self._view.address:  # a chain without filters
            made, given = self._session.empty(made.shape, made.dtype), made
            self._session.copy(made, given)
        return DeviceImage.of(self._session, made, self._parts.result_shape(made), self._index)

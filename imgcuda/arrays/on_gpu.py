"""Filters an array where it is, on a GPU: after the work that its library has queued, before what it queues next.

Our stream waits by an event for the caller's, and the caller's for ours; the host waits for neither. The result is
computed in memory of the caller's library where that gives some, else in memory of ours, which the library takes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from imgcuda import devices
from imgcuda.arrays.device_image import DeviceImage
from imgcuda.arrays.gpu_kinds import GpuKind, gpu_kind
from imgcuda.arrays.gpu_views import GpuView
from imgcuda.arrays.kinds import Location, is_cvcuda_tensor, library_of, location_of
from imgcuda.engine.protocol import DeviceArray
from imgcuda.errors import DeviceError, DeviceMemoryError, ImageError
from imgcuda.execution.chain_plan import ChainPlan, plan_for
from imgcuda.execution.executor import run_chain
from imgcuda.execution.schedule import allow
from imgcuda.filters import Filter
from imgcuda.pixels import check_image

if TYPE_CHECKING:
    from imgcuda.cuda.queued import QueuedSession

LEGACY = 1
"""The legacy default stream."""


def filter_on_gpu(filters: Sequence[Filter], value: Any, device: str | None, max_pixels: int | None, out: Any) -> Any:
    """Return an array on a GPU filtered there, in its own kind; the arguments are those of a call."""
    if why := devices.no_gpu():
        raise DeviceError(f"the array is on a GPU, which cannot be used: {why}")
    given, kind = value.cuda() if is_cvcuda_tensor(value) else value, gpu_kind(value)
    index = _index(given)
    _check_device(device, index)
    from imgcuda.cuda.queued import queued_session

    try:
        with queued_session(index) as session:
            view = _view(session, given, kind)
            _check_samples(view)
            if max_pixels is not None:
                allow(filters, view.shape[1], view.shape[0], max_pixels)
            made = _Run(session, filters, value, view, kind, index).result(out)
    except DeviceMemoryError as error:
        remedy = "an array on a GPU does not run in strips, which need less; one in host memory does: .get() or .cpu()"
        raise DeviceMemoryError(f"{error}; {remedy}") from error
    return kind.take(made, value) if isinstance(made, DeviceImage) else made


def _index(given: Any) -> int:
    """Return the number of the GPU that an array is on."""
    if hasattr(given, "__dlpack_device__"):
        return int(given.__dlpack_device__()[1])
    from imgcuda.cuda.driver_calls import device_of

    return device_of(GpuView.by_interface(given).address)


def _check_device(device: str | None, index: int) -> None:
    """Raise DeviceError if the device that is asked for is not the array's, or cannot be used."""
    asked = (device or os.environ.get("IMGCUDA_DEVICE") or "auto").lower()
    origin = "" if device else " (from the variable IMGCUDA_DEVICE)"
    own = devices.choose(f"cuda:{index}").name
    if asked in ("auto", "cuda"):
        return
    if asked == "cpu":
        remedy = "copy it to the host first, by .get() of CuPy or .cpu() of PyTorch"
        raise DeviceError(f"the array is on {own}, and device is cpu{origin}; {remedy}")
    if own not in [each.name for each in devices.members(devices.choose(asked))]:
        raise DeviceError(f"the array is on {own}, and device is {asked}{origin}; leave device away, or copy the array")


def _view(session: QueuedSession, given: Any, kind: GpuKind) -> GpuView:
    if kind.by_dlpack:
        return GpuView.by_dlpack(given, session.stream)
    view = GpuView.by_interface(given)
    if kind.checked and not session.may_use(view.address):
        remedy = "pycuda.autoprimaryctx in place of pycuda.autoinit makes arrays that all libraries can use"
        raise DeviceError(f"the array belongs to a CUDA context other than the device's primary one; {remedy}")
    return view


def _check_samples(view: GpuView) -> None:
    """Raise ImageError if an array is not an image whose samples kernels take as they are."""
    if check_image(view.shape, view.dtype) != view.dtype:
        remedy = "convert it, as with array.astype('float32') of CuPy or tensor.float() of PyTorch"
        raise ImageError(f"on a GPU an image's samples must be uint8, uint16 or float32; got {view.dtype}; {remedy}")


class _Run:
    """A chain over one array on a GPU."""

    def __init__(
        self, session: QueuedSession, filters: Sequence[Filter], value: Any, view: GpuView, kind: GpuKind, index: int
    ) -> None:
        self._session, self._filters, self._value = session, filters, value
        self._view, self._kind, self._index = view, kind, index

    def result(self, out: Any) -> Any:
        """Return the result: an array of the caller's library, or a DeviceImage for it to take."""
        plan = plan_for(self._filters, self._view.shape, self._view.dtype)
        if out is not None:
            self._check_out(out)
        own = self._kind.empty(self._value, plan.result_shape) if out is None else out
        target = None if own is None else self._target(own, plan.result_shape)
        caller = self._caller()
        try:
            if caller is not None:
                self._session.wait_for_stream(caller)
            made = self._made(plan, target)
            if target is not None and made.shape == target.shape:
                self._copy(target, made)
                return own
            if out is not None:
                raise ImageError(f"out must have the result's shape, {plan.shape_of(made.channels)}")
            return self._in_memory_of_ours(made, plan.shape_of(made.channels))
        finally:  # after an error, too: the kernels that were queued read the array
            if caller is not None:
                self._session.let_wait(caller)
            else:
                self._session.hold((self._view.owner, self._value))

    def _caller(self) -> int | None:
        """Return the caller's stream; None for one that DLPack orders, where the caller's stream is not known."""
        if self._kind.by_dlpack:
            return None
        own = self._kind.stream(self._value)
        return (self._view.stream or LEGACY) if own is None else own

    def _target(self, own: Any, shape: tuple[int, ...]) -> DeviceArray:
        """Return the memory of the caller's array for the result; ImageError if the result cannot be there."""
        view = GpuView.by_interface(own.cuda() if is_cvcuda_tensor(own) else own)
        wanted = (
            f"out must be a writable, C-contiguous array of the result's shape and type, {shape} {self._view.dtype}"
        )
        if (view.shape, view.dtype) != (shape, self._view.dtype):
            raise ImageError(f"{wanted}; it is {view.shape} {view.dtype}")
        if view.read_only or not view.is_contiguous:
            raise ImageError(f"{wanted}; it is {'read-only' if view.read_only else 'not contiguous, or not aligned'}")
        return DeviceArray(view.address, shape if len(shape) == 3 else (*shape, 1), view.dtype)

    def _check_out(self, out: Any) -> None:
        same = library_of(out) == library_of(self._value) and type(out) is type(self._value)
        if not same or location_of(out) is not Location.GPU or self._kind.by_dlpack or isinstance(out, DeviceImage):
            kind = type(self._value).__name__
            raise ImageError(
                f"out must be a writable array of the array's own kind, {kind}; got a {type(out).__name__}"
            )

    def _made(self, plan: ChainPlan, target: DeviceArray | None) -> DeviceArray:
        free = target is not None and not self._view.overlaps(target.pointer, target.pointer + target.nbytes)
        image, steps = self._view.image(self._session), plan.steps(self._session.packs)
        offered = target if free else None
        return run_chain(self._session, plan.filters, image, (), steps, lambda: self._session.offer_array(offered))

    def _copy(self, target: DeviceArray, made: DeviceArray) -> None:
        if made.pointer != target.pointer:
            self._session.copy(target, made)

    def _in_memory_of_ours(self, made: DeviceArray, shape: tuple[int, ...]) -> DeviceImage:
        if made.pointer == self._view.address:  # a chain without filters
            made, given = self._session.empty(made.shape, made.dtype), made
            self._session.copy(made, given)
        return DeviceImage.of(self._session, made, shape, self._index)

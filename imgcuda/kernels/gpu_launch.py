"""Launches of kernels on arrays that are on a GPU: after the work that their libraries have queued, and in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imgcuda import devices
from imgcuda.arrays.gpu_kinds import gpu_kind
from imgcuda.arrays.kinds import Location, is_cvcuda_tensor, location_of
from imgcuda.arrays.on_gpu import check_device, gpu_of, view_for
from imgcuda.engine.protocol import DeviceArray
from imgcuda.errors import DeviceError, LaunchError
from imgcuda.programs.source import KernelArgument

if TYPE_CHECKING:
    from imgcuda.cuda.queued import QueuedSession
    from imgcuda.kernels.launching import KernelLaunch


def run_on_gpu(launch: KernelLaunch, device: str | None) -> None:
    """Launch a kernel on the GPU that its arrays are on; those in host memory are copied there and back."""
    if why := devices.no_gpu():
        raise DeviceError(f"an argument is on a GPU, which cannot be used: {why}")
    given = [_inner(each) for each in launch.arguments if location_of(each) is Location.GPU]
    index = gpu_of(given[0])
    for each in given:
        if gpu_of(each) != index:
            raise LaunchError(f"the arrays are on cuda:{index} and cuda:{gpu_of(each)}; copy them to one GPU")
    check_device(device, index)
    from imgcuda.cuda.queued import queued_session

    with queued_session(index) as session:
        arrays = _GpuArrays(session)
        try:
            launch.run_in(session, arrays.describe)
        finally:
            arrays.hand_back()


def _inner(value: Any) -> Any:
    """Return the array that has the CUDA array interface: a tensor of CV-CUDA has one behind `cuda()`."""
    return value.cuda() if is_cvcuda_tensor(value) else value


class _GpuArrays:
    """The arrays on a GPU among a launch's arguments, and the order of the launch among the work of other streams."""

    def __init__(self, session: QueuedSession) -> None:
        self._session = session
        self._streams: set[int] = set()
        """The streams of the libraries that the arrays are of."""
        self._ordered = True
        """Whether all those streams are known."""

    def describe(self, place: str, argument: KernelArgument, value: Any) -> DeviceArray:
        """Return an array on the GPU, which this session may use from now on; LaunchError if no kernel can take it."""
        kind = gpu_kind(value)
        view = view_for(self._session, _inner(value), kind)
        given = f"it was given an array of {' x '.join(map(str, view.shape))} {view.dtype}"
        if not view.has_no_gaps:
            raise LaunchError(f"{place}; {given} with gaps or in another order; pass a contiguous copy")
        if view.read_only and argument.pointer and not argument.const:
            raise LaunchError(f"{place}, which a kernel may write to; {given} that is read-only; pass a copy")
        if kind.by_dlpack:
            self._ordered = False
        else:
            self._after(kind.caller(value, view))
        return DeviceArray(view.address, view.shape, view.dtype, (view.owner, value))

    def _after(self, stream: int) -> None:
        if stream not in self._streams:
            self._streams.add(stream)
            self._session.wait_for_stream(stream)

    def hand_back(self) -> None:
        """Order the launch before what the libraries queue next."""
        for stream in self._streams:
            self._session.let_wait(stream)
        if not self._ordered:
            self._session.wait()

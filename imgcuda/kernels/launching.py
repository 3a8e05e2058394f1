"""One launch of a kernel: its arguments are checked, put on the device, and what the kernel wrote is put back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda import devices
from imgcuda.arrays.host import host_kind
from imgcuda.arrays.kinds import Location, library_of, location_of
from imgcuda.engine.protocol import ByValue, DeviceArray, DeviceSession, Launch, LaunchMemory
from imgcuda.errors import LaunchError, shown
from imgcuda.execution.gpu import compiler_of
from imgcuda.execution.kernel_parameters import own_parameters
from imgcuda.frontend.compilers import Macros
from imgcuda.kernels.host_arrays import HostArrays
from imgcuda.kernels.structure_fields import structure_of
from imgcuda.kernels.structures import by_value
from imgcuda.kernels.texture_objects import Texture, is_texture
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import KernelArgument, Program

Describe = Callable[[str, KernelArgument, Any], DeviceArray]
"""Returns a GPU's array as a DeviceArray; takes the beginning of an error message, the declared argument, the array."""


@dataclass(frozen=True)
class KernelLaunch:
    """A launch of a kernel with arguments of any kind."""

    program: Callable[[Macros], Program]
    """The program for a compiler."""
    kernel: str
    arguments: Sequence[Any]
    grid: Dim3
    block: Dim3
    memory: LaunchMemory

    def run(self, device: str | None) -> None:
        """Launch the kernel on a device, or on the GPU that its arrays are on, and wait for its end."""
        if any(location_of(each) is Location.GPU for each in self.arguments):
            from imgcuda.kernels.gpu_launch import run_on_gpu

            run_on_gpu(self, device)
            return
        with devices.choose(device).session() as session:
            self.run_in(session, _not_here)

    def run_in(self, session: DeviceSession, describe: Describe) -> None:
        """Launch the kernel in a session; `describe` knows the arrays that are on its device already."""
        program, host = self.program(compiler_of(session)), HostArrays()
        parameters = own_parameters(program, self.kernel, len(self.arguments))
        given = [
            self._described(program, argument, value, host, describe)
            for argument, value in zip(parameters.expected, self.arguments, strict=True)
        ]
        values = parameters.checked(given)
        host.put(session)
        on_device = [_on_device(host, each) for each in values]
        session.launch(Launch(program, self.kernel, self.grid, self.block, on_device, self.memory))
        host.put_back(session)

    def _described(
        self, program: Program, argument: KernelArgument, value: Any, host: HostArrays, describe: Describe
    ) -> Any:
        """Return an argument as a number or an array; LaunchError for anything else."""
        place = f"{program.name}: {self.kernel}: argument '{argument.name}' is {argument.written}"
        if isinstance(value, Mapping) and not argument.pointer:

            def pointed_to(field: KernelArgument, array: Any) -> DeviceArray:
                found = self._described(program, field, array, host, describe)
                if not isinstance(found, DeviceArray):
                    raise LaunchError(f"{place}: its field '{field.name}' is a pointer; it was given {shown(array)}")
                return found

            return structure_of(place, program, argument, value, pointed_to)
        if isinstance(value, Texture) and is_texture(argument.written):
            return value.argument(place, program, self.kernel)
        if argument.dtype is None and not argument.pointer:
            return by_value(place, argument, value)
        if isinstance(value, bool | int | float | np.number | np.bool_):
            return value
        if value is None and argument.pointer:
            return DeviceArray(0, (0,), argument.dtype or np.dtype(np.uint8))
        location = location_of(value)
        if location is Location.GPU:
            return describe(place, argument, value)
        if location is Location.HOST and library_of(value) == "torch":
            value = _of_tensor(place, value)
        if not isinstance(value, np.ndarray):
            kind = "None" if value is None else f"a {type(value).__name__}, {shown(value)}"
            raise LaunchError(f"{place}; it was given {kind}; pass {_wanted(argument)}")
        return host.describe(place, argument, np.asarray(value))


def _on_device(host: HostArrays, value: Any) -> Any:
    """Return an argument with the arrays in host memory put where they are on the device."""
    if isinstance(value, ByValue) and value.arrays:
        return value.pointing_to([host.on_device(array) for _, array in value.arrays])
    return host.on_device(value) if isinstance(value, DeviceArray) else value


def _of_tensor(place: str, tensor: Any) -> npt.NDArray[Any]:
    """Return the memory of PyTorch's tensor as an array; LaunchError if NumPy can only have a copy, as of bfloat16."""
    made = host_kind(tensor).to_numpy(tensor)
    if made.__array_interface__["data"][0] != tensor.data_ptr():
        raise LaunchError(f"{place}; NumPy has no arrays of {tensor.dtype}; pass the tensor in another type")
    return made


def _wanted(argument: KernelArgument) -> str:
    if argument.pointer:
        return f"a NumPy array of {argument.dtype}" if argument.dtype is not None else "a NumPy array"
    return "a number"


def _not_here(place: str, argument: KernelArgument, value: Any) -> DeviceArray:
    raise LaunchError(f"{place}; it was given an array on a GPU, and this device is none")

"""Modules of kernels: the kernels of a file as Python callables, which launch them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from imgcuda.engine.protocol import LaunchMemory
from imgcuda.errors import LaunchError
from imgcuda.execution.gpu import LaunchSize
from imgcuda.execution.kernel_parameters import require_kernel
from imgcuda.frontend.compilers import CPU, CUDA, Macros
from imgcuda.kernels.constants import Constants
from imgcuda.kernels.launching import KernelLaunch
from imgcuda.kernels.module_variables import Variables
from imgcuda.programs.layout import dim3
from imgcuda.programs.source import Define, Program, Source, as_written


class Module:
    """The kernels of a `.cu` file: `module.saxpy` is the kernel saxpy, and so is `module["saxpy"]`.

    `list(module)` has their names. `module.constants["weights"] = array` sets a `__constant__` variable, and
    `module.variables["counter"]` is a `__device__` one. `kernels.load` and `kernels.compile` make modules.
    """

    def __init__(self, source: Source, defines: Mapping[str, Define], device: str | None) -> None:
        self._source, self._defines, self._device = source, defines, device
        self._programs: dict[Macros, Program] = {}
        self.constants = Constants(source.name, self._both)
        self.variables = Variables(source.name, self._both)

    def __getitem__(self, kernel: str) -> Kernel:
        """Return a kernel by its name, whatever that is; LaunchError if there is none."""
        if not any(kernel in program.kernels for program in self._both()):
            require_kernel(self._program(CPU), kernel)
        return Kernel(self, kernel)

    def __getattr__(self, kernel: str) -> Kernel:
        if kernel.startswith("_"):  # what Python and other libraries look for
            raise AttributeError(kernel)
        try:
            return self[kernel]
        except LaunchError as error:
            raise AttributeError(str(error)) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._program(CPU).kernels)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self})

    def __repr__(self) -> str:
        return f"<kernels of {self._source.name}: {', '.join(self) or 'none'}>"

    def _program(self, compiler: Macros) -> Program:
        if compiler not in self._programs:
            self._programs[compiler] = as_written(self._source, self._defines, compiler)
        return self._programs[compiler]

    def _both(self) -> tuple[Program, ...]:
        return self._program(CPU), self._program(CUDA)


class Kernel:
    """A kernel of a module; a call launches it."""

    def __init__(self, module: Module, name: str) -> None:
        self._module, self._name = module, name

    def __call__(
        self, *arguments: Any, grid: LaunchSize, block: LaunchSize, shared: int = 0, device: str | None = None
    ) -> None:
        """Launch the kernel, in `grid` blocks of `block` threads, as `<<<grid, block, shared>>>` does.

        `arguments` are those that it declares, in their order. A pointer takes a C-contiguous NumPy array of its type,
        which the kernel changes in place: on a GPU it is copied there, and back unless the pointer is to const. Arrays
        that are on a GPU, of any library, stay there, and then the kernel runs on that GPU, after the work that their
        libraries have queued there and before what they queue next. None is a null pointer.
        A structure takes a dict of its fields, with arrays for its pointers, or a NumPy scalar. Numbers become the
        declared types. `grid` and `block` are numbers, or tuples of up to three, along x, y and z.
        `shared` are the bytes of `extern __shared__` memory in a block. `device` is where it runs: "cpu", "cuda" ...

        Raises LaunchError for arguments that do not fit, KernelError for a mistake in the source, DeviceError if the
        device cannot run it, and in `kernels.checked()` CheckError for a fault of the kernel.
        """
        sizes = dim3("grid", grid), dim3("block", block)
        memory = LaunchMemory(shared, self._module.constants.launched(), self._module.variables)
        KernelLaunch(self._module._program, self._name, arguments, *sizes, memory).run(device or self._module._device)

    def __repr__(self) -> str:
        program = next(each for each in self._module._both() if self._name in each.kernels)
        own = (f"{'const ' * each.const}{each.written} {each.name}".strip() for each in program.kernels[self._name])
        return f"<kernel {self._name}({', '.join(own).replace('* ', '*')}) of {program.name}>"

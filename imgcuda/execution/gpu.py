"""The `gpu` argument of `Filter.run`: allocates arrays on the device and launches kernels over them.

Everything that it allocates is freed when the filter ends, also on an error, except the filter's result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import DeviceArray, Launch, LaunchMemory, Session
from imgcuda.errors import FilterError
from imgcuda.execution.kernel_parameters import Parameters, own_parameters, parameters
from imgcuda.frontend.compilers import CPU, CUDA, Macros
from imgcuda.programs.layout import Dim3, Layout, dim3
from imgcuda.programs.source import Program, Source, specialize
from imgcuda.programs.strips import Rows, all_rows, block_rows

if TYPE_CHECKING:
    from imgcuda.filters import Filter

LaunchSize: TypeAlias = int | tuple[int, ...]
"""The size of a grid or a block: threads or blocks along x, or along x and y, or along x, y and z."""

LaunchValue = DeviceArray | npt.NDArray[Any] | int | float | bool
"""An argument of `launch`: an array on the device, a table to upload, or a number."""

Apply: TypeAlias = "Callable[[Session, Filter, DeviceArray, Rows], DeviceArray]"
"""A function that runs another filter over an image, or over some of its rows."""


class KnownLaunch(NamedTuple):
    """What a launch needs besides the values of its arguments."""

    parameters: Parameters
    grid: Dim3
    block: Dim3
    block_rows: int
    """The number of rows for each block of threads; 0 if the launch does not cover the image or the result."""


Constants: TypeAlias = tuple[tuple[str, int | float], ...]

LaunchKey: TypeAlias = tuple[
    Source, str, tuple[int, ...], bool, Layout, Constants, Constants, Constants, tuple[str, ...]
]
"""The kernel's file and name, the shape of what threads cover, whether that is the result, the layout, the constants of
the filter, of the launch, and of the launch on a GPU only, and the names of the arguments."""

KnownLaunches: TypeAlias = dict[LaunchKey, KnownLaunch]
"""The launches of a filter over images of one size and type."""

MOST_KNOWN = 64
"""The most launches of a filter that are kept: one that asks for others each time must not fill the memory."""


def _apply_nothing(session: Session, filter: Filter, image: DeviceArray, rows: Rows) -> DeviceArray:
    raise FilterError(f"{filter.name} cannot be applied here")


class Gpu(AbstractContextManager["Gpu"]):
    """The device, for one run of a filter over one image or strip.

    `rows` are the rows of the whole image that the filter is given: all, or those of a strip. `wanted` are the rows of
    the whole result that it must compute; they differ from `rows` only for a GeometryFilter.
    """

    def __init__(
        self,
        session: Session,
        source: Source,
        image: DeviceArray,
        constants: Mapping[str, int | float],
        layout: Layout,
        rows: Rows | None = None,
        wanted: Rows | None = None,
        apply: Apply = _apply_nothing,
        known: KnownLaunches | None = None,
    ) -> None:
        self._session = session
        self._apply = apply
        self._source = source
        self._image = image
        self._constants = constants
        self._layout = layout
        self._made: list[DeviceArray] = []
        self._known = {} if known is None else known
        self.rows = rows or all_rows(image.height)
        self.wanted = wanted or self.rows
        self.block_rows: set[int] = set()
        """The numbers of rows for each block of threads, in the launches so far that cover the image or the result."""

    def upload(self, array: npt.ArrayLike) -> DeviceArray:
        """Copy a table to the device; its type must be the target type of the kernel's pointer argument."""
        return self._mine(self._session.upload(np.ascontiguousarray(array)))

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        """Allocate an array with undefined contents."""
        return self._mine(self._session.empty(shape, dtype))

    def zeros(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        """Allocate an array of zeros."""
        return self._mine(self._session.zeros(shape, dtype))

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        """Wait for the device, and return a copy of an array on the host."""
        return np.array(self._session.download(array))

    def launch(
        self,
        kernel: str,
        image: DeviceArray,
        *arguments: LaunchValue | Mapping[str, LaunchValue],
        shape: Sequence[int] | None = None,
        dtype: npt.DTypeLike | None = None,
        out: DeviceArray | None = None,
        constants: Mapping[str, int | float] | None = None,
        gpu_constants: Mapping[str, int] | None = None,
        layout: Layout | None = None,
    ) -> DeviceArray:
        """Run a kernel over an image, and return its result: an array like the image, or of `shape` and `dtype`.

        The kernel takes `src, dst, width, height`, with the size of the result, and then `arguments`. Tables are
        uploaded; the names in a mapping, as Filter.arguments returns it, must be the names of the kernel's parameters.
        With `out`, the kernel writes to that array. `constants` are macros in addition to those of the filter's
        fields. `gpu_constants` are macros on a GPU only, which is faster with numbers known at compile time: the
        kernel takes these numbers as arguments, too, so that the CPU has one program for all of them. Threads cover the
        result as `layout` says.
        """
        result = out or self.empty(shape or image.shape, dtype or image.dtype)
        self._launch(kernel, image, result, result, arguments, constants, gpu_constants, layout)
        return result

    def reduce(
        self,
        kernel: str,
        image: DeviceArray,
        *arguments: LaunchValue | Mapping[str, LaunchValue],
        shape: Sequence[int],
        dtype: npt.DTypeLike,
        constants: Mapping[str, int | float] | None = None,
        layout: Layout | None = None,
    ) -> DeviceArray:
        """Run a kernel that reduces an image to sums, and return them: an array of `shape`, 0 at first.

        As `launch`, but threads cover the image, and `width, height` are those of the image.
        """
        result = self.zeros(shape, dtype)
        self._launch(kernel, image, result, image, arguments, constants, None, layout)
        return result

    def run(
        self,
        kernel: str,
        *arguments: LaunchValue,
        grid: LaunchSize,
        block: LaunchSize,
        shared: int = 0,
        constants: Mapping[str, int | float] | None = None,
    ) -> None:
        """Run a kernel with exactly the arguments that it declares, in `grid` blocks of `block` threads.

        Arrays, of `empty`, `zeros` and `upload` or the filter's image, may be any of the arguments; tables are
        uploaded; numbers become the types that the kernel declares. `grid` and `block` are as in CUDA: a number, or
        two or three along x, y and z. `shared` are the bytes of the kernel's `extern __shared__` array. `constants` are
        macros in addition to those of the filter's fields; BLOCK_WIDTH and BLOCK_HEIGHT are the block's.
        """
        blocks, threads = dim3("grid", grid), dim3("block", block)
        macros = {**Layout(block=(threads.x, threads.y)).constants, **self._constants, **(constants or {})}
        program = self._program(tuple(macros.items()))
        given = [self.upload(value) if isinstance(value, np.ndarray) else value for value in arguments]
        values = own_parameters(program, kernel, len(given)).checked(given)
        self._session.launch(Launch(program, kernel, blocks, threads, values, LaunchMemory(shared)))

    def apply(self, filter: Filter, image: DeviceArray) -> DeviceArray:
        """Return the result of another filter on an image with the same rows as this filter's image.

        Alpha is not premultiplied for it. The halo of this filter must include the halo of the other.
        """
        return self._mine(self._apply(self._session, filter, image, self.rows))

    def _launch(
        self,
        kernel: str,
        image: DeviceArray,
        result: DeviceArray,
        covered: DeviceArray,
        arguments: Sequence[LaunchValue | Mapping[str, LaunchValue]],
        constants: Mapping[str, int | float] | None,
        gpu_constants: Mapping[str, int] | None,
        layout: Layout | None,
    ) -> None:
        named = [pair for each in arguments for pair in (each.items() if isinstance(each, Mapping) else [("", each)])]
        names = ("", "", "", "", *(name for name, _ in named))
        own, more = tuple(self._constants.items()), tuple(constants.items()) if constants else ()
        gpus = tuple(gpu_constants.items()) if gpu_constants else ()
        key = self._source, kernel, covered.shape, covered is result, layout or self._layout, own, more, gpus, names
        launch = self._known.get(key) or self._new_launch(key)
        if launch.block_rows:
            self.block_rows.add(launch.block_rows)
        given = [self.upload(value) if isinstance(value, np.ndarray) else value for _, value in named]
        height, width, _ = covered.shape
        values = launch.parameters.checked([image, result, width, height, *given])
        self._session.launch(Launch(launch.parameters.program, kernel, launch.grid, launch.block, values))

    def _new_launch(self, key: LaunchKey) -> KnownLaunch:
        """Return what a launch needs, from its kernel's outline, and keep it for the next one."""
        _, kernel, (height, width, channels), makes_covered, layout, own, more, gpus, names = key
        layout = layout if self._session.packs else layout.unpacked()
        constants = {**layout.constants, **dict(own), **dict(more), **dict(gpus)}
        if not self._session.packs:
            constants = {name: value for name, value in constants.items() if name not in dict(gpus)}
        program = self._program(tuple(constants.items()))
        own_rows = makes_covered and height in (self.rows.number, self.wanted.number)
        grid, block = layout.grid(width, height, channels), Dim3(*layout.block)
        made = KnownLaunch(parameters(program, kernel, names), grid, block, block_rows(layout) if own_rows else 0)
        if len(self._known) < MOST_KNOWN:
            self._known[key] = made
        return made

    def _program(self, constants: Constants) -> Program:
        compiler = compiler_of(self._session)
        return specialized(self._source, self._image.dtype, self._image.channels, constants, compiler)

    def keep(self, array: DeviceArray) -> DeviceArray:
        """Let an array outlive the run of the filter: its result."""
        self._made = [made for made in self._made if made is not array]
        return array

    def _mine(self, array: DeviceArray) -> DeviceArray:
        self._made.append(array)
        return array

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for array in self._made:
            self._session.free(array)


@lru_cache(maxsize=256)
def specialized(
    source: Source, pixel: np.dtype[Any], channels: int, constants: tuple[tuple[str, float], ...], compiler: Macros
) -> Program:
    """Return the specialization of a source for a pixel type, channels and constants, from a cache."""
    return specialize(source, pixel, channels, dict(constants), compiler)


def compiler_of(session: Session) -> Macros:
    """Return the macros of the compiler that compiles a session's kernels."""
    return CUDA if session.packs else CPU

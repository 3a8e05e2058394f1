"""Checks that the values of a launch fit the parameters of its kernel: their order, names, number and types."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from imgcuda.engine.protocol import ByValue, DeviceArray, LaunchArgument
from imgcuda.engine.texture_argument import TextureArgument
from imgcuda.errors import KernelError, LaunchError, did_you_mean, shown
from imgcuda.frontend.outline import FunctionHead
from imgcuda.programs.instances import is_instance, template_of
from imgcuda.programs.source import C_TYPES, VECTOR_TYPES, KernelArgument, Program

GivenArgument: TypeAlias = DeviceArray | ByValue | TextureArgument | int | float | bool
"""An argument of a launch before it has the type that the kernel declares."""


class Parameters(NamedTuple):
    """The parameters of a kernel, for a launch with arguments of certain names."""

    program: Program
    kernel: str
    expected: tuple[KernelArgument, ...]
    vectors: tuple[int, ...]
    """The positions of pointers to vectors."""
    images: int
    """How many of the first arguments must be images, in which a vector is a whole pixel."""

    def checked(self, values: Sequence[GivenArgument]) -> list[Any]:
        """Return values converted to the types of the parameters; LaunchError if they do not match."""
        for position in self.vectors:
            _check_vector(self.program, self.kernel, self.expected[position], values[position], position < self.images)
        pairs = zip(self.expected, values, strict=True)
        return [_match(self.program, self.kernel, argument, value) for argument, value in pairs]


@lru_cache(maxsize=1024)
def parameters(program: Program, kernel: str, names: tuple[str, ...]) -> Parameters:
    """Return a kernel's parameters; LaunchError if it cannot take `names`, of which "" is any name.

    Cached, since strips and other images of the same type ask for the same.
    """
    require_kernel(program, kernel)
    if program.sized_by_launch:
        remedy = (
            "give the array a size, by a macro among the constants, or run the kernel by gpu.run(..., shared=BYTES)"
        )
        raise LaunchError(f"{program.name}: a launch cannot say the size of `extern __shared__` memory; {remedy}")
    _check_order(program, kernel)
    _check_names(program, kernel, names)
    _check_count(program, kernel, names)
    return _parameters(program, kernel, len(names), images=2)


@lru_cache(maxsize=1024)
def own_parameters(program: Program, kernel: str, count: int) -> Parameters:
    """Return a kernel's parameters, which are in its own order; LaunchError if it does not take `count` arguments."""
    require_kernel(program, kernel)
    return _parameters(program, kernel, count, images=0)


def _check_count(program: Program, kernel: str, names: Sequence[str]) -> None:
    """Raise LaunchError if a kernel takes another number of arguments than a filter's launch gives it."""
    own, wanted = [argument.name for argument in program.kernels[kernel]], _signature((), names)
    if len(own) != len(names) and all(wanted):
        takes = "one argument" if len(own) == 1 else f"{len(own)} arguments"
        more = ", or make more of them fields of the filter" if len(own) > len(names) else ""
        raise LaunchError(
            f"{program.name}: {kernel}({', '.join(own)}) takes {takes}; it was given {len(names)}; "
            f"write {kernel}({', '.join(wanted)}){more}"
        )


def _parameters(program: Program, kernel: str, count: int, images: int) -> Parameters:
    expected = program.kernels[kernel]
    if len(expected) != count:
        own = ", ".join(argument.name for argument in expected)
        arguments = "one argument" if len(expected) == 1 else f"{len(expected)} arguments"
        raise LaunchError(f"{program.name}: {kernel}({own}) takes {arguments}; it was given {count}")
    named = tuple(each._replace(name=each.name or f"number {n}") for n, each in enumerate(expected, 1))
    vectors = tuple(n for n, each in enumerate(named) if _vector_type(each))
    return Parameters(program, kernel, named, vectors, images)


def require_kernel(program: Program, kernel: str) -> None:
    """Raise an error that says why a program has no kernel of a name, if so."""
    if kernel not in program.kernels:
        raise _no_kernel(program, kernel)


def _no_kernel(program: Program, kernel: str) -> LaunchError | KernelError:
    """Return why a program has no kernel of a name: its list may be none, or the preprocessor have stumbled."""
    plain_name = template_of(kernel) if is_instance(kernel) else kernel
    heads = [head for head in program.outline.functions if head.name == plain_name and "__global__" in head.words]
    if faults := [head.fault for head in heads if head.fault] or program.outline.faults:
        return KernelError([program.mistake(fault) for fault in faults])
    if any(head.is_template for head in heads):
        return _no_instance(program, kernel, heads)
    if plain := next((head for head in program.outline.functions if head.name == kernel and not heads), None):
        place = f"{plain.file}:{plain.line}"
        return LaunchError(f"{place}: '{kernel}' is a function, and no kernel; write __global__ in front of it")
    hint = did_you_mean(kernel, list(program.kernels))
    others = f"; it has: {', '.join(program.kernels) or 'none'}"
    return LaunchError(f"{program.name} has no kernel '{kernel}'{hint or others}")


def _no_instance(program: Program, kernel: str, heads: Sequence[FunctionHead]) -> LaunchError:
    """Return why a template is not launched: its name must be that of an instance, with all arguments."""
    named = ", ".join(name for name, _ in next((each.parameters for each in heads if each.parameters), ()))
    template = template_of(kernel)
    given = f"; got '{kernel}'" if is_instance(kernel) else ""
    remedy = f'name an instance of it, as "{template}<float>" with a value for each of <{named}>'
    return LaunchError(f"{program.name}: '{template}' is a template{given}; {remedy}")


def _check_vector(program: Program, kernel: str, argument: KernelArgument, value: LaunchArgument, whole: bool) -> None:
    """Check that an array fits a pointer to uchar4 or another vector type; with `whole`, a vector is a whole pixel."""
    vector = _vector_type(argument)
    if not vector or not isinstance(value, DeviceArray):
        return
    dtype, count = vector
    last = value.shape[-1] if value.shape else 1
    if dtype == value.dtype and (last == count if whole and len(value.shape) == 3 else last % count == 0):
        return
    given = f"an array of {' x '.join(map(str, value.shape))} {value.dtype}"
    raise LaunchError(
        f"{program.name}: {kernel}: argument '{argument.name}' is {argument.written}, {count} x {dtype} each; it was "
        f"given {given}{_vector_remedy(program, value) if whole else ''}"
    )


def _vector_remedy(program: Program, value: DeviceArray) -> str:
    premultiplied = value.dtype == np.float32 and program.pixel == np.float32
    hint = "; an image with alpha comes premultiplied, as float32, unless the filter's alpha_mode is 'straight'"
    return f"; write pixel * and take CHANNELS samples for each pixel{hint if premultiplied else ''}"


def _vector_type(argument: KernelArgument) -> tuple[np.dtype[Any], int] | None:
    """Return the element type and the length of the vectors that a parameter points to; None if it does not."""
    return VECTOR_TYPES.get(argument.written.removesuffix(" *")) if argument.pointer else None


_RESULT = frozenset(["out", "dst", "output", "result", "dest", "destination", "outimage", "outputimage", "odata"])
_HEIGHT = frozenset(["height", "h", "rows", "nrows", "numrows", "imageheight", "ny"])
_WIDTH = frozenset(["width", "w", "cols", "ncols", "numcols", "columns", "imagewidth", "nx"])


def _check_order(program: Program, kernel: str) -> None:
    """Raise LaunchError if the names of a kernel's first parameters tell that it expects them in another order."""
    own = [argument.name for argument in program.kernels[kernel]]
    plain = [name.lower().removeprefix("d_").removeprefix("g_").replace("_", "") for name in own[:4]]
    told = f"{program.name}: {kernel}({', '.join(own)})"
    order = "a kernel's arguments are src, dst, width, height, in this order"
    if len(own) > 1 and plain[0] in _RESULT and program.kernels[kernel][1].pointer:
        swapped = ", ".join([own[1], own[0], *own[2:]])
        remedy = f"write {kernel}({swapped}), or give '{own[0]}' another name if it is what is read"
        raise LaunchError(f"{told} would be given the image to read as '{own[0]}': {order}; {remedy}")
    if len(own) > 3 and plain[2] in _HEIGHT and plain[3] in _WIDTH:
        swapped = ", ".join([*own[:2], own[3], own[2], *own[4:]])
        raise LaunchError(f"{told} would be given the width as '{own[2]}': {order}; write {kernel}({swapped})")


def _check_names(program: Program, kernel: str, names: Sequence[str]) -> None:
    """Check the names of the arguments, where known, against the kernel's: two with one type may be exchanged."""
    own = [argument.name for argument in program.kernels[kernel]]
    wanted = _signature(own, names)
    fits = len(wanted) == len(own) and all(mine in (name, "") for mine, name in zip(own, wanted, strict=True))
    if not fits and any(names) and all(wanted):  # else the message could not show a correct signature
        raise LaunchError(
            f"{program.name}: {kernel}({', '.join(own)}) does not have the filter's fields in their order; "
            f"write {kernel}({', '.join(wanted)})"
        )


def _signature(own: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the names that a kernel's arguments should have; "" where that is not known."""
    usual = ["src", "dst", "width", "height", *names[4:]]
    given = [name or unknown for name, unknown in zip(names, own if len(own) == len(names) else usual, strict=True)]
    twice = len(set(given)) < len(given)
    return [name or unknown for name, unknown in zip(names, usual, strict=True)] if twice else given


def _match(program: Program, kernel: str, argument: KernelArgument, value: GivenArgument) -> Any:
    kind = argument.dtype
    if isinstance(value, ByValue | TextureArgument):
        return value
    if isinstance(value, DeviceArray):
        if argument.pointer and (kind is None or kind == value.dtype):
            return value
    elif not argument.pointer and kind is not None and (kind.kind == "f" or value == value // 1):
        return _number(program, kernel, argument, kind, value)
    given = f"an array of {value.dtype}" if isinstance(value, DeviceArray) else f"the number {value}"
    raise LaunchError(
        f"{program.name}: {kernel}: argument '{argument.name}' is {argument.written}; it was given {given}, "
        f"which fits `{_c_type(program, value)}{argument.name}`"
    )


_SMALL = 1 << 7
"""Numbers from 0 to below it fit every type."""


def _number(
    program: Program, kernel: str, argument: KernelArgument, kind: np.dtype[Any], value: int | float | bool
) -> Any:
    """Return a number in a parameter's type; LaunchError if it is finite and too large for the type."""
    if 0 <= value < _SMALL:
        return kind.type(value)
    try:
        with np.errstate(over="ignore"):
            made = kind.type(value)
    except OverflowError:
        made = None
    if made is None or (kind.kind == "f" and np.isinf(made) and abs(value) != np.inf):
        takes = f"{kernel}: argument '{argument.name}' is {argument.written}"
        raise LaunchError(f"{program.name}: {takes}, which cannot hold {shown(value)}")
    return made


def _c_type(program: Program, value: DeviceArray | int | float | bool) -> str:
    """Return the C type of a value as in a declaration: "pixel *", "float "."""
    if not isinstance(value, DeviceArray):
        kinds = {"bool": bool | np.bool_, "float": float | np.floating}
        return f"{next((name for name, kind in kinds.items() if isinstance(value, kind)), 'int')} "
    if program.pixel is not None and value.dtype == program.pixel:
        return "pixel *"
    return next((f"{name} *" for name, dtype in C_TYPES.items() if np.dtype(dtype) == value.dtype), "void *")

"""Makes the text that both engines compile from a `.cu` file, a pixel type, a channel count and constants.

A program is three texts in a row: macros, the prelude, the author's file. `#line` marks each, so that every
compiler reports the author's own file and line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from imgcuda.errors import FilterError, Mistake
from imgcuda.frontend.compilers import CPU, Macros
from imgcuda.frontend.outline import Fault, FunctionHead, HeadArgument, Outline
from imgcuda.frontend.source_lines import source_line
from imgcuda.programs.includes import with_includes
from imgcuda.programs.instances import is_instance, template_of, types_of
from imgcuda.programs.outlines import outline
from imgcuda.programs.prelude import PRELUDE, prelude_for

PIXEL_TYPES: dict[np.dtype[Any], str] = {
    np.dtype(np.uint8): "unsigned char",
    np.dtype(np.uint16): "unsigned short",
    np.dtype(np.float32): "float",
}
"""The sample types of an image, and their names in C."""

C_TYPES: dict[str, npt.DTypeLike] = {
    "bool": np.bool_,
    "char": np.int8,
    "signed char": np.int8,
    "unsigned char": np.uint8,
    "short": np.int16,
    "unsigned short": np.uint16,
    "int": np.int32,
    "unsigned int": np.uint32,
    "unsigned": np.uint32,
    "long long": np.int64,
    "unsigned long long": np.uint64,
    "size_t": np.uint64,
    "long": np.int64,
    "clock_t": np.int64,
    "unsigned long": np.uint64,
    "uchar": np.uint8,
    "ushort": np.uint16,
    "uint": np.uint32,
    "int8_t": np.int8,
    "uint8_t": np.uint8,
    "int16_t": np.int16,
    "uint16_t": np.uint16,
    "int32_t": np.int32,
    "uint32_t": np.uint32,
    "int64_t": np.int64,
    "uint64_t": np.uint64,
    "float": np.float32,
    "double": np.float64,
}
"""The C types that a kernel's arguments may have or point to, and the NumPy type of each."""

VECTOR_TYPES: dict[str, tuple[np.dtype[Any], int]] = {
    f"{name}{count}": (np.dtype(dtype), count)
    for name, dtype in {
        **{name: C_TYPES[name] for name in ("char", "uchar", "short", "ushort", "int", "uint", "float", "double")},
        **{"longlong": np.int64, "ulonglong": np.uint64, "long": np.int64, "ulong": np.uint64},
    }.items()
    for count in (1, 2, 3, 4)
} | {f"{begin}half{end}": (np.dtype(np.float16), int(end or 1)) for begin in ("", "__") for end in ("", "2")}
"""CUDA's vector types, like uchar4, and its floats of 16 bits: the type and the number of their elements."""


_COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', re.DOTALL)
_UNKNOWN = "\ufffd"
"""The letter that stands for bytes which are not UTF-8."""


def elements_of(written: str) -> tuple[np.dtype[Any], int] | None:
    """Return the type of the numbers in a C type, and how many it has; None for a structure of the author's."""
    return VECTOR_TYPES.get(written) or ((np.dtype(C_TYPES[written]), 1) if written in C_TYPES else None)


class KernelArgument(NamedTuple):
    """One argument of a kernel, as it declares it."""

    name: str
    dtype: np.dtype[Any] | None
    """The type of the argument, or the type that it points to; None if that is not in C_TYPES, like a struct."""
    pointer: bool
    written: str
    """The type as the author wrote it, for messages."""
    const: bool = False
    """Whether the kernel declares it as a pointer to const."""


class Source(NamedTuple):
    """A `.cu` file: its name, for messages, and its text."""

    name: str
    text: str
    contract: bool = True
    """Whether a compiler may contract a product and a sum to a fused multiply-add, which rounds once rather than twice,
    as compilers for GPUs do by default. Whether they do depends on the code around. So a function that must give the
    same bits in every fused kernel is compiled without."""

    @classmethod
    def read(cls, path: Path, include_dirs: Sequence[Path] = ()) -> Source:
        """Return the source of a file, with its includes expanded; FilterError if a file cannot be read."""
        try:
            return cls(path.name, with_includes(path, _text, include_dirs))
        except FileNotFoundError:
            where = "it stands beside the filter's Python file, and in a package *.cu is among the package-data"
            raise FilterError(f"there is no kernel file {path}; {where}") from None
        except OSError as error:
            raise FilterError(f"{error.filename or path}: the kernel file cannot be read: {error.strerror}") from error


def _text(path: Path) -> str:
    return _decoded(path.name, path.read_bytes())


def _decoded(name: str, data: bytes) -> str:
    """Return a kernel file's text: UTF-8, with or without a byte order mark, with line ends of any system.

    As for CUDA's compilers, comments and strings may be in another encoding; their letters are not known here.
    """
    remedy = "save it as UTF-8"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FilterError(f"{name}: the kernel file is UTF-16; {remedy}")
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = data.decode("utf-8-sig", "replace")
        if _UNKNOWN in _COMMENT_OR_STRING.sub("", text):
            line = data.count(b"\n", 0, error.start) + 1
            raise FilterError(f"{name}:{line}: the kernel file is not UTF-8 here; {remedy}") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise FilterError(f"{name}:{line}: the kernel file holds a NUL byte, as no text does; {remedy}")
    return text


class Kernels(dict[str, tuple[KernelArgument, ...]]):
    """The arguments of kernels by their names; an instance of a template is there when it is asked for."""

    def __init__(
        self,
        kernels: Mapping[str, tuple[KernelArgument, ...]],
        instance: Callable[[str], tuple[KernelArgument, ...] | None],
    ) -> None:
        super().__init__(kernels)
        self._instance = instance

    def __contains__(self, kernel: object) -> bool:
        return super().__contains__(kernel) or self._of_instance(kernel) is not None

    def __missing__(self, kernel: str) -> tuple[KernelArgument, ...]:
        found = self._of_instance(kernel)
        if found is None:
            raise KeyError(kernel)
        return found

    def _of_instance(self, kernel: object) -> tuple[KernelArgument, ...] | None:
        return self._instance(kernel) if isinstance(kernel, str) and is_instance(kernel) else None


@dataclass(frozen=True)
class Program:
    """Source text ready for a compiler, and the specialization that it was made for."""

    name: str
    text: str
    pixel: np.dtype[Any] | None
    """The type that `pixel` stands for; None in a program without the prelude, in which it is a name as any other."""
    contract: bool = True
    compiler: Macros = CPU
    """The macros that its compiler defines: CPU or CUDA."""

    def __hash__(self) -> int:
        """Return the hash of the text, which Python computes once; programs are looked up for each launch."""
        return hash(self.text)

    def line(self, file: str, number: int) -> str:
        """Return a line of the source by its own file and number; an empty string if there is none."""
        return source_line(self.text, self.name, file, number)

    @property
    def outline(self) -> Outline:
        """Its outline, as its compiler sees it."""
        return outline(self.text, self.name, self.compiler)

    @property
    def sized_by_launch(self) -> bool:
        """Whether it has shared memory whose size only a launch gives: `extern __shared__ float tile[];`."""
        return self.outline.sized_by_launch

    @cached_property
    def kernels(self) -> Kernels:
        """The `__global__` functions that can be launched, and their arguments, in order."""
        heads = [head for head in self.outline.functions if head.is_launched and not head.fault]
        ordered = sorted(heads, key=lambda head: head.defined)  # a definition replaces an earlier declaration
        found = {head.name: self._arguments(head, {}) for head in ordered}
        return Kernels({head.name: found[head.name] for head in heads}, self._instance)

    def _arguments(self, head: FunctionHead, own: Mapping[str, tuple[str, int]]) -> tuple[KernelArgument, ...]:
        """Return the arguments of a kernel; `own` has the types that a template's parameters stand for."""
        types = {name: (type, stars) for name, type, stars in self.outline.typedefs} | dict(own)
        return tuple(_argument(each, types, self.pixel) for each in head.arguments)

    def _instance(self, kernel: str) -> tuple[KernelArgument, ...] | None:
        """Return the arguments of an instance of a template, like `scale<float, 3>`; None if there is none."""
        for head in self.outline.functions:
            fits = head.name == template_of(kernel) and "__global__" in head.words and head.parameters
            if fits and not head.fault and (types := types_of(kernel, head)) is not None:
                return self._arguments(head, types)
        return None

    def mistake(self, fault: Fault) -> Mistake:
        """Return a fault of the outline as a Mistake, with the author's line."""
        text = self.line(fault.file, fault.line)
        return Mistake(fault.message, fault.file, fault.line, fault.column, text, fault.remedy)


def _argument(
    written: HeadArgument, types: Mapping[str, tuple[str, int]], pixel: np.dtype[Any] | None
) -> KernelArgument:
    """Return an argument with its types resolved: the author's typedefs are replaced."""
    type, stars = written.type, written.stars
    known = C_TYPES if pixel is None else {**C_TYPES, "pixel": pixel}
    for _ in types:
        if type not in types or type in known:
            break
        type, more = types[type]
        stars += more
    dtype = np.dtype(known[type]) if type in known else None
    simple = stars < 2 and not written.other
    pointer = stars == 1 and simple
    return KernelArgument(written.name, dtype if simple else None, pointer, written.written, written.const)


def specialize(
    source: Source,
    pixel: npt.DTypeLike,
    channels: int,
    constants: Mapping[str, int | float],
    compiler: Macros = CPU,
) -> Program:
    """Return the program for images of one sample type and channel count; `constants` become macros."""
    dtype = np.dtype(pixel)
    macros = {"PIXEL": PIXEL_TYPES[dtype], "PIXEL_BITS": 8 * dtype.itemsize, "CHANNELS": channels}
    lines = [f"#define {name} {value}\n" for name, value in macros.items()]
    lines += [macro(name, value) for name, value in constants.items()]
    parts = [*lines, f'#line 1 "{PRELUDE}"\n', prelude_for(source.text), f'#line 1 "{source.name}"\n', source.text]
    return Program(source.name, "".join(parts), dtype, source.contract, compiler)


Define: TypeAlias = int | float | str | np.number[Any]
"""The value of a macro, as a compiler's -D takes it."""


def as_written(source: Source, defines: Mapping[str, Define], compiler: Macros = CPU) -> Program:
    """Return the program of a source as it is, without the prelude; `defines` become macros, as by -D."""
    from imgcuda.frontend.headers import with_runtime  # which filters need as little as the rest of the front end

    lines = [f"#define {name} {_definition(value)}\n" for name, value in defines.items()]
    text = "".join([*lines, with_runtime(source.text), f'#line 1 "{source.name}"\n', source.text])
    return Program(source.name, text, None, source.contract, compiler)


def _definition(value: Define) -> str:
    """Return the text of a macro: a Python float is a double of C, and NumPy's float32 a float."""
    if isinstance(value, str):
        return value
    return repr(float(value)) if isinstance(value, float) else _literal(value)


def macro(name: str, value: int | float) -> str:
    """Return the `#define` line for a macro that is a number."""
    return f"#define {name} {_literal(value)}\n"


def _literal(value: float | np.number[Any]) -> str:
    """Return a number as C: floats in their shortest exact form, negatives in parentheses."""
    text = f"{np.float32(value)!s}f" if isinstance(value, float | np.floating) else str(int(value))
    return f"({text})" if value < 0 else text

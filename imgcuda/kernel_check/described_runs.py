"""Runs a kernel checked, with the arguments that a comment before it describes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from imgcuda import kernels
from imgcuda.errors import ImgcudaError, KernelError, LaunchError, did_you_mean
from imgcuda.kernel_check.described_arrays import ArgumentMaker
from imgcuda.kernel_check.descriptions import Elements, Numbers, described
from imgcuda.kernel_check.run_comments import RunComment
from imgcuda.programs.layout import Dim3, dim3
from imgcuda.programs.source import VECTOR_TYPES, Define, KernelArgument, Program, Source

_LAUNCH = ("grid", "block", "shared")
"""The names of the launch's own sizes."""


class DescribedRun:
    """The run that a comment describes. Raises KernelError, with the place in the comment, if it cannot be read."""

    def __init__(self, comment: RunComment, program: Program) -> None:
        self.comment, self._program = comment, program
        self._described = described(comment, program)
        self.grid, self.block = self._size("grid"), self._size("block")

    def run(self, source: Source, defines: Mapping[str, Define]) -> None:
        """Run the kernel. Raises KernelError for its faults, and at the comment for what the launch does not take."""
        try:
            self._run(kernels.Module(source, defines, "cpu"), ArgumentMaker())
        except KernelError:
            raise
        except ImgcudaError as error:
            raise self._wrong(str(error).removeprefix(f"{source.name}: ")) from error

    def _run(self, module: kernels.Module, maker: ArgumentMaker) -> None:
        kernel = module[self.comment.kernel]
        expected = self._program.kernels[self.comment.kernel]
        constants = dict(self._program.outline.constants)
        self._require_known([each.name for each in expected], constants)
        arguments = [maker.argument(each, self._value(each)) for each in expected]
        for name, value in self._described.items():
            if name not in constants:
                continue
            if isinstance(value, Elements):
                module.constants[name] = maker.array(name, constants[name], None, value)
            else:
                module.constants[name] = value.values
        shared = self._described.get("shared")
        size = int(shared.values[0]) if isinstance(shared, Numbers) else 0
        with kernels.checked():
            kernel(*arguments, grid=self.grid, block=self.block, shared=size)

    def _value(self, argument: KernelArgument) -> Numbers | Elements:
        """Return the value that the comment gives an argument; LaunchError if it gives none."""
        if argument.name in self._described:
            return self._described[argument.name]
        unknown = argument.dtype is None and argument.written.removesuffix(" *") not in VECTOR_TYPES
        size = f"{'=TYPE' if unknown else ''}[COUNT]"
        remedy = f"{argument.name}{size if argument.pointer else '=NUMBER'}"
        raise LaunchError(f"nothing is said of {argument.written} {argument.name}; add {remedy}".replace("* ", "*"))

    def _require_known(self, names: Sequence[str], constants: Iterable[str]) -> None:
        """Raise KernelError for a name that is neither an argument nor a constant; other numbers must be before it."""
        known = [*names, *constants, *_LAUNCH]
        for name, value in self._described.items():
            if name not in known and isinstance(value, Elements):
                hint = did_you_mean(name, known) or f"; it has: {', '.join(names) or 'none'}"
                raise self._wrong(f"{self.comment.kernel} has no argument '{name}'{hint}", value.column)

    def _size(self, name: str) -> Dim3:
        """Return the size of the grid or of a block."""
        value = self._described.get(name)
        if not isinstance(value, Numbers):
            raise self._wrong(f"the {name}'s size is missing", remedy=f"add {name}=NUMBER, or {name}=X,Y")
        try:
            return dim3(name, value.values)
        except LaunchError as error:
            raise self._wrong(str(error), value.column) from error

    def _wrong(self, message: str, column: int = 0, remedy: str = "") -> KernelError:
        return KernelError(self.comment.mistake(message, remedy, column))

"""Compiles a kernel of a program to machine code, through LLVM IR."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from imgcuda.cpu import lookup_functions, rounding_functions
from imgcuda.cpu.code import Code
from imgcuda.cpu.linker import LinkedCode, link
from imgcuda.cpu.machine import Machine, load_llvm
from imgcuda.cpu.side_by_side import emit_object, run_passes
from imgcuda.cpu.stack import on_a_large_stack
from imgcuda.cpu.values.types import BOOL, Float, Int, PointerTo, Struct, Type, size_of
from imgcuda.errors import ImgcudaError, KernelError, PortabilityError
from imgcuda.programs.instances import is_instance
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program

if TYPE_CHECKING:
    from imgcuda.cpu.module import Compiled
    from imgcuda.cpu.semantics.check import Checked
    from imgcuda.frontend.syntax import TranslationUnit

_T = TypeVar("_T")


def compile(program: Program, kernel: str, block: Dim3, machine: Machine | None = None, checked: bool = False) -> Code:
    """Return a kernel's machine code, made for this machine or for another. Raises KernelError."""
    with _blaming_the_compiler(program, kernel):
        return on_a_large_stack(lambda: _compiled(program, kernel, block, machine or Machine.host(), checked))


def _compiled(program: Program, kernel: str, block: Dim3, machine: Machine, checked: bool) -> Code:
    lowered = to_llvm(program, kernel, block, vector_width(block.x, machine.width), program.contract, checked)
    letters = (*map(argument_letter, lowered.parameters), *("p" for _ in (*lowered.constants, *lowered.variables)))
    binary = to_machine_code(lowered, machine)
    sizes = lowered.heap, lowered.stack, lowered.sized_by_launch, lowered.prints, lowered.constants, lowered.variables
    sums = tuple((each.position, size_of(each.type)) for each in lowered.accumulators)
    return Code(binary, letters, lowered.checklist, lowered.written, *sizes, sums, lowered.pointers)


def diagnose(program: Program, kernel: str | None, block: Dim3) -> None:
    """Raise KernelError for the mistakes in a kernel and its file, or in the file alone. It makes no machine code."""
    with _blaming_the_compiler(program, kernel or "the file"):
        on_a_large_stack(lambda: to_llvm(program, kernel, block) if kernel else _read_whole(program))


def _read_whole(program: Program) -> None:
    """Raise KernelError for the mistakes in a file; for those in C++ only if Clang, which reads it, is not there."""
    try:
        _, meaning = read(program.text, program.name)
        with meaning.refusing():
            pass
    except KernelError as error:
        from imgcuda.cpu.cxx import asking_clang

        if not asking_clang.is_for_clang(error, program.text):
            raise
        asking_clang.require_clang(error, program.name)


@contextmanager
def _blaming_the_compiler(program: Program, kernel: str) -> Iterator[None]:
    """Translate exceptions other than the author's mistakes: lack of memory, too deep nesting, a fault of imgcuda."""
    try:
        yield
    except ImgcudaError:
        raise
    except RecursionError as error:
        remedy = "use variables for parts of it, or functions"
        message = f"{program.name}: {kernel} is nested too deeply for the CPU engine; {remedy}"
        raise KernelError(message) from error
    except MemoryError as error:
        remedy = "make it shorter, or free some"
        raise KernelError(f"{program.name}: there is no memory to compile {kernel}; {remedy}") from error
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise KernelError(
            f"{program.name}: the CPU engine could not compile {kernel} ({what[:200]}); "
            "this is a mistake of imgcuda's: please report it with the kernel's source"
        ) from error


def to_llvm(
    program: Program, kernel: str, block: Dim3, width: int | None = None, contract: bool = True, checked: bool = False
) -> Compiled:
    """Return a kernel in LLVM IR; without `contract`, each product and each sum of floats is rounded."""
    # Imported here: with all kernels in the cache the compiler is not needed, and importing it takes longer than they.
    from imgcuda.cpu.lowering.kernel import lower

    width = width or vector_width(block.x, Machine.host().width)

    def lowered(found: tuple[TranslationUnit, Checked]) -> Compiled:
        file, meaning = found
        with meaning.refusing():
            return lower(file, meaning.functions, program.name, program.text, kernel, block, width, contract, checked)

    refused: KernelError | None = None
    if not is_instance(kernel):
        try:
            return read_reached(program.text, program.name, kernel, lowered)
        except KernelError as error:
            from imgcuda.cpu.cxx.asking_clang import is_for_clang

            if not is_for_clang(error, program.text):
                raise
            refused = error
    from imgcuda.cpu.cxx.asking_clang import read_by_clang

    return lowered(read_by_clang(program.text, program.name, kernel, refused))


def read_reached(text: str, name: str, declared: str, use: Callable[[tuple[TranslationUnit, Checked]], _T]) -> _T:
    """Return what `use` makes of a file; if it is refused, of what a declaration in it may use.

    What the host alone needs may have any mistakes, and the rest what the CPU engine does not have. Raises KernelError.
    """
    try:
        found = read(text, name)
    except KernelError as error:
        return _of_reached_text(text, name, declared, use, error)
    try:
        return use(found)
    except KernelError as error:
        if not found[1].mistakes.count:  # the mistake is one of what it uses
            raise
        return _of_reached_text(text, name, declared, use, error)


def _of_reached_text(
    text: str, name: str, declared: str, use: Callable[[tuple[TranslationUnit, Checked]], _T], error: KernelError
) -> _T:
    """Return what `use` makes of what a declaration in a file may use; raise `error` if that is refused, too."""
    from imgcuda.frontend.reached_text import reached_text

    for host_only in [False] if isinstance(error, PortabilityError) else [True, False]:
        left = reached_text(text, name, declared, host_only)
        if left == text:
            break
        try:
            return use(read(left, name))
        except PortabilityError:
            continue
        except KernelError:
            break
    raise error from None


@lru_cache(maxsize=4)
def read(text: str, name: str) -> tuple[TranslationUnit, Checked]:
    """Return a file's syntax tree, checked. It is kept, since a chain mostly compiles several kernels of a file."""
    from imgcuda.cpu.semantics.check import check
    from imgcuda.frontend import parse

    file, known = parse.parsed(text, name)
    return file, check(file, text, name, known)


def vector_width(threads: int, width: int) -> int:
    """Return the vector width for a row of threads: `width`, halved until it divides the row, but not below 8."""
    while width > 8 and threads % width:
        width //= 2
    return width


def to_machine_code(compiled: Compiled, machine: Machine) -> LinkedCode | bytes:
    """Return a kernel's machine code, linked; or as an object file, if `link` does not know its format."""
    return assemble(with_definitions(compiled.ir, machine.features), machine)


def with_definitions(ir: str, features: str) -> str:
    """Return a module with definitions of the functions that it only declares, since they differ between processors."""
    return rounding_functions.with_definitions(lookup_functions.with_definitions(ir, features), features)


def assemble(ir: str, machine: Machine) -> LinkedCode | bytes:
    """Return the machine code of a text in LLVM IR, as above."""
    target = machine.target()
    binary = emit_object(target, optimize(ir, machine, target))
    return link(binary) or binary


def optimize(ir: str, machine: Machine, target: Any) -> Any:
    """Return the optimized LLVM module of a text in LLVM IR."""
    wide = ' "prefer-vector-width"="512" "min-legal-vector-width"="512"' if "+avx512f" in machine.features else ""
    attributes = f'attributes #0 = {{ "no-trapping-math"="true" "target-cpu"="{machine.cpu}"{wide} }}'
    llvm = load_llvm()
    text = f'target triple = "{machine.triple or llvm.get_default_triple()}"\n{ir}\n{attributes}\n'
    module = llvm.parse_assembly(text, llvm.create_context())
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = False  # the lanes are vectors already
    builder = llvm.create_pass_builder(target, options)
    passes = builder.getModulePassManager()
    run_passes(passes, module, builder)
    # llvmlite 0.50 never frees them: of a pass manager's two base classes, the one whose close() is empty comes first.
    llvm.newpassmanagers.NewPassManager._dispose(passes)
    passes.detach()
    return module


def argument_letter(type: Type) -> str:
    """Return the letter of an argument's type: p for a pointer, NumPy's code of a number, the size of a structure."""
    if isinstance(type, PointerTo):
        return "p"
    if type == BOOL:
        return "?"
    if isinstance(type, Float):
        return "f" if type.bits == 32 else "d"
    if isinstance(type, Struct):
        return str(size_of(type))
    assert isinstance(type, Int)
    letter = {8: "b", 16: "h", 32: "i", 64: "q"}[type.bits]
    return letter if type.signed else letter.upper()

"""From a program's text to machine code for this machine, by way of LLVM; and a cache of it on disk."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm

from imgcuda import kernel_cache
from imgcuda.cpu.checks.site_table import Checklist
from imgcuda.cpu.stack import on_a_large_stack
from imgcuda.cpu.values.types import BOOL, Float, Int, PointerTo, Type
from imgcuda.errors import ImgcudaError, KernelError
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program

if TYPE_CHECKING:
    from imgcuda.cpu.module import Compiled

WIDTHS = {"+avx512bw": 64, "+avx2": 32}
"""Threads to a vector by what a processor has: what was fastest. With shorter or fewer registers it is NARROWEST."""
NARROWEST = 16


@dataclass(frozen=True)
class Machine:
    """The processor that code is made for."""

    cpu: str
    features: str

    @classmethod
    @cache
    def host(cls) -> Machine:
        return cls(llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())

    @property
    def width(self) -> int:
        """How many threads go into a vector at most."""
        return next((width for feature, width in WIDTHS.items() if feature in self.features), NARROWEST)

    def target(self) -> Any:
        _initialise()
        target = llvm.Target.from_default_triple()
        return target.create_target_machine(cpu=self.cpu, features=self.features, opt=3, jit=True)


@dataclass(frozen=True)
class Code:
    """A kernel's machine code, and the letters of its arguments' types: p for a pointer, else NumPy's."""

    binary: bytes
    arguments: tuple[str, ...]
    checklist: Checklist | None = None
    """Of a checked build: what its notes are about."""
    written: tuple[int, ...] = ()
    """The positions of the arguments whose memory it may write to."""
    heap: int = 0
    """The bytes that it needs beside its stack."""
    stack: int = 0
    """The bytes that its stack takes at most."""


def compile(program: Program, kernel: str, block: Dim3, machine: Machine | None = None, checked: bool = False) -> Code:
    """Return a kernel's machine code, from the cache if it was compiled before. Raises KernelError."""
    machine = machine or Machine.host()
    processor = machine.cpu, machine.features, sys.byteorder
    parts = [_edition(), program.text, program.contract, kernel, block, processor, llvm.llvm_version_info, checked]
    key = hashlib.sha256(repr(parts).encode()).hexdigest()
    stored = _stored(f"cpu-{key}")
    if stored is not None:
        return stored
    with _blaming_the_compiler(program, kernel):
        code = on_a_large_stack(lambda: _compiled(program, kernel, block, machine, checked))
    told = json.dumps([code.arguments, code.checklist and asdict(code.checklist), code.written, code.heap, code.stack])
    kernel_cache.put(f"cpu-{key}", told.encode() + b"\n" + code.binary)
    return code


def _stored(key: str) -> Code | None:
    """Return what the cache has under a key; None if that is nothing, or cannot be understood."""
    head, _, binary = (kernel_cache.get(key) or b"").partition(b"\n")
    try:
        letters, checklist, written, heap, stack = json.loads(head)
        known = None if checklist is None else Checklist.of(checklist)
        return Code(binary, tuple(letters), known, tuple(written), int(heap), int(stack)) if binary else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _compiled(program: Program, kernel: str, block: Dim3, machine: Machine, checked: bool) -> Code:
    lowered = to_llvm(program, kernel, block, vector_width(block.x, machine.width), program.contract, checked)
    letters = tuple(map(_letter, lowered.parameters))
    binary = to_machine_code(lowered, machine)
    return Code(binary, letters, lowered.checklist, lowered.written, lowered.heap, lowered.stack)


@contextmanager
def _blaming_the_compiler(program: Program, kernel: str) -> Iterator[None]:
    """Turn whatever goes wrong but is not the author's mistake into an error that says so."""
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


@cache
def _edition() -> list[tuple[str, int, int]]:
    """Return what changes when the compiler does: its own files' sizes and times, and those of the reader of C."""
    folders = Path(__file__).parent, Path(__file__).parents[1] / "frontend"
    files = (file for folder in folders for file in folder.rglob("*") if file.suffix in (".py", ".ll"))
    seen = [(str(file), file.stat()) for file in files]
    return sorted((name, status.st_size, status.st_mtime_ns) for name, status in seen)


def to_llvm(
    program: Program, kernel: str, block: Dim3, width: int | None = None, contract: bool = True, checked: bool = False
) -> Compiled:
    """Return a kernel in LLVM's language; without `contract`, each product and sum of floats is rounded by itself."""
    # Imported here: who finds all kernels in the cache needs no compiler, and it takes longer to load than they do.
    from imgcuda.cpu.lowering.kernel import lower
    from imgcuda.cpu.semantics.check import check
    from imgcuda.frontend import parse

    file = parse.parse(program.text, program.name)
    meaning = check(file, program.text, program.name)
    width = width or vector_width(block.x, Machine.host().width)
    with meaning.refusing():
        return lower(file, meaning.functions, program.name, program.text, kernel, block, width, contract, checked)


def vector_width(threads: int, width: int) -> int:
    """Return how many threads of a row go into a vector of at most `width`: what fills it evenly, if not too few."""
    while width > 8 and threads % width:
        width //= 2
    return width


def to_machine_code(compiled: Compiled, machine: Machine) -> bytes:
    """Return the object file that LLVM makes of a kernel."""
    target = machine.target()
    return bytes(target.emit_object(optimise(compiled, machine, target)))


def optimise(compiled: Compiled, machine: Machine, target: Any) -> Any:
    """Return a kernel as LLVM's module, optimised."""
    wide = ' "prefer-vector-width"="512" "min-legal-vector-width"="512"' if "+avx512f" in machine.features else ""
    attributes = f'attributes #0 = {{ "no-trapping-math"="true" "target-cpu"="{machine.cpu}"{wide} }}'
    text = f'target triple = "{llvm.get_default_triple()}"\n{compiled.ir}\n{attributes}\n'
    module = llvm.parse_assembly(text, llvm.create_context())
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = False  # the lanes are vectors already
    builder = llvm.create_pass_builder(target, options)
    passes = builder.getModulePassManager()
    passes.run(module, builder)
    # llvmlite 0.50 never frees them: of a pass manager's two bases, the one that does nothing comes first.
    llvm.newpassmanagers.NewPassManager._dispose(passes)
    passes.detach()
    return module


@cache
def _initialise() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def _letter(type: Type) -> str:
    if isinstance(type, PointerTo):
        return "p"
    if type == BOOL:
        return "?"
    if isinstance(type, Float):
        return "f" if type.bits == 32 else "d"
    assert isinstance(type, Int)
    letter = {8: "b", 16: "h", 32: "i", 64: "q"}[type.bits]
    return letter if type.signed else letter.upper()

"""Reads and writes compiled kernels in the disk cache, so that a kernel from there needs no compiler."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from imgcuda import kernel_cache
from imgcuda.cpu import processor
from imgcuda.cpu.linker import AddressSlot, LinkedCode
from imgcuda.cpu.machine import Machine
from imgcuda.digests import digest_of
from imgcuda.programs import outlines

if TYPE_CHECKING:
    from imgcuda.cpu.checks.site_table import Checklist


class Code(NamedTuple):
    """A kernel's machine code, and the letter of each argument's type, as `compile.argument_letter` returns it."""

    binary: LinkedCode | bytes
    """Linked code, or the object file if our linker does not know the system's object files."""
    arguments: tuple[str, ...]
    checklist: Checklist | None = None
    """In a checked build, the places in the source that its notes refer to."""
    written: tuple[int, ...] = ()
    """The positions of the arguments whose memory it may write to."""
    heap: int = 0
    """The bytes that it needs on the heap."""
    stack: int = 0
    """The most bytes that it needs on the stack."""
    sized_by_launch: bool = False
    """Whether it has `extern __shared__` arrays, whose size a launch gives."""
    prints: bool = False
    """Whether it calls printf."""
    constants: tuple[tuple[str, int], ...] = ()
    """The `__constant__` variables that a launch sets, and their bytes: arguments behind its own have them."""
    variables: tuple[tuple[str, int, bytes], ...] = ()
    """The `__device__` variables, their sizes and first bytes: the last arguments are their addresses."""
    sums: tuple[tuple[int, int], ...] = ()
    """The positions of the arguments that it only sums into, and the bytes of an element of each."""
    pointers: tuple[tuple[int, int], ...] = ()
    """The pointers in structures that are arguments: the position of the argument, and the offset in it."""


def cache_key(*parts: object) -> str:
    """Return a cache key: a digest of the compiler, the processor, and other parts."""
    return "cpu-" + digest_of([_compiler(), _processor(), *parts])


def stored(key: str) -> Code | None:
    """Return the code in the cache under a key; None if there is none, or if it has another form."""
    head, _, binary = (kernel_cache.get(key) or b"").partition(b"\n")
    try:
        letters, checklist, written, heap, stack, sized, prints, constants, variables, sums, pointers, linked = (
            json.loads(head)
        )
        known = None if checklist is None else _checklist(checklist)
        made = binary if linked is None else _image(binary, *linked)
        named = tuple((str(name), int(size)) for name, size in constants)
        sizes = int(heap), int(stack), bool(sized), bool(prints)
        first = tuple((str(name), int(size), bytes.fromhex(text)) for name, size, text in variables)
        summed = tuple((int(position), int(size)) for position, size in sums)
        within = tuple((int(position), int(offset)) for position, offset in pointers)
        told = named, first, summed, within
        return Code(made, tuple(letters), known, tuple(written), *sizes, *told) if binary else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _checklist(kept: dict[str, Any]) -> Checklist:
    from imgcuda.cpu.checks.site_table import Checklist  # most runs are not checked

    return Checklist.of(kept)


def store(key: str, code: Code) -> None:
    """Store a kernel's code in the cache."""
    image = code.binary if isinstance(code.binary, LinkedCode) else None
    linked = image and [image.code, image.functions, image.addresses]
    checks = code.checklist and asdict(code.checklist)
    first = [(name, size, text.hex()) for name, size, text in code.variables]
    by_launch = code.sized_by_launch, code.prints, code.constants, first, code.sums, code.pointers
    told = [code.arguments, checks, code.written, code.heap, code.stack, *by_launch, linked]
    binary = image.data if image else code.binary
    assert isinstance(binary, bytes)
    kernel_cache.put(key, json.dumps(told).encode() + b"\n" + binary)


def _image(data: bytes, code: int, functions: dict[str, int], addresses: list[Any]) -> LinkedCode:
    return LinkedCode(
        data,
        code,
        dict(functions),
        tuple(AddressSlot(int(at), int(target), str(name)) for at, target, name in addresses),
    )


def _processor() -> tuple[str, ...]:
    """Return a description of this processor: the system's, or else LLVM's."""
    if known := processor.identity():
        return (*known, sys.byteorder)
    return Machine.host().cpu, Machine.host().features, sys.byteorder


@cache
def _compiler() -> tuple[tuple[tuple[str, int, int], ...], ...]:
    """Return the stamps of the files of compiler, front end and llvmlite, as a part of the cache key."""
    specification = find_spec("llvmlite")
    assert specification is not None
    assert specification.origin is not None
    llvmlite = kernel_cache.stamps(Path(specification.origin).parent, deep=False)
    return kernel_cache.stamps(Path(__file__).parent), outlines.edition(), llvmlite

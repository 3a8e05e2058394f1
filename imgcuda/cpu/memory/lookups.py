"""Lookups in an array of exactly 256 bytes, which take a few shuffles for all lanes rather than a load for each.

An index within the array has 8 bits, and all numbers of 8 bits are within. So no lane needs a mask. The function is
declared here; `lookup_functions` defines it for the processor that the code is compiled for.
"""

from __future__ import annotations

from imgcuda.cpu.lookup_functions import NAME, SIZE
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.values.types import ArrayOf, Scalar, Type, innermost, size_of
from imgcuda.cpu.values.value import Address


def start_of_table(type: Type, place: str) -> str:
    """Return where an array begins, if it has exactly 256 elements of a byte; else an empty string."""
    fits = isinstance(type, ArrayOf) and size_of(type) == SIZE and size_of(innermost(type)) == 1
    return place if fits else ""


def is_lookup(address: Address, type: Scalar) -> bool:
    """Return whether each lane reads a byte of an array of 256, by an index from its beginning."""
    table = address.memory.table
    return table != "" and table == address.base and address.scale == size_of(type) == 1


def lookup(state: State, address: Address) -> str:
    """Emit a lookup, and return the bytes of all lanes."""
    assert address.index is not None
    bytes, indices = state.v.type("i8"), state.v.type(address.index.type)
    index = state.b.op(f"trunc {indices} {state.v.of(address.index)} to {bytes}")
    return state.b.call(f"{NAME}{state.v.width}", bytes, [("ptr", address.base), (bytes, index)])

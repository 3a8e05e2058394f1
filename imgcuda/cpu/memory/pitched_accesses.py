"""Loads and stores of lanes that are as far apart as a launch says, or further than a wide access pays: one by one.

A gather or a scatter takes longer, most of all a scatter. Where the launch says how far, threads mostly walk along
rows. A cache has room for few lines at addresses that are a multiple of 4 KiB apart, and rows of 1024 floats are. A
vector of 64 lanes that walk along such rows finds no line in the cache again, and takes ten times as long as a thread
after the other does. So kernels with such loops have short vectors.
"""

from __future__ import annotations

from dataclasses import replace

from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.memory.addresses import first_lane
from imgcuda.cpu.values.value import UNIFORM, Address, Pitched, Value

FEW = 8
"""The lanes of a vector in a kernel whose threads walk along rows."""


def pitched_load(state: State, address: Address, cell: str, size: int) -> str:
    """Load the lanes' elements, and return them as a vector."""
    return load_one_by_one(state, _places(state, address), cell, size)


def pitched_store(state: State, address: Address, cell: str, size: int, vector: str) -> None:
    """Store a vector's elements, in the order of the lanes."""
    store_one_by_one(state, _places(state, address), cell, size, vector)


def load_one_by_one(state: State, places: list[str], cell: str, size: int) -> str:
    """Load the element of each lane, and return them as a vector."""
    vector, made = state.v.type(cell), "poison"
    for lane, place in enumerate(places):
        element = state.b.op(f"load {cell}, ptr {place}, align {size}")
        made = state.b.op(f"insertelement {vector} {made}, {cell} {element}, i32 {lane}")
    return made


def store_one_by_one(state: State, places: list[str], cell: str, size: int, vector: str) -> None:
    """Store the element of each lane, in their order."""
    for lane, place in enumerate(places):
        element = state.b.op(f"extractelement {state.v.type(cell)} {vector}, i32 {lane}")
        state.b.do(f"store {cell} {element}, ptr {place}, align {size}")


def _places(state: State, address: Address) -> list[str]:
    """Return the addresses of the lanes."""
    index = address.index
    assert index is not None
    assert index.pitched is not None
    if index.pitched.wraps:
        return [_place(state, address, each) for each in _wrapped(state, index.pitched)]
    first = _place(state, address, index.pitched.first)
    pitch = Value(index.type, UNIFORM, index.pitched.pitch)
    step = state.b.op(f"mul i64 {state.math.widened(pitch).ir}, {address.scale}")
    offsets = [state.b.op(f"mul i64 {step}, {lane}") for lane in range(state.v.width)]
    return [state.b.op(f"getelementptr i8, ptr {first}, i64 {offset}") for offset in offsets]


def _place(state: State, address: Address, number: str) -> str:
    """Return the address for one number as the index."""
    assert address.index is not None
    return first_lane(state, replace(address, index=Value(address.index.type, UNIFORM, number)), number)


def _wrapped(state: State, pitched: Pitched) -> list[str]:
    """Return the lanes' indices, each computed in 32 bits, where they may wrap."""
    offsets = [state.b.op(f"mul i32 {pitched.pitch}, {lane}") for lane in range(state.v.width)]
    return [state.b.op(f"add i32 {pitched.first}, {offset}") for offset in offsets]

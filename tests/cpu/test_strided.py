"""Every second, third ... element, also backwards, and elements of a byte or two anywhere: in every width of vector."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from imgcuda.cpu import session
from imgcuda.programs.layout import Dim3
from support.matrix import every_third, exhaustive
from support.memory_pages import alone_in_memory
from support.small_kernels import NUMPY, run_exactly

BEFORE, BEHIND = 5, 7
"""Elements before the first and behind the last that belongs to the kernel."""


@pytest.mark.parametrize("width", [8, 32, exhaustive(16), exhaustive(64)])
@pytest.mark.parametrize("type", ["unsigned char", "float", *map(exhaustive, ("bool", "short", "double"))])
@pytest.mark.parametrize("step", every_third([2, 3, 4, 8, 9, 16, 17, -1, -2, -3]))
def test_only_the_teeth_are_written(step: int, type: str, width: int) -> None:
    """Each thread moves one element from its place in one array to its place in the other, and nothing beside it."""
    count = 128
    span = (count - 1) * abs(step) + 1
    back = span - 1 if step < 0 else 0
    source = f"""__global__ void k({type} *out, const {type} *in) {{
        int x = blockIdx.x * blockDim.x + threadIdx.x; out[x * {step} + {BEFORE + back}] = in[x * {step} + {back}];
    }}"""
    given = np.random.default_rng(abs(step)).integers(0, 200, span).astype(NUMPY[type])
    out = np.full(BEFORE + span + BEHIND, 1, NUMPY[type])
    wanted = out.copy()
    wanted[BEFORE : BEFORE + span : abs(step)] = given[:: abs(step)]
    arrays = [session.as_device_array(out), session.as_device_array(given)]
    run_exactly(source, arrays, "k", Dim3(2), Dim3(64), width=width)
    assert (out == wanted).all()


@pytest.mark.parametrize("width", [8, exhaustive(64)])
@pytest.mark.parametrize(
    "fields", every_third(["{type} at[3];", "{type} a, b[2];", "{type} at[17];", "{type} at[2][2];"])
)
@pytest.mark.parametrize("type", ["unsigned char", "float"])
@pytest.mark.parametrize(("to", "of"), [("x", "x"), ("x", "back"), ("back", "x"), ("back", "back")])
def test_neighboring_structures_in_either_order(to: str, of: str, type: str, fields: str, width: int) -> None:
    """Each thread moves a structure, of which the last threads, fewer than a vector, lie outside of the array."""
    count, size = 123, {"{type} at[17];": 17, "{type} at[2][2];": 4}.get(fields, 3)
    source = f"""struct unit {{ {fields.format(type=type)} }};
    __global__ void k({type} *out, const {type} *in) {{
        int x = blockIdx.x * blockDim.x + threadIdx.x, back = {count - 1} - x;
        if (x < {count}) ((unit *)out + {BEFORE})[{to}] = ((const unit *)in)[{of}];
    }}"""
    given = np.random.default_rng(size).integers(0, 200, (count, size)).astype(NUMPY[type])
    out = np.full((BEFORE + count + BEHIND, size), 1, NUMPY[type])
    wanted = out.copy()
    wanted[BEFORE : BEFORE + count] = given if to == of else given[::-1]
    arrays = [session.as_device_array(out), session.as_device_array(given)]
    run_exactly(source, arrays, "k", Dim3(2), Dim3(64), width=width)
    assert (out == wanted).all()


@pytest.mark.parametrize("width", [32, *map(exhaustive, (8, 16, 64))])
@pytest.mark.parametrize("index", ["int", "unsigned int", "long long"])
@pytest.mark.parametrize("type", ["unsigned char", "short"])
def test_elements_anywhere(type: str, index: str, width: int) -> None:
    """All threads read, and then some; some write, and of those that write to one place the last one wins."""
    source = f"""__global__ void k({type} *out, const {type} *in, const {index} *where) {{
        int x = threadIdx.x;
        {index} i = where[x];
        {type} value = in[i];
        if (x % 3 == 0) {{ {type} *row = out + 3; row[i - 3] = value + in[i ^ 1]; }}
    }}"""
    given, where = np.arange(100).astype(NUMPY[type]), np.random.default_rng(2).permutation(96)[:64] | 4
    out = np.zeros(100, NUMPY[type])
    arrays = [session.as_device_array(each) for each in (out, given, where.astype(NUMPY[index]))]
    run_exactly(source, arrays, "k", Dim3(1), Dim3(64), width=width)
    wanted = np.zeros(100, NUMPY[type])
    for x in range(0, 64, 3):
        wanted[where[x]] = given[where[x]] + given[where[x] ^ 1]
    assert out.tolist() == wanted.tolist()


NEAR: dict[str, Callable[[int], int]] = {
    "x / 6 * 3 + x % 3": lambda x: x // 6 * 3 + x % 3,  # RGB twice as wide: it goes back by a pixel
    "x": lambda x: x,
    "x * 7 / 4": lambda x: x * 7 // 4,  # 26 bytes for 16 threads, about as far as a window reaches
    "x * 9 / 5": lambda x: x * 9 // 5,
    "min(x * 2, 63)": lambda x: min(x * 2, 63),
    "(x & ~15) + (x & 1) * 27": lambda x: (x & ~15) + (x & 1) * 27,
    "(x & ~15) + (x & 1) * 28": lambda x: (x & ~15) + (x & 1) * 28,
    "16 + (x & ~15) - (x & 1) * 4": lambda x: 16 + (x & ~15) - (x & 1) * 4,
    "16 + (x & ~15) - (x & 1) * 5": lambda x: 16 + (x & ~15) - (x & 1) * 5,
    "63 - x": lambda x: 63 - x,
    "x * 37 % 64": lambda x: x * 37 % 64,
    "x == 40 ? 3 : x": lambda x: 3 if x == 40 else x,
}
"""Indices of bytes by a thread's number, in C and in Python."""


@pytest.mark.parametrize("width", [32, exhaustive(16), exhaustive(64)])
@pytest.mark.parametrize("index", NEAR)
def test_bytes_near_each_other_at_both_ends_of_memory(index: str, width: int) -> None:
    source = f"""__global__ void k(unsigned char *out, const unsigned char *in) {{
        int x = threadIdx.x; out[x] = in[{index}];
    }}"""
    wanted = [NEAR[index](x) for x in range(64)]
    for at_end in (False, True):
        out, given = np.zeros(64, np.uint8), alone_in_memory(np.arange(max(wanted) + 1, dtype=np.uint8), at_end)
        arrays = [session.as_device_array(out), session.as_device_array(given)]
        run_exactly(source, arrays, "k", Dim3(1), Dim3(64), width=width)
        assert out.tolist() == wanted

"""Every second, third ... element, also backwards, and elements of a byte or two anywhere: in every width of vector."""

from __future__ import annotations

import numpy as np
import pytest

from imgcuda.cpu import session
from imgcuda.programs.layout import Dim3
from support.small_kernels import NUMPY, run_exactly

BEFORE, BEHIND = 5, 7
"""Elements before the first and behind the last that belongs to the kernel."""


@pytest.mark.parametrize("width", [8, 16, 32, 64])
@pytest.mark.parametrize("type", ["unsigned char", "bool", "short", "float", "double"])
@pytest.mark.parametrize("step", [2, 3, 4, 8, 9, 16, 17, -1, -2, -3])
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


@pytest.mark.parametrize("width", [8, 16, 32, 64])
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

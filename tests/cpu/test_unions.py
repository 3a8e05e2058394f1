"""Unions: one field is written and another read, in a thread's own variables and in every kind of memory."""

from __future__ import annotations

import numpy as np
import pytest

from imgcuda import KernelError, kernels
from support.small_kernels import values

BITS = "union bits { float f; int i; unsigned char b[4]; short s[2]; };"
FLOATS = np.random.default_rng(0).standard_normal(200).astype(np.float32)
WORDS = FLOATS.view(np.int32)


@pytest.mark.parametrize("block", [32, 64, 40, 7])
@pytest.mark.parametrize("guard", ["", "if (i % 3 == 0) return;"])
def test_the_bits_of_a_float_are_those_that_numpy_sees(block: int, guard: str) -> None:
    text = f"""{BITS}
    __global__ void k(const float *in, int n, int *whole, int *byte, int *low) {{
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        {guard}
        if (i >= n) return;
        bits u;
        u.f = in[i];
        whole[i] = u.i;
        byte[i] = u.b[i & 3];
        if (u.i < 0) u.s[1] = i; else u.b[0] = 9;
        low[i] = u.i;
    }}"""
    out = [np.zeros(200, np.int32) for _ in range(3)]
    kernels.compile(text).k(FLOATS, 200, *out, grid=-(-200 // block), block=block, device="cpu")
    kept = np.arange(200) % 3 > 0 if guard else np.ones(200, bool)
    bytes = FLOATS.view(np.uint8).reshape(200, 4)
    number = np.arange(200)
    changed = np.where(WORDS < 0, (number << 16) | (WORDS & 0xFFFF), (WORDS & ~0xFF) | 9)
    for made, wanted in zip(out, (WORDS, bytes[number, number & 3], changed), strict=True):
        assert (made == np.where(kept, wanted, 0)).all()


def test_unions_in_shared_and_global_memory_by_value_and_in_structures() -> None:
    text = f"""{BITS} struct both {{ int n; bits u; }};
    __device__ bits swapped(bits u) {{ unsigned char t = u.b[0]; u.b[0] = u.b[3]; u.b[3] = t; return u; }}
    __global__ void plus(bits *memory, both given) {{ memory[threadIdx.x].i += given.u.b[1]; }}
    __global__ void k(bits *memory) {{
        __shared__ bits tile[64];
        int i = threadIdx.x;
        tile[63 - i] = memory[i];
        __syncthreads();
        both own = {{1, {{2.0f}}}};
        if (i & 1) own.u = swapped(tile[i]);
        own.u.i += own.n;
        memory[i] = own.u;
    }}"""
    memory = FLOATS[:64].copy()
    given = np.array((0, 0x1234), np.dtype([("n", "i4"), ("u", "i4")]))
    module = kernels.compile(text)
    module.k(memory, grid=1, block=64, device="cpu")
    module.plus(memory, given, grid=1, block=64, device="cpu")
    swapped = np.ascontiguousarray(FLOATS[63::-1]).view(np.uint8).reshape(64, 4)[:, [3, 1, 2, 0]].copy().view(np.int32)
    odd = np.arange(64) % 2 == 1
    assert (memory.view(np.int32) == np.where(odd, swapped[:, 0], 0x40000000) + 0x12 + 1).all()


def test_a_copy_keeps_all_bits_whatever_the_fields_are() -> None:
    before = "union mixed { bool t; struct { char c; short s; } p; unsigned long long all; float2 v; };"
    body = (
        "mixed a, b; a.all = 0x8182838485868788ULL + x; b = a; mixed c = b; out[x] = c.all == a.all && c.p.c == b.p.c;"
    )
    assert values(body, before=before).all()


def test_unions_run_checked() -> None:
    with kernels.checked():
        test_the_bits_of_a_float_are_those_that_numpy_sees(40, "")
        test_unions_in_shared_and_global_memory_by_value_and_in_structures()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("bits u = {1.0f, 2}; out[x] = u.i;", "there are more values here than 'u', a bits, has room for"),
        ("bits u; u.f = x; __syncthreads(); out[x] = u.i;", "a union that is used behind a barrier.*__float_as_int"),
        ("bits u; u.d = 1;", "a bits has no field 'd'"),
    ],
)
def test_what_no_union_can_do_is_refused(body: str, said: str) -> None:
    with pytest.raises(KernelError, match=said):
        values(body, before=BITS)

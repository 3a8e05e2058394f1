"""Vectors of two registers of AVX2, for kernels that move bytes and do little more."""

from __future__ import annotations

import numpy as np
import pytest

from imgcuda.cpu import session
from imgcuda.cpu.compile import to_llvm
from imgcuda.cpu.machine import Machine
from imgcuda.programs.layout import Dim3
from support.small_kernels import program, run_exactly

AVX2 = Machine("x86-64-v3", "+avx,+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt,+movbe,+popcnt")
HOST = Machine.host()
BODIES = {
    "bytes that move": ("unsigned char", "out[x] = in[n - 1 - x];", 64),
    "bytes that are inverted": ("unsigned char", "out[x] = ~in[x];", 64),
    "bytes that become floats": ("unsigned char", "out[x] = (unsigned char)(in[x] * 0.5f);", 32),
    "longer numbers": ("unsigned short", "out[x] = in[n - 1 - x];", 32),
    "bytes between barriers": (
        "unsigned char",
        "__shared__ unsigned char all[64]; all[x] = in[x]; __syncthreads(); out[x] = all[63 - x];",
        32,
    ),
}


@pytest.fixture(autouse=True)
def processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "host", lambda: AVX2)


def kernel(type: str, body: str) -> str:
    return f"""__global__ void k({type} *out, const {type} *in, int n) {{
        int x = threadIdx.x; if (x < n) {{ {body} }}
    }}"""


@pytest.mark.parametrize(("type", "body", "width"), BODIES.values(), ids=BODIES)
def test_only_kernels_that_move_bytes_have_longer_vectors(type: str, body: str, width: int) -> None:
    source = kernel(type, body).replace("if (x < n)", "") if "sync" in body else kernel(type, body)
    assert to_llvm(program(source), "k", Dim3(64)).width == width


def test_vectors_are_not_longer_than_a_row_of_threads() -> None:
    source = kernel(*BODIES["bytes that move"][:2])
    assert [to_llvm(program(source), "k", Dim3(threads)).width for threads in (32, 96, 128)] == [32, 32, 64]


@pytest.mark.skipif("+avx2" not in HOST.features, reason="this processor has no AVX2")
@pytest.mark.parametrize("threads", [64, 96])
@pytest.mark.parametrize("name", ["bytes that move", "bytes that are inverted"])
def test_longer_vectors_give_the_same(name: str, threads: int) -> None:
    given, out = np.arange(41, dtype=np.uint8), np.zeros(41, np.uint8)
    arrays = [session.as_device_array(each) for each in (out, given)]
    run_exactly(kernel(*BODIES[name][:2]), [*arrays, np.int32(41)], "k", Dim3(1), Dim3(threads))
    assert out.tolist() == (given[::-1] if name == "bytes that move" else ~given).tolist()

"""Integers that were widened from bytes and are stored as bytes: minima, maxima and variables are as in C."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from imgcuda.cpu.compile import to_llvm
from imgcuda.programs.layout import Dim3
from support.small_kernels import check, launch, program

BYTES = "const unsigned char *a, const signed char *b, const unsigned short *c"

CASES: list[tuple[str, Callable[[int, int, int], int]]] = [
    ("int v = max((int)a[x], 100); out[x] = min(v, 200);", lambda a, b, c: min(max(a, 100), 200)),
    ("int v = max((int)a[x], -5); out[x] = min(v, 300);", lambda a, b, c: a),
    ("out[x] = min((int)a[x], -5);", lambda a, b, c: -5),
    ("out[x] = max((int)a[x], 300);", lambda a, b, c: 300),
    ("out[x] = max((int)b[x], (int)a[x]);", lambda a, b, c: max(a, b)),
    ("out[x] = min((int)b[x], -3);", lambda a, b, c: min(b, -3)),
    ("out[x] = (int)min((unsigned int)b[x], 7u);", lambda a, b, c: min(b % 2**32, 7)),
    ("out[x] = max((int)c[x], (int)a[x]);", lambda a, b, c: max(a, c)),
    ("int v = a[x]; v = max(v, 90); v = v - 100; out[x] = v;", lambda a, b, c: max(a, 90) - 100),
    ("int v = a[x]; v = v * 300; out[x] = v;", lambda a, b, c: a * 300),
    ("int v = a[x]; v = c[x]; out[x] = v;", lambda a, b, c: c),
    ("int v = a[x]; v = b[x]; out[x] = v;", lambda a, b, c: b),
    ("int v = a[x]; if (v & 1) v = 7; out[x] = v;", lambda a, b, c: 7 if a & 1 else a),
    ("int v = a[x]; if (v & 1) v = -1; out[x] = v;", lambda a, b, c: -1 if a & 1 else a),
    ("int v = 0; for (int i = 0; i < 3; i++) v = max(v, (int)a[x] - i); out[x] = v;", lambda a, b, c: a),
    ("int v = 255; for (int i = 0; i < 3; i++) { v = min(v, (int)a[x]); } out[x] = v << 8;", lambda a, b, c: a << 8),
    ("int v = 3; v = a[x]; v++; out[x] = v;", lambda a, b, c: a + 1),
    ("int v = a[x], w = c[x] & 255; int low = min(v, w); w = max(v, w); v = low; out[x] = w * 1000 + v;",
     lambda a, b, c: max(a, c & 255) * 1000 + min(a, c & 255)),
    ("long long v = a[x]; v = max(v, (long long)b[x]); out[x] = (int)v;", lambda a, b, c: max(a, b)),
    ("unsigned char v = a[x]; v = min(v, (unsigned char)200); v += 100; out[x] = v;",
     lambda a, b, c: (min(a, 200) + 100) % 256),
    ("short v = a[x]; v = min(v, (short)100); v = (short)(v - 200); out[x] = v;", lambda a, b, c: min(a, 100) - 200),
    ("int v = a[x]; while (v > 100) v = v - (v & 1 ? 1 : v / 2); out[x] = v;", lambda a, b, c: _halved(a)),
]  # fmt: skip


def _halved(a: int) -> int:
    while a > 100:
        a -= 1 if a & 1 else a // 2
    return a


@pytest.mark.parametrize(("body", "expected"), CASES, ids=[body for body, _ in CASES])
def test_bytes_in_integers(body: str, expected: Callable[[int, int, int], int]) -> None:
    given = np.arange(256)
    a, b, c = given.astype(np.uint8), given.astype(np.int8), (given * 251).astype(np.uint16)
    out = np.zeros(256, np.int32)
    launch(f"__global__ void k(int *out, {BYTES}) {{ int x = threadIdx.x; {body} }}", out, a, b, c, block=256)
    assert out.tolist() == [expected(int(i), int(j), int(k)) for i, j, k in zip(a, b, c, strict=True)]


def test_an_exchange_of_integers_is_one_of_bytes() -> None:
    exchange = "int low = min(v, w); w = max(v, w); v = low;"
    source = f"""__global__ void k(unsigned char *out, const unsigned char *a) {{
        int x = threadIdx.x, v = a[x], w = a[x + 1]; {exchange} out[x] = v; out[x + 64] = w;
    }}"""
    text = to_llvm(program(source), "k", Dim3(64), width=32).ir
    assert "@llvm.umin.v32i8(" in text and "@llvm.smin.v32i32(" not in text


def test_threads_number_in_minima_is_no_byte() -> None:
    check("int v = x; v = max(v, 10) * 1000; out[x] = v;", lambda x: max(x, 10) * 1000)

"""Pointers, arrays, structures, vector types and tables: what stands before the kernel, its body, and what `out[x]` must be."""

# ruff: noqa: E501 - a case is one line
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from support.matrix import every_third
from support.small_kernels import check, launch, s, u

P = "struct P { int a; unsigned char b; float c; };"
V = "struct V { int n; int v[4]; };"
CASES: list[tuple[str, str, Callable[[int], int]]] = [
    # ---- pointers
    ("", "*(in + x) + *in", lambda x: x),
    ("", "(in + 5)[x % 4]", lambda x: 5 + x % 4),
    ("", "x[in]", lambda x: x),
    ("", "int i = 39 - x; out[x] = in[i + blockIdx.x];", lambda x: 39 - x),
    ("", "int i = 39 - x; out[39 - x] = in[i * 1u];", lambda x: x),
    ("", "unsigned int i = 4294967295u * threadIdx.x; out[x] = in[i + 39];", lambda x: 39 - x),
    (
        "",
        "unsigned int i = 39 - x; out[x] = (i < 20) * 100 + (i > 10) * 10 + i % 7;",
        lambda x: (x > 19) * 100 + (x < 29) * 10 + (39 - x) % 7,
    ),
    ("", "const int *p = in + x; out[x] = p[0] + p - in;", lambda x: 2 * x),
    ("", "const int *p = in; p += x; p++; --p; out[x] = *p;", lambda x: x),
    ("", "const int *p = in; for (int i = 0; i < x; i++) p++; out[x] = *p;", lambda x: x),
    (
        "",
        "const int *p = in + 3, *q = in + x; out[x] = (q - p) * 10 + (p < q) + (p == q) * 2;",
        lambda x: (x - 3) * 10 + (x > 3) + (x == 3) * 2,
    ),
    ("", "int *p = &out[x]; *p = 5; p[0] += x;", lambda x: 5 + x),
    ("", "const int *p = x & 1 ? in : in + 10; out[x] = *p;", lambda x: 0 if x & 1 else 10),
    ("", "const int *p = x & 1 ? in : out; out[x] = p == in;", lambda x: x & 1),
    ("", "const int *p; if (x & 1) p = in + x; else p = in; out[x] = *p + p[0];", lambda x: 2 * x if x & 1 else 0),
    ("", "const int *p = in; if (x > 5) p += x; out[x] = *p;", lambda x: x if x > 5 else 0),
    ("", "const int *p = n > 5 ? in + 1 : in; out[x] = p[x % 8];", lambda x: 1 + x % 8),
    (
        "",
        "const int *p = in, *e = in + x; int r = 0; while (p != e) r += *p++; out[x] = r;",
        lambda x: x * (x - 1) // 2,
    ),
    ("", "int r = 0; for (const int *p = in; p < in + x; p += 2) r += *p; out[x] = r;", lambda x: sum(range(0, x, 2))),
    ("", "const unsigned char *p = (const unsigned char *)in; out[x] = p[4 * x] + p[4 * x + 1];", lambda x: x),
    ("", "const short *p = (const short *)(in + x); out[x] = p[0] * 10 + p[1];", lambda x: 10 * x),
    (
        "",
        "const int2 *p = (const int2 *)in; int2 v = p[x % 20]; out[x] = v.x * 100 + v.y;",
        lambda x: (2 * (x % 20)) * 101 + 1,
    ),
    ("", "*((int *)((char *)out + 4 * x)) = x + 1;", lambda x: x + 1),
    ("", "unsigned i = threadIdx.x - 3u; out[x] = x >= 3 ? in[i] : -1;", lambda x: x - 3 if x >= 3 else -1),
    ("", "out[x] = x >= 3 ? in[threadIdx.x - 3u] : -1;", lambda x: x - 3 if x >= 3 else -1),
    ("", "long long i = x; size_t j = i + 1; out[x] = in[i] + in[j % 40];", lambda x: x + (x + 1) % 40),
    ("", "int a = 5; int *p = &a; *p += x; out[x] = a;", lambda x: 5 + x),
    (
        "",
        "int a = 5, b = 6; int *p = &a, *q = &b; *p = *q + x; *q = 1; out[x] = a * 10 + b;",
        lambda x: (6 + x) * 10 + 1,
    ),
    ("", "const int *p = &in[x]; out[x] = p[0] + *(p - x);", lambda x: x),
    # ---- arrays of each thread's own
    ("", "int a[4] = {1, 2, 3, 4}; out[x] = a[x & 3];", lambda x: (x & 3) + 1),
    (
        "",
        "int a[4]; for (int i = 0; i < 4; i++) a[i] = i * x; out[x] = a[3] + a[x & 3];",
        lambda x: 3 * x + (x & 3) * x,
    ),
    (
        "",
        "int a[4] = {7}; a[x & 3] = x; out[x] = a[0] + a[1] * 2 + a[2] * 3 + a[3] * 4;",
        lambda x: (7 if x & 3 else 0) + x * ((x & 3) + 1),
    ),
    ("", "unsigned char a[] = {250, 251, 252}; a[x % 3] += 10; out[x] = a[0] + a[1] + a[2];", lambda x: 753 - 246),
    (
        "",
        "int a[3][4]; for (int i = 0; i < 3; i++) for (int j = 0; j < 4; j++) a[i][j] = i * 10 + j + x; out[x] = a[2][x & 3] + a[x % 3][0] + *a[1];",
        lambda x: 20 + (x & 3) + x + (x % 3) * 10 + x + 10 + x,
    ),
    (
        "",
        "int a[2][3] = {{1, 2}, {4}}; out[x] = a[0][0] + a[0][1] * 10 + a[0][2] * 100 + a[1][0] * 1000 + a[x & 1][2];",
        lambda x: 4021,
    ),
    ("", "int a[2][3] = {1, 2, 3, 4, 5}; out[x] = a[x & 1][x % 3];", lambda x: [[1, 2, 3], [4, 5, 0]][x & 1][x % 3]),
    (
        "",
        "int a[2][2][2] = {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}; out[x] = a[x & 1][x >> 1 & 1][x >> 2 & 1];",
        lambda x: 1 + 4 * (x & 1) + 2 * (x >> 1 & 1) + (x >> 2 & 1),
    ),
    (
        "",
        "int a[8] = {}; int *p = a + 2; p[1] = x; *(p + (x & 3)) += 1; out[x] = a[3] * 10 + a[2];",
        lambda x: (x + ((x & 3) == 1)) * 10 + (not x & 3),
    ),
    (
        "",
        "int a[4] = {4, 3, 2, 1}; int *p = a; int r = 0; for (int i = 0; i < 4; i++) r = r * 10 + *p++; out[x] = r;",
        lambda x: 4321,
    ),
    ("", "int a[4] = {4, 3, 2, 1}; int *p = a; if (x & 1) p++; if (x & 2) p += 2; out[x] = *p;", lambda x: 4 - (x & 3)),
    (
        "",
        "int a[5]; for (int i = 0; i < 5; i++) a[i] = (x * 7 + i * 5) % 11; for (int i = 0; i < 5; i++) for (int j = 0; j + 1 < 5; j++)"
        " if (a[j] > a[j + 1]) { int t = a[j]; a[j] = a[j + 1]; a[j + 1] = t; } out[x] = a[0] * 100 + a[2];",
        lambda x: (lambda a: a[0] * 100 + a[2])(sorted((x * 7 + i * 5) % 11 for i in range(5))),
    ),
    (
        "",
        "int a[3] = {0, 0, 0}; if (x > 3) { a[1] = x; } else { a[x & 1] = 9; } out[x] = a[0] * 100 + a[1];",
        lambda x: x if x > 3 else 9 if x & 1 else 900,
    ),
    ("", "bool a[3] = {true, false}; a[2] = x; out[x] = a[0] + a[1] * 10 + a[2] * 100;", lambda x: 1 + 100 * (x > 0)),
    (
        "",
        "float a[2] = {1.5f, 2}; a[x & 1] *= x; out[x] = a[0] * 2 + a[1] * 100;",
        lambda x: 3 + 200 * x if x & 1 else 3 * x + 200,
    ),
    ("", "long long a[2] = {1LL << 40, x}; out[x] = (a[0] >> 38) + a[1];", lambda x: 4 + x),
    ("", "int a[6] = {1, 2, 3, 4, 5, 6}; out[x] = sizeof(a) / sizeof(a[0]) + sizeof(a[x]);", lambda x: 10),
    (
        "",
        "int a[2][3]; out[x] = sizeof(a) + sizeof(a[0]) * 100 + sizeof(a[0][0]) * 10000;",
        lambda x: 24 + 1200 + 40000,
    ),
    (
        "",
        "for (int i = 0; i < 3; i++) { int a[2] = {i, x}; if (x == i) { a[0] = 50; } out[x] += a[0] + a[1]; }",
        lambda x: 3 * x + 3 + (50 - x if x < 3 else 0),
    ),
    # ---- structures
    (P, "P p; p.a = x; p.b = x + 250; p.c = 0.5f; out[x] = p.a + p.b * p.c;", lambda x: int(x + u(x + 250, 8) * 0.5)),
    (
        P,
        "P p = {x, 300, 2.5f}; P q = p; q.a = 1; out[x] = p.a * 1000 + p.b * 10 + (int)p.c + q.a;",
        lambda x: 1000 * x + 440 + 3,
    ),
    (P, "P p = {}; if (x & 1) p.a = x; out[x] = p.a + p.b;", lambda x: x if x & 1 else 0),
    (P, "P p = {1, 2, 3}, q = {4, 5, 6}; P r = x & 1 ? p : q; out[x] = r.a * 10 + r.b;", lambda x: 12 if x & 1 else 45),
    (
        P,
        "P p[3] = {{1, 2, 3}, {4, 5}, {x}}; out[x] = p[0].c + p[1].b * 10 + p[2].a * 100 + p[x % 3].a * 10000;",
        lambda x: 53 + 100 * x + 10000 * [1, 4, x][x % 3],
    ),
    (
        P,
        "P p[2]; p[0].a = 1; p[1].a = x; P q = p[x & 1]; q.a += 5; out[x] = q.a * 100 + p[0].a;",
        lambda x: ((x if x & 1 else 1) + 5) * 100 + 1,
    ),
    (P, "P p; P *q = &p; q->a = x; q->b = 7; out[x] = p.a * 10 + p.b;", lambda x: 10 * x + 7),
    (P, "out[x] = sizeof(P) + sizeof(struct P) * 100;", lambda x: 1212),
    (
        V,
        "V v = {2, {1, 2, 3, 4}}; v.v[x & 3] += 10; V w = v; w.v[0] = 9; out[x] = v.v[0] + v.v[1] * 100 + w.v[0] * 10000 + v.n * 1000000;",
        lambda x: (11 if x & 3 == 0 else 1) + (12 if x & 3 == 1 else 2) * 100 + 90000 + 2000000,
    ),
    (
        V,
        "V v[2]; for (int i = 0; i < 2; i++) for (int j = 0; j < 4; j++) v[i].v[j] = i * 10 + j; v[1].n = x; out[x] = v[x & 1].v[x >> 1 & 3] + v[1].n * 100;",
        lambda x: (x & 1) * 10 + (x >> 1 & 3) + 100 * x,
    ),
    (
        V,
        "V v = {1, 2, 3, 4, 5}; int *p = v.v; p[1] = x; out[x] = v.v[1] * 10 + v.v[3] + sizeof(v) * 10000;",
        lambda x: 10 * x + 5 + 200000,
    ),
    (V, "V v = {1}; V w = {2}; if (x > 3) v = w; out[x] = v.n * 10 + v.v[2];", lambda x: 20 if x > 3 else 10),
    (
        "struct A { int a; struct B { short b; float c; } b; };".replace(
            "struct B { short b; float c; } b", "B b"
        ).replace("struct A", "struct B { short b; float c; }; struct A"),
        "A a = {x, {70000, 1.5f}}; a.b.c += 1; out[x] = a.a + a.b.b + (int)(a.b.c * 2);",
        lambda x: x + 4464 + 5,
    ),
    ("typedef struct { int r, i; } C;", "C c = {x, 2}; c.r *= 2; out[x] = c.r + c.i;", lambda x: 2 * x + 2),
    (
        "struct Q { int a[2]; P p; };".replace("struct Q", P + " struct Q"),
        "Q q = {{1, 2}, {x, 4, 5}}; Q r[2] = {q, q}; r[1].p.a++; r[x & 1].a[1] = 7;"
        " out[x] = r[0].a[1] + r[1].a[1] * 10 + r[1].p.a * 100;",
        lambda x: (2 if x & 1 else 7) + (70 if x & 1 else 20) + 100 * (x + 1),
    ),
    # ---- structures in memory
    (
        P,
        "P *p = (P *)out; if (x < 10) { p[x].a = x; p[x].b = 200; p[x].c = 0; } else if (x >= 30) out[x] = 5;",
        lambda x: (x // 3 if x % 3 == 0 else s(200) if x % 3 == 1 else 0) if x < 30 else 5,
    ),
    (
        "struct T { unsigned char r, g, b; };",
        "const T *p = (const T *)in; T t = p[x]; out[x] = t.r + t.g * 256 + t.b * 65536;",
        lambda x: int.from_bytes(np.arange(40, dtype="<i4").tobytes()[3 * x : 3 * x + 3], "little"),
    ),
    (
        "struct __align__(8) T { int a, b; };",
        "T *p = (T *)out; T t = {x, -x}; if (x < 20) p[x] = t;",
        lambda x: -(x // 2) if x & 1 else x // 2,
    ),
    (
        V,
        "const V *p = (const V *)in; V v = p[x % 8]; out[x] = v.n * 100 + v.v[x & 3];",
        lambda x: x % 8 * 500 + x % 8 * 5 + 1 + (x & 3),
    ),
    (V, "const V *p = (const V *)in; out[x] = p[x % 8].v[2] + p->n;", lambda x: x % 8 * 5 + 3),
    # ---- vector types
    ("", "uchar3 p = make_uchar3(x, 250 + x, 3); out[x] = p.x + p.y + p.z;", lambda x: x + u(250 + x, 8) + 3),
    (
        "",
        "const uchar3 *p = (const uchar3 *)in; out[x] = p[x].x + p[x].y;",
        lambda x: sum(np.arange(40, dtype="<i4").tobytes()[3 * x : 3 * x + 2]),
    ),
    ("", "uchar4 *p = (uchar4 *)out; p[x] = make_uchar4(x, 1, 2, 0);", lambda x: x + 256 + 131072),
    ("", "uchar4 v = *(const uchar4 *)(in + x); out[x] = v.x * 2 + v.w;", lambda x: 2 * x),
    (
        "",
        "float2 v = make_float2(x, 0.5f); v.y += v.x; float2 w = v; w.x = 0; out[x] = v.x + v.y * 2;",
        lambda x: x + 2 * x + 1,
    ),
    (
        "",
        "int4 v = make_int4(1, 2, 3, x); int4 a[2] = {v, {5, 6, 7, 8}}; out[x] = a[x & 1].w + a[1].x * 100;",
        lambda x: (8 if x & 1 else x) + 500,
    ),
    ("", "dim3 d(3); out[x] = 4;".replace("dim3 d(3); ", ""), lambda x: 4),
    ("", "ushort2 v; v.x = 65535; v.y = x; v.x++; out[x] = v.x + v.y;", lambda x: x),
    # ---- tables
    ("__constant__ int t[5] = {5, 4, 3};", "t[x % 5] + t[2]", lambda x: [5, 4, 3, 0, 0][x % 5] + 3),
    (
        "__constant__ float t[2][2] = {{0.5f, 1}, {2, 4}};",
        "t[x & 1][x >> 1 & 1] * 10",
        lambda x: [5, 10, 20, 40][2 * (x & 1) + (x >> 1 & 1)],
    ),
    ("const unsigned char t[] = {255, 256, 'a', -1};", "t[x & 3] + sizeof(t)", lambda x: [255, 0, 97, 255][x & 3] + 4),
    (
        "static const int N = 3; const float K = N * 0.5f; enum { A, B = N + 2, C };",
        "int a[N] = {A, B, C}; out[x] = a[x % N] * 10 + (int)(K * 2);",
        lambda x: [0, 5, 6][x % 3] * 10 + 3,
    ),
    (
        "struct E { int a; unsigned char b; float c[2]; }; __constant__ E t[2] = {{1, 2, {3, 4}}, {5, 6, {7}}};",
        "t[x & 1].a * 1000 + t[x & 1].b * 100 + t[x & 1].c[0] * 10 + t[0].c[x & 1]",
        lambda x: 5673 + 1 if x & 1 else 1233,
    ),
    ("__constant__ float4 q = {1, 2, 3, 4};", "(int)(q.x + q.w * 10) + x", lambda x: 41 + x),
    ("constexpr int W = 2 * 4;", "int a[W]; a[W - 1] = x; out[x] = a[7] + W;", lambda x: x + 8),
    ("__constant__ long long t[2] = {1LL << 40, -5};", "(int)(t[0] >> 40) + (int)t[1]", lambda x: -4),
    ("__constant__ bool t[3] = {true, false, true};", "t[x % 3] + 1", lambda x: 1 + (x % 3 != 1)),
    (
        "",
        "const int t[3] = {3, 1, 2}; static const int u[2] = {10, 20}; out[x] = t[x % 3] + u[x & 1];",
        lambda x: [3, 1, 2][x % 3] + [10, 20][x & 1],
    ),
]


@pytest.mark.parametrize(("before", "body", "expected"), CASES, ids=[f"{before} {body}" for before, body, _ in CASES])
def test_memory(before: str, body: str, expected: Callable[[int], int]) -> None:
    check(body, expected, before=before)


COPIED = ["unsigned char", "char", "short", "unsigned short", "int", "unsigned int", "long long", "unsigned long long",
          "float", "double", "bool"]  # fmt: skip


@pytest.mark.parametrize(("step", "type"), every_third(product([1, 2, 3, 4, 5, -1], COPIED)))
def test_copying_every_type_with_every_step(type: str, step: int) -> None:
    from support.small_kernels import NUMPY

    given: Any = np.random.default_rng(0).integers(0, 2 if type == "bool" else 100, 300).astype(NUMPY[type])
    out = np.zeros(50, NUMPY[type])
    index = f"{step} * threadIdx.x + 3" if step > 0 else "60 - threadIdx.x"
    source = f"__global__ void k({type} *out, const {type} *in) {{ if (threadIdx.x < 50) out[threadIdx.x] = in[(int)({index})]; }}"
    launch(source, out, given, block=64)
    positions = [step * x + 3 if step > 0 else 60 - x for x in range(50)]
    assert out.tolist() == given[positions].tolist()


@pytest.mark.parametrize("step", [1, 2, 3, 5])
def test_writing_with_every_step_leaves_the_rest_alone(step: int) -> None:
    out = np.full(300, 7, np.uint8)
    launch(f"__global__ void k(unsigned char *out) {{ out[{step} * threadIdx.x] = threadIdx.x; }}", out, block=50)
    wanted = np.full(300, 7, np.uint8)
    wanted[: 50 * step : step] = np.arange(50)
    assert (out == wanted).all()


@pytest.mark.parametrize(
    ("base", "count"), every_third(product(["uchar", "short", "float", "int", "ushort"], [1, 2, 3, 4]))
)
def test_vector_types_lie_in_memory_as_in_cuda(base: str, count: int) -> None:
    """Each thread turns its vector about; three threads' vectors of three lie side by side."""
    types = {"uchar": np.uint8, "short": np.int16, "float": np.float32, "int": np.int32, "ushort": np.uint16}
    given = np.arange(40 * count).astype(types[base])
    out = np.zeros_like(given)
    turned = ", ".join(f"v.{axis}" for axis in reversed("xyzw"[:count]))
    source = f"""__global__ void k({base}{count} *out, const {base}{count} *in) {{
        int x = threadIdx.x;
        {base}{count} v = in[x];
        out[x] = make_{base}{count}({turned});
    }}"""
    launch(source, out, given, block=40)
    assert (out.reshape(40, count) == given.reshape(40, count)[:, ::-1]).all()

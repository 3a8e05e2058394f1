"""The author's own functions: each entry is the text before the kernel, its body, and the expected `out[x]`."""

# ruff: noqa: E501 - a case is one line
from collections.abc import Callable

import pytest

from support.small_kernels import check, s, u

CASES: list[tuple[str, str, Callable[[int], int]]] = [
    ("__device__ int f(int a) { return a * 2; }", "f(x) + f(f(3))", lambda x: 2 * x + 12),
    ("__device__ int f(int a) { a += 1; a *= 2; return a; }", "f(x) + x", lambda x: 2 * x + 2 + x),
    (
        "__device__ int f(int a) { if (a > 5) return 1; return 2; }",
        "f(x) * 10 + f(3)",
        lambda x: (1 if x > 5 else 2) * 10 + 2,
    ),
    (
        "__device__ int f(int a) { if (a & 1) { if (a & 2) return 1; a += 100; } else return 3; return a; }",
        "f(x)",
        lambda x: 3 if not x & 1 else 1 if x & 2 else x + 100,
    ),
    (
        "__device__ int f(int a) { for (int i = 0; i < 10; i++) if (i * i >= a) return i; return -1; }",
        "f(x)",
        lambda x: next((i for i in range(10) if i * i >= x), -1),
    ),
    (
        "__device__ int f(int a) { int r = 0; while (true) { if (r > a) return r; r += 4; } }",
        "f(x) + f(n)",
        lambda x: x // 4 * 4 + 4 + 44,
    ),
    ("__device__ unsigned char f(int a) { return a; }", "f(x + 250)", lambda x: u(x + 250, 8)),
    ("__device__ int f(unsigned char a) { return a; }", "f(x + 250)", lambda x: u(x + 250, 8)),
    ("__device__ int f(float a) { return a * 1.5f; }", "f(x)", lambda x: int(x * 1.5)),
    ("__device__ float f(int a, float b) { return a * b; }", "(int)f(x, 0.5f)", lambda x: x // 2),
    ("__device__ bool f(int a) { return a & 4; }", "f(x) + f(x)", lambda x: 2 * bool(x & 4)),
    ("__device__ void f(int &a) { a += 5; }", "int r = x; f(r); f(r); out[x] = r;", lambda x: x + 10),
    (
        "__device__ void f(int &a, int &b) { int t = a; a = b; b = t; }",
        "int p = x, q = 7; f(p, q); out[x] = p * 100 + q;",
        lambda x: 700 + x,
    ),
    (
        "__device__ void f(int &a) { if (a > 3) { a = 0; return; } a = 9; }",
        "int r = x; f(r); out[x] = r;",
        lambda x: 0 if x > 3 else 9,
    ),
    ("__device__ void f(int &a) { a++; }", "out[x] = x; f(out[x]);", lambda x: x + 1),
    ("__device__ void f(int &a) { a++; }", "int t[3] = {x, x, x}; f(t[1]); out[x] = t[0] + t[1];", lambda x: 2 * x + 1),
    (
        "struct P { int a, b; }; __device__ void f(int &a) { a++; }",
        "P p = {x, 3}; f(p.a); out[x] = p.a * 10 + p.b;",
        lambda x: (x + 1) * 10 + 3,
    ),
    ("__device__ void f(int *a) { *a += 5; }", "int r = x; f(&r); f(&r); out[x] = r;", lambda x: x + 10),
    (
        "__device__ void f(int *a, int *b) { int t = *a; *a = *b; *b = t; }",
        "int p = x, q = 7; if (x & 1) f(&p, &q); out[x] = p * 100 + q;",
        lambda x: 700 + x if x & 1 else 100 * x + 7,
    ),
    (
        "__device__ void f(float *s, float *c) { *s = 2; c[0] = 3; }",
        "float a, b; f(&a, &b); out[x] = a * 10 + b;",
        lambda x: 23,
    ),
    ("__device__ int f(const int *p, int i) { return p[i] + *p; }", "f(in, x) + f(in + 3, 1)", lambda x: x + 3 + 4),
    (
        "__device__ void f(int *p) { p++; *p = 5; p[-1] = 6; }",
        "int a[2] = {1, 2}; f(a); out[x] = a[0] * 10 + a[1];",
        lambda x: 65,
    ),
    (
        "__device__ int f(const int *p) { int r = 0; while (*p < 5) r += *p++; return r; }",
        "f(in) + f(in + 3)",
        lambda x: 10 + 7,
    ),
    (
        "__device__ int f(const int *p, const int *end) { int r = 0; for (; p < end; p++) r += *p; return r; }",
        "f(in, in + x)",
        lambda x: x * (x - 1) // 2,
    ),
    ("__device__ int f(const int *p) { p += 2; return *p; }", "f(in + x % 10) + in[0]", lambda x: x % 10 + 2),
    (
        "__device__ void f(int a[3], int v) { for (int i = 0; i < 3; i++) a[i] = v + i; }",
        "int a[3]; f(a, x); out[x] = a[0] + a[2] * 100;",
        lambda x: x + (x + 2) * 100,
    ),
    (
        "__device__ void f(int a[][2]) { a[1][0] = 5; a[0][1] = 7; }",
        "int a[2][2] = {{1, 2}, {3, 4}}; f(a); out[x] = a[0][0] * 1000 + a[0][1] * 100 + a[1][0] * 10 + a[1][1];",
        lambda x: 1754,
    ),
    ("__device__ const int *f(const int *p, int i) { return p + i; }", "*f(in, x) + f(in, 2)[1]", lambda x: x + 3),
    (
        "__device__ const int *f(const int *p, int i) { if (i & 1) return p; return p + i; }",
        "*f(in, x)",
        lambda x: 0 if x & 1 else x,
    ),
    (
        "struct P { int a; float b; }; __device__ P f(int a) { P p; p.a = a; p.b = a * 0.5f; return p; }",
        "P p = f(x); out[x] = p.a + (int)(p.b * 4);",
        lambda x: 3 * x,
    ),
    (
        "struct P { int a, b; }; __device__ P f(P p) { p.a += 1; return p; }",
        "P p = {x, 5}; P q = f(p); out[x] = p.a * 1000 + q.a * 10 + q.b;",
        lambda x: x * 1000 + (x + 1) * 10 + 5,
    ),
    (
        "struct P { int a, b; }; __device__ P f(int i) { P p = {1, 2}; if (i > 3) return p; p.a = 9; return p; }",
        "f(x).a * 10 + f(x).b",
        lambda x: 12 if x > 3 else 92,
    ),
    (
        "struct P { int a, b; }; __device__ void f(P *p, int v) { p->a = v; (*p).b = v + 1; }",
        "P p; f(&p, x); out[x] = p.a * 100 + p.b;",
        lambda x: 100 * x + x + 1,
    ),
    (
        "struct P { int a, b; }; __device__ int f(const P &p) { return p.a - p.b; }",
        "P p = {x, 2}; out[x] = f(p);",
        lambda x: x - 2,
    ),
    (
        "struct V { float v[3]; }; __device__ V f(V a, float k) { for (int i = 0; i < 3; i++) a.v[i] *= k; return a; }",
        "V a = {{1, 2, 3}}; V b = f(a, x); out[x] = b.v[0] + b.v[1] * 10 + b.v[2] * 100 + a.v[2] * 100000;",
        lambda x: 321 * x + 300000,
    ),
    (
        "struct V { int v[3]; }; __device__ V f(int a) { V r; for (int i = 0; i < 3; i++) r.v[i] = a + i; return r; }",
        "f(x).v[x % 3]",
        lambda x: x + x % 3,
    ),
    (
        "__device__ float4 f(float4 a, float b) { return make_float4(a.x * b, a.y * b, a.z, a.w); }",
        "float4 v = f(make_float4(1, 2, 3, x), 2); out[x] = v.x + v.y * 10 + v.z * 100 + v.w * 1000;",
        lambda x: 342 + 1000 * x,
    ),
    (
        "__device__ int g(int a) { return a + 1; } __device__ int f(int a) { return g(a) * g(g(a)); }",
        "f(x)",
        lambda x: (x + 1) * (x + 2),
    ),
    (
        "__device__ int g(int a); __device__ int f(int a) { return g(a) + 1; } __device__ int g(int a) { return a * 3; }",
        "f(x)",
        lambda x: 3 * x + 1,
    ),
    (
        "__device__ int f(int x) { int n = x * 2; { int x = 5; n += x; } return n + x; }",
        "f(x) + n",
        lambda x: 3 * x + 5 + 40,
    ),
    ("__device__ __forceinline__ static int f(int a) { return -a; }", "f(x)", lambda x: -x),
    ("static inline __host__ __device__ int f() { return 42; }", "f() + x", lambda x: 42 + x),
    ("__device__ int f(void) { return threadIdx.x + blockDim.x; }", "f()", lambda x: x + 40),
    ("__device__ int min(int a, int b) { return a * 100 + b; }", "min(x, 2)", lambda x: 100 * x + 2),
    (
        "__device__ void f(int *out, int i) { if (i > 5) return; out[i] = 3; }",
        "f(out, x); out[x] += 1;",
        lambda x: 1 if x > 5 else 4,
    ),
    (
        "__device__ void f(int *p, int i) { for (;;) { if (i <= 0) return; p[0] += i--; } }",
        "int a[1] = {0}; f(a, x % 5); out[x] = a[0];",
        lambda x: sum(range(x % 5 + 1)),
    ),
    (
        "__device__ int f(int a) { switch (a & 3) { case 0: return 7; case 1: a += 10; case 2: a += 100; break; default: return 1; } return a; }",
        "f(x)",
        lambda x: {0: 7, 1: x + 110, 2: x + 100, 3: 1}[x & 3],
    ),
    (
        "__device__ int f(int a) { return a > 3 ? a : -a; }",
        "x & 1 ? f(x) : f(x + 1)",
        lambda x: (lambda a: a if a > 3 else -a)(x if x & 1 else x + 1),
    ),
    (
        "__device__ int f(int a) { if (a == 0) return 1; int r = 1; for (int i = 1; i <= a; i++) { if (i > 6) return -1; r *= i; } return r; }",
        "f(x)",
        lambda x: -1 if x > 6 else [1, 1, 2, 6, 24, 120, 720][x],
    ),
    ("__device__ long long f(int a) { return (long long)a << 33; }", "(int)(f(x) >> 32)", lambda x: 2 * x),
    ("__device__ char f(int a) { return a * 50; }", "f(x) + 0", lambda x: s(50 * x, 8)),
    (
        "__constant__ int t[4] = {3, 1, 4, 1}; __device__ int f(const int *p, int i) { return p[i & 3]; }",
        "f(t, x) + f(t + 1, 1)",
        lambda x: [3, 1, 4, 1][x & 3] + 4,
    ),
]


@pytest.mark.parametrize(("before", "body", "expected"), CASES, ids=[f"{before} {body}" for before, body, _ in CASES])
def test_function(before: str, body: str, expected: Callable[[int], int]) -> None:
    check(body, expected, before=before)

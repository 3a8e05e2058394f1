"""What kernels of other projects are written with: the CPU engine runs it, and NVRTC takes the same text."""

# ruff: noqa: E501 - a case is one line
from __future__ import annotations

import math
import struct
from collections.abc import Callable

import pytest

from imgcuda.cuda.compile import Nvrtc
from imgcuda.errors import KernelError
from support.small_kernels import check, program


def _sum_of_pixel(x: int) -> int:
    p = [x & 255, 50, 3 * x & 255, 4 * x & 255]
    q = list(p)
    for i in range(x):
        q[i & 3] = (q[i & 3] + i * (i != 3)) & 255
    return sum(p) + ((q[0] | 1) + 256 * q[1]) + 7 + 8


PAIR = "struct P { int a, b; };"
PARTS = "struct Q { int n = 3; float f[2] = {1, 2}; }; struct P { int a = 5, b; Q q; };"
CASES: list[tuple[str, str, Callable[[int], int]]] = [
    # the namespace std
    ("#include <cmath>", "::max(std::abs(x - 5), (int)(::std::sqrt(9.0f)))", lambda x: max(abs(x - 5), 3)),
    ("#include <algorithm>\n#include <cstdint>", "std::uint8_t a = x + 250; out[x] = std::min((int)a, 255);", lambda x: (x + 250) % 256),
    ("#include <limits>", "(std::numeric_limits<unsigned char>::max() + x) * (std::numeric_limits<float>::lowest() < 0)", lambda x: 255 + x),
    ("const int Q = 3; enum { R = 4 }; __constant__ int T[2] = {5, 6}; namespace own { const int S = 7; } namespace own { namespace deep { const int U = 8; } }", "int Q = 50, R = 60, S = 70, U = 80; int T[2] = {x, x}; out[x] = Q + ::Q + ::R * R + ::T[1] + T[0] + own::S + (::own::deep::U == 8);", lambda x: 50 + 3 + 240 + 6 + x + 7 + 1),
    # headers
    ("#include <float.h>\n#include <climits>", "(FLT_MAX > 1e38f) + (FLT_EPSILON < 1e-6f) + (INT_MIN < -INT_MAX) + UCHAR_MAX + (DBL_MAX > FLT_MAX)", lambda x: 259),
    ("#include <math.h>\n#include <stdint.h>", "(int)(M_PI * 100 * x) + isinf(-INFINITY) * 1000 + isnan(NAN) * UINT8_MAX", lambda x: int(math.pi * 100 * x) + 1255),
    ("#include <math.h>\n__constant__ float t[2] = {INFINITY, 3};\n#include \"foo/bar.hpp\"\n#include <opencv2/core.hpp>", "isinf(t[0]) + (int)t[1]", lambda x: 4),
    # null pointers
    ("", "if (!out || in == nullptr) return; out[x] = (out && in) + (NULL != out);", lambda x: 2),
    ("__device__ int f(const int *p) { if (p == nullptr) return 5; return *p; }", "f(in + x) + f(nullptr) + f(x > 7 ? in : nullptr)", lambda x: x + 5 + (0 if x > 7 else 5)),
    ("", "int *p = nullptr; if (x > 3) p = out + x; if (p) *p = 7;", lambda x: 7 * (x > 3)),
    # operators as words
    ("", "(x == 1 and not(x == 2)) or x not_eq 5 xor 1", lambda x: int(x == 1 or (int(x != 5) ^ 1) != 0)),
    # references
    ("", "int a[2] = {1, 2}, b = 3; int &r = a[x & 1], &s = b; r = x; s += r; const int &t = b; out[x] = a[x & 1] + b + t;", lambda x: x + 2 * (3 + x)),
    (PAIR, "P p = {x, 1}; P &q = p; q.a += 2; for (int i = 0; i < 2; i++) { int &r = p.a; r = r * 2; int &s = p.b; s *= 2; } out[x] = p.a * 100 + p.b;", lambda x: (x + 2) * 400 + 4),
    # auto, values in braces, defaults
    (PAIR, "auto y = x * 0.5f; auto z = __popc(x) - 40; x += z > 0; const auto *p = in + x; auto &r = out[x]; auto q = P{3, x}; auto *o = &out[x]; r = (int)(y * 10) + *p + q.b; *o += 1;", lambda x: 5 * x + 2 * x + 1),
    (PAIR + "__device__ P f(int x) { if (x > 4) return {x, 2}; return P{1}; }", "f(x).a * 10 + f(x).b + (int)float4{1, 2, 3, 4}.z", lambda x: (10 * x + 2 if x > 4 else 10) + 3),
    (PARTS, "P p; P r{x}; P s[2]; out[x] = p.a + p.q.n + (int)p.q.f[1] + 100 * (r.a + r.q.n) + 10000 * (s[1].a + (int)s[x & 1].q.f[0]);", lambda x: 10 + 100 * (x + 3) + 60000),
    ("__device__ int f(int a, int b = 3, int c = 10); __device__ int f(int a, int b, int c) { return a * 10000 + b * 100 + c; }", "f(x) + f(1, x) + f(0, 0, x)", lambda x: 10000 * x + 310 + 10000 + 100 * x + 10 + x),
    ("const int Q = 3; enum { R = 4 }; __device__ int g(int a, int b = 1) { return a + b; } __device__ float g(float a) { return a; } __device__ int f(int a, int b = Q + g(R)); __device__ int f(int a, int b) { return a * 10 + b; }", "int Q = 50, R = 60; out[x] = f(x) + Q + R;", lambda x: 10 * x + 8 + 110),
    # operators of structures
    (PAIR + "__device__ P operator+(P a, P b) { return {a.a + b.a, a.b + b.b}; } __device__ P operator*(int k, P a) { return {k * a.a, k * a.b}; } __device__ P operator-(P a) { return {-a.a, -a.b}; } __device__ void operator+=(P &a, P b) { a = a + b; } __device__ bool operator==(P a, P b) { return a.a == b.a; }", "P p = {x, 2}; p += 3 * (p + P{1, 1}); out[x] = (-p).a * 100 + p.b + (p == p);", lambda x: -100 * (4 * x + 3) + 11 + 1),
    ('#include "helper_math.h"', "float3 a = make_float3(x, 2, 3), b = make_float3(1.0f); a += b * 2.0f; a = -(a - 1) / make_float3(1, 2, 4); int2 c = make_int2(x) + make_int2(1, 2); out[x] = (int)(100 * dot(a, b) + 10 * length(make_float2(3, 4))) + c.y * clamp(x, 2, 5) + (int)lerp(0.0f, 10.0f, 0.5f) + (int)(100 * normalize(make_float4(b, 1)).w) + (int)cross(a, b).x + max(make_uint2(1, x), make_uint2(3)).y;", lambda x: int(100 * (-(x + 1) - 1.5 - 1.0)) + 50 + (x + 2) * min(max(x, 2), 5) + 5 + 50 + int(-1.5 + 1) + max(x, 3)),
    # cooperative groups
    ("#include <cooperative_groups.h>\nnamespace cg = cooperative_groups; __device__ int f(cg::thread_block b, int v) { __shared__ int t[16]; t[b.thread_rank()] = v; cg::sync(b); return t[b.size() - 1 - b.thread_rank()]; }", "auto b = cg::this_thread_block(); cg::thread_block g = cooperative_groups::this_thread_block(); int r = f(b, x); g.sync(); out[x] = 100 * r + g.thread_index().x + g.group_index().y + b.dim_threads().x;", lambda x: 100 * (15 - x) + x + 16),
    # warps
    ("", "int v = x; v += __shfl_xor_sync(0xffffffff, v, 1); __syncwarp(); if (__any_sync(0xffff, x == 3)) v += __popc(__ballot_sync(__activemask(), x < 8)); out[x] = v + warpSize + __all_sync(~0u, x < 99);", lambda x: x + (x ^ 1) + 8 + 32 + 1),
    ("__device__ auto f(int v) -> int { return v + 1; }", "atomicAdd_system(&out[x], f(x));", lambda x: x + 1),
    ("__constant__ float w[3] = {1, 2, 3};", "int a[4] = {x, 1, 2, 3}, s = 0; for (auto &e : a) e *= 2; for (int e : a) { if (e == 4) continue; s += e; } for (const float f : w) s += (int)f; int m[2][2] = {{1, 2}, {3, 4}}; for (auto &row : m) for (int e : row) s += e; out[x] = s;", lambda x: (2 * x if x != 2 else 0) + 2 + 6 + 6 + 10),
    (PARTS, "P p = {.b = x, .q = {.n = 7}}; float4 v = {.y = 2}; P r{.a = 1}; out[x] = p.a + 10 * p.b + 1000 * p.q.n + (int)p.q.f[1] + (int)(v.x + v.y) + r.a + r.q.n;", lambda x: 5 + 10 * x + 7000 + 2 + 2 + 1 + 3),
    ("#include <stdint.h>\nenum kind : uint8_t { LOW, HIGH = 200 }; enum wide : long long { BIG = 5000000000LL }; struct K { kind a, b; };", "K k = {HIGH, LOW}; kind c = x > 3 ? HIGH : LOW; out[x] = k.a + k.b + (c == HIGH) + 1000 * (int)sizeof(K) + (BIG > 4000000000LL);", lambda x: 200 + (x > 3) + 2000 + 1),
    ("enum class kind : unsigned char { LOW, HIGH = 3, BOTH = LOW | HIGH << 1 }; enum plain { ONE = 1, TWO }; struct K { kind a; int b; }; __device__ int f(kind k) { switch (k) { case kind::LOW: return 1; case kind::HIGH: return 2; default: return 3; } }", "kind c = x > 3 ? kind::HIGH : kind::LOW; K k = {kind::BOTH, plain::TWO}; int LOW = 7; out[x] = (c == kind::HIGH) + (c < k.a) * 2 + f(c) * 10 + static_cast<int>(k.a) * 100 + (int)sizeof(K) * 10000 + f(kind(6)) + k.b + LOW;", lambda x: (x > 3) + 2 + 10 * (1 + (x > 3)) + 600 + 80000 + 3 + 2 + 7),
    (PAIR + "struct R { P p; float2 f; };", "P p = {1, 2}; p = {x, 3}; R r; r = {{x, 4}, {2.5f, 1}}; r.f = {1, 7}; float4 v[2]; v[x & 1] = {}; v[x & 1] = {1, 2, 3}; out[x] = {p.a + p.b}; out[x] += r.p.b + (int)r.f.y + (int)v[x & 1].z + (int)v[x & 1].w;", lambda x: x + 3 + 4 + 7 + 3),
    ("", "long long start = clock64(); clock_t first = clock(); for (int i = 0; i < 100; i++) atomicAdd(&out[x], 1); out[x] = clock64() > start && clock() > first;", lambda x: 1),
    ("union bits { float f; int i; unsigned char b[4]; }; __device__ float half(bits v) { v.i -= 1 << 23; return v.f; } __device__ bits of(float f) { bits b; b.f = f; return b; }", "bits u; u.f = 1.5f + x; bits v = {2.0f}; if (x > 3) v.i = x; bits w[2]; w[x & 1] = u; w[1 - (x & 1)].i = 0; out[x] = u.i / 256 + v.i + w[x & 1].b[x & 3] + (int)half(u) * 3 + (of(2.0f).i >> 20) + (int)sizeof(bits);", lambda x: (b := int.from_bytes(struct.pack("<f", 1.5 + x), "little")) // 256 + (x if x > 3 else 1 << 30) + (b >> 8 * (x & 3)) % 256 + int((1.5 + x) / 2) * 3 + 1024 + 4),
    ("struct pixel4 { union { struct { unsigned char r, g, b, a; }; unsigned char at[4]; unsigned all; }; int n; }; __device__ int sum(const pixel4 &p) { int s = 0; for (int i = 0; i < 4; i++) s += p.at[i]; return s; }", "pixel4 p; p.all = 0x04030201u * x; p.n = 7; p.g = 50; pixel4 q = p; for (int i = 0; i < x; i++) { if (i == 3) continue; q.at[i & 3] += i; } unsigned *all = &q.all; *all |= 1; out[x] = sum(p) + q.all % 65536 + p.n + (int)sizeof(pixel4);", lambda x: _sum_of_pixel(x)),
    ("struct A { struct B { int v; enum kind { ONE = 1, TWO } k; } b; int n; }; __device__ int f(A::B b) { return b.v + b.k; }", "A a; a.b.v = x; a.b.k = A::B::TWO; A::B b = a.b; out[x] = f(b) + A::B::kind::ONE + f(A::B{1, A::B::ONE});", lambda x: x + 2 + 1 + 2),
    ("__device__ int area(dim3 d) { return d.x * d.y * d.z; }", "uint3 t = threadIdx; dim3 b = blockDim, d(2, x + 1); float3 zero = float3(); out[x] = t.x + b.x + area(d) + area(dim3(3)) + (int)zero.y + int();", lambda x: x + 16 + 2 * (x + 1) + 3),
    ("__device__ int get(const int *p) { return *p; }", "if (int v = get(in + x)) out[x] = v; else out[x] = 50; if (int w = x % 3; w > 1) out[x] += w; if (x++; x > 9) out[x - 1] += 100; if constexpr (sizeof(int) == 4) out[x - 1] += 1000;", lambda x: (x or 50) + (x % 3 if x % 3 > 1 else 0) + 100 * (x > 8) + 1000),
    ("", "float f = 1.5f + x; uchar4 c = make_uchar4(x, 2, 3, 4); int a[2] = {x, 1}; float4 v = {1, 2, 3, 4}; ((float *)&v)[x & 3] = 9; *(unsigned *)&c += 256; void *p = &f; *(short *)((char *)p + 2) += 1; const unsigned char *b = reinterpret_cast<const unsigned char *>(a); out[x] = *reinterpret_cast<int *>(&f) / 65536 + c.y + *(unsigned short *)&c + (int)(v.x + v.y + v.z + v.w) + b[4] + b[0];", lambda x: (int.from_bytes(struct.pack("<f", 1.5 + x), "little") >> 16) + 1 + 3 + x + 768 + 19 - (x & 3) - 1 + 1 + x),
    ("", "__nanosleep(20); __builtin_assume(x < 99); out[x] = __ldcs(in + x) + __ldcg(&in[1]) + __ldca(in + 2);", lambda x: x + 3),
    ("__device__ constexpr int square(int v) { return v * v; } constexpr int N = 3; enum { SIZE = square(4) }; __constant__ int table[square(2)] = {1, 2, 3, square(5)};", "__shared__ int t[square(N) + 7]; t[x] = x; __syncthreads(); switch (x) { case square(2): out[x] = 40; break; default: out[x] = t[15 - x] + SIZE + table[x & 3] + square(x); }", lambda x: 40 if x == 4 else 15 - x + 16 + (1, 2, 3, 25)[x & 3] + x * x),
    (f"#include <utility>\n{PAIR}", "int a = x, b = 3, c[2] = {x, 7}; P p = {1, 2}, q = {x, 4}; float4 f = make_float4(1, 2, 3, 4), g = make_float4(5, 6, 7, 8); if (a > b) std::swap(a, b); std::swap(c[0], c[1]); std::swap(p, q); std::swap(f, g); std::swap(out[x], a); out[x] += 100 * b + 1000 * c[0] + 10000 * p.a + (int)f.x + q.b;", lambda x: min(x, 3) + 100 * max(x, 3) + 7000 + 10000 * x + 5 + 2),
    ("#include <assert.h>", 'assert(x >= 0 && "x counts"); assert(out); out[x] = 1;', lambda x: 1),
    # functions on memory, and of two results
    (PAIR, "int a[3][4]; memset(a, -1, sizeof(a)); float f[5]; memset(f, 0, sizeof f); unsigned char u[5]; memset(u, x, 5); P p[2]; memset(p, 0, sizeof(p)); out[x] = a[1][2] + (int)f[4] + u[4] + p[1].b;", lambda x: x - 1),
    (PAIR, "int a[3]; memcpy(a, in + x, sizeof(a)); int b[2][2]; int c[2][2] = {{1, 2}, {3, x}}; memcpy(b, c, sizeof(c)); P p = {x, 4}, q; memcpy(&q, &p, sizeof(p)); out[x] = a[0] + b[1][1] + q.a;", lambda x: 3 * x),
    ("", "float s, c; sincosf(0.1f * x, &s, &c); double t, d; sincos(0.25, &t, &d); out[x] = (int)(100 * s) + (int)(1000 * t);", lambda x: int(100 * math.sin(0.1 * x)) + 247),
]  # fmt: skip


@pytest.mark.parametrize(("before", "body", "expected"), CASES)
def test_what_found_kernels_use_runs(before: str, body: str, expected: Callable[[int], int]) -> None:
    check(body, expected, before=before, count=16)


@pytest.mark.parametrize(("before", "body", "_"), CASES)
def test_nvrtc_takes_the_same_text(before: str, body: str, _: object, nvrtc: Nvrtc) -> None:
    statement = body if ";" in body else f"out[x] = {body};"
    text = f"{before}\n__global__ void k(int *out, const int *in, int n) {{ int x = threadIdx.x; {statement} }}"
    try:
        nvrtc.compile(
            text, program(text), (9, 0), ["--std=c++20" if ".b = x" in body else "--std=c++17", "--device-debug"]
        )
    except KernelError as error:
        pytest.fail(str(error))

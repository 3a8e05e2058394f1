"""CUDA's own functions, types and memory in C++ kernels on the CPU, by Clang."""

from __future__ import annotations

import numpy as np

from imgcuda import kernels
from support.cxx import NEEDS_CLANG, X, assert_makes

pytestmark = NEEDS_CLANG


def test_names_of_std_and_headers() -> None:
    text = """\
#include <algorithm>
#include <cmath>
#include <limits>
template <typename T> __global__ void k(T *o) {
    THREAD;
    o[i] = std::max(T(i), T(5)) + std::sqrt(T(4)) + (std::numeric_limits<T>::max() > 3 ? 1 : 0) + min(i, 3);
}
"""
    assert_makes(np.maximum(X, 5) + 3 + np.minimum(X, 3), text, "k<float>")


def test_types_of_cs_headers_have_their_names_in_std_too() -> None:
    text = """\
#include <cstdint>
template <typename T> __device__ T same(T v) { return v; }
__global__ void k(const std::uint8_t *added, float *o) {
    THREAD;
    u_char byte = (u_char)(i + added[i]);
    std::size_t whole = same<std::uint16_t>(byte);
    o[i] = (u_int)whole;
}
"""
    assert_makes((X + 250) % 256, text, "k", np.full(len(X), 250, np.uint8))


def test_memory_sized_by_the_launch() -> None:
    text = """\
template <typename T> __global__ void d(T *o) {
    extern __shared__ T t[];
    int i = blockIdx.x * 64 + threadIdx.x;
    if (i < 70) o[i] = i;
}
"""
    assert_makes(X, text, "d<float>")


def test_tables_of_constants() -> None:
    text = """\
__constant__ float w[3] = {1, 2, 4};
template <typename T> __global__ void k(T *o) {
    THREAD;
    o[i] = w[i % 3];
}
"""
    assert_makes(np.array([1, 2, 4])[X.astype(int) % 3], text, "k<float>")


def test_atomics_of_a_templates_type() -> None:
    text = """\
template <typename T> __global__ void k(T *o) {
    int i = blockIdx.x * 64 + threadIdx.x;
    if (i < 70) atomicAdd(&o[i % 2], T(1));
}
"""
    assert_makes(np.r_[35, 35, np.zeros(68)], text, "k<float>")


def test_shuffles_in_a_template() -> None:
    text = """\
template <typename T> __device__ T wsum(T v) {
    for (int d = 16; d; d /= 2) v += __shfl_down_sync(0xffffffffu, v, d);
    return v;
}
__global__ void k(float *o) {
    int i = blockIdx.x * 64 + threadIdx.x;
    float s = wsum(1.0f);
    if (i < 70) o[i] = threadIdx.x % 32 == 0 ? s : 0;
}
"""
    assert_makes(np.where(X % 32 == 0, 32, 0), text)


def test_vectors_have_operators_of_helper_math() -> None:
    text = """\
#include "helper_math.h"
template <typename T> __global__ void k(float *o) {
    THREAD;
    float3 a = make_float3(1, 2, 3);
    float3 b = a * 2.0f + a;
    o[i] = dot(a, b) + i;
    uchar4 c = make_uchar4(1, 2, 3, 4);
    o[i] += c.w;
}
"""
    assert_makes(X + 46, text, "k<int>")


def test_memset_memcpy_and_sincosf() -> None:
    text = """\
template <typename T> __global__ void k(T *o) {
    THREAD;
    T t[4];
    memset(t, 0, sizeof(t));
    t[1] = 2;
    T u[4];
    memcpy(u, t, sizeof(t));
    float s, c;
    sincosf(0.0f, &s, &c);
    o[i] = u[0] + u[1] + c;
}
"""
    assert_makes(X * 0 + 3, text, "k<float>")


def test_a_thread_block_of_cooperative_groups() -> None:
    text = """\
#include <cooperative_groups.h>
namespace cg = cooperative_groups;
template <typename T> __global__ void k(T *o) {
    auto b = cg::this_thread_block();
    __shared__ T t[64];
    t[b.thread_rank()] = b.group_index().x;
    b.sync();
    int i = blockIdx.x * 64 + threadIdx.x;
    if (i < 70) o[i] = t[63 - threadIdx.x];
}
"""
    assert_makes(X // 64, text, "k<float>")


def test_loops_and_switches() -> None:
    text = """\
template <typename T> __global__ void k(T *o) {
    THREAD;
    int n = i % 4;
    T s = 0;
    do {
        s += 1;
        n--;
    } while (n > 0);
    while (true) {
        if (s > 2) break;
        s += 1;
    }
    switch (int m = i % 3; m) {
    case 0:
    case 1:
        s += 10;
        break;
    default: {
        s += 20;
    }
    }
    o[i] = s;
}
"""
    assert_makes(np.maximum(np.maximum(X % 4, 1), 3) + np.where(X % 3 == 2, 20, 10), text, "k<float>")


def test_votes_reductions_and_matches() -> None:
    text = """\
template <typename T> __global__ void k(T *o) {
    int i = blockIdx.x * 64 + threadIdx.x;
    int c = __syncthreads_count(threadIdx.x < 5);
    int r = __reduce_add_sync(0xffffffffu, 1);
    unsigned m = __match_any_sync(0xffffffffu, threadIdx.x & 1);
    if (i < 70) o[i] = c + r + (m == (threadIdx.x & 1 ? 0xaaaaaaaau : 0x55555555u));
}
"""
    assert_makes(X * 0 + 38, text, "k<float>")


def test_device_variables() -> None:
    text = """\
__device__ int seen;
template <typename T> __global__ void k(T *o) {
    int i = blockIdx.x * 64 + threadIdx.x;
    if (i < 70) {
        atomicAdd(&seen, 1);
        o[i] = i;
    }
}
"""
    assert_makes(X, text, "k<float>")


def test_dim3_and_indices() -> None:
    text = """\
template <typename T> __global__ void k(T *o) {
    int i = blockIdx.x * 64 + threadIdx.x;
    dim3 d(4, 5);
    uint3 t = threadIdx;
    if (i < 70) o[i] = d.x + d.y + d.z + t.x;
}
"""
    assert_makes(10 + X % 64, text, "k<float>")


def test_textures_are_read_in_a_template() -> None:
    text = """\
template <typename T> __global__ void k(cudaTextureObject_t texture, float *o) {
    THREAD;
    T texel = tex2D<T>(texture, i + 0.5f, 0.5f);
    o[i] = texel.x + texel.y + tex1Dfetch<float>(texture, 0);
}
"""
    row = np.stack([X, 2 * X], axis=1)[None]
    assert_makes(3 * X + row[0, 0, 0], text, "k<float2>", kernels.Texture(row))


def test_wide_enumerators_and_infinity() -> None:
    text = """\
#include <math.h>
enum wide : long long { BIG = 5000000000LL };
enum kind : unsigned char { LOW, HIGH = 200 };
__constant__ float limits[2] = {INFINITY, 3};
template <typename T> __global__ void k(T *o) {
    THREAD;
    kind c = i > 3 ? HIGH : LOW;
    o[i] = (BIG > 4000000000LL) + c + isinf(limits[0]) + limits[1] + (o != NULL);
}
"""
    assert_makes(6 + 200 * (X > 3), text, "k<float>")


def test_dim3_is_made_of_other_indices_and_becomes_them() -> None:
    text = """\
template <typename T> __device__ T same(T v) { return v; }
__device__ dim3 place(const dim3 block, const dim3 size, const dim3 thread) {
    return dim3(block.x * size.x + thread.x, block.y * size.y + thread.y);
}
__global__ void k(float *o) {
    dim3 p = place(blockIdx, blockDim, threadIdx), other{3}, braces = {1, 2, 4};
    const dim3 one;
    uint3 size = dim3(blockDim);
    other = threadIdx;
    if (p.x < 70) o[p.x] = same(p.x) + 100 * (p.z + one.y) + 1000 * size.x + 10 * other.z + braces.z;
}
"""
    assert_makes(X + 200 + 64000 + 4, text)


def test_copies_beside_the_kernels_work_are_there() -> None:
    text = """\
#include <cuda_pipeline_primitives.h>
template <bool shared> __global__ void k(const float *src, float *o) {
    extern __shared__ float tile[];
    __pipeline_memcpy_async(&tile[threadIdx.x], &src[threadIdx.x], sizeof(float));
    __pipeline_commit();
    __pipeline_wait_prior(0);
    __syncthreads();
    o[threadIdx.x] = tile[63 - threadIdx.x];
}
"""
    out = np.zeros(64, np.float32)
    kernels.compile(text, device="cpu")["k<true>"](X[:64].copy(), out, grid=1, block=64, shared=256)
    np.testing.assert_array_equal(out, X[63::-1])


def test_a_kernel_is_the_one_that_is_defined() -> None:
    text = """\
__global__ void k(float *o, int n);
template <typename T> __device__ T same(T v) { return v; }
__global__ void k(float *o) { THREAD; o[i] = same(i); }
"""
    assert_makes(X, text)

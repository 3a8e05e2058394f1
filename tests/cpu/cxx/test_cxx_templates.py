"""Templates of kernels, functions and structures on the CPU, by Clang."""

from __future__ import annotations

import numpy as np

from support.cxx import NEEDS_CLANG, X, assert_makes

pytestmark = NEEDS_CLANG


def test_a_launch_names_an_instance_of_a_template() -> None:
    text = """\
template <typename T, int N> __global__ void scale(const T *src, T *o) {
    THREAD;
    o[i] = src[i] * N;
}
"""
    assert_makes(X * 3, text, "scale<float, 3>", X)


def test_an_instance_takes_the_defaults_of_its_template() -> None:
    text = """\
template <typename T, int N = 4> __global__ void scale(const T *src, T *o) {
    THREAD;
    o[i] = src[i] * N;
}
"""
    assert_makes(X * 4, text, "scale<float>", X)


def test_an_explicit_instantiation_is_launched_by_its_name() -> None:
    text = """\
template <typename T, int N> __global__ void scale(const T *src, T *o) {
    THREAD;
    o[i] = src[i] * N;
}
template __global__ void scale<float, 5>(const float *, float *);
"""
    assert_makes(X * 5, text, "scale<float,5>", X)


def test_a_plain_kernel_calls_a_template() -> None:
    text = """\
template <typename T> __device__ T twice(T v) { return v + v; }
__global__ void k(float *o) {
    THREAD;
    o[i] = twice(i) + twice(0.5f);
}
"""
    assert_makes(2 * X + 1, text)


def test_code_of_the_host_around_a_template_is_not_read() -> None:
    text = """\
#include <vector>
template <int N> __global__ void k(float *o) {
    THREAD;
    o[i] = N;
}
int main() {
    std::vector<float> v;
    float *d;
    cudaMalloc(&d, 4);
    k<7><<<1, 2>>>(d);
    cudaDeviceSynchronize();
}
"""
    assert_makes(X * 0 + 7, text, "k<7>")


def test_templates_take_any_number_of_arguments() -> None:
    text = """\
template <typename... A> __device__ float sum(A... a) { return (a + ... + 0.0f); }
template <typename H, typename... T> __device__ float first(H h, T... t) {
    if constexpr (sizeof...(t) > 0) return h + first(t...);
    else return h;
}
__global__ void k(float *o) {
    THREAD;
    o[i] = sum(i, 2, 3.5f) + first(1, 2, i);
}
"""
    assert_makes(2 * X + 8.5, text)


def test_numbers_of_a_pack_are_folded() -> None:
    text = """\
template <int... N> __device__ int all() {
    int s = 0;
    ((s += N), ...);
    return s;
}
__global__ void k(float *o) {
    THREAD;
    o[i] = all<1, 2, 3>() + i;
}
"""
    assert_makes(X + 6, text)


def test_specializations_are_chosen() -> None:
    text = """\
template <typename T> struct Tr {
    static __device__ float v() { return 1; }
};
template <> struct Tr<float> {
    static __device__ float v() { return 2; }
};
template <typename T> __device__ T lim();
template <> __device__ float lim<float>() { return 9; }
__global__ void k(float *o) {
    THREAD;
    o[i] = Tr<int>::v() + Tr<float>::v() + lim<float>();
}
"""
    assert_makes(X * 0 + 12, text)


def test_a_template_sets_the_size_of_shared_memory() -> None:
    text = """\
template <int T> __global__ void rev(const float *src, float *o) {
    __shared__ float t[T];
    int i = blockIdx.x * T + threadIdx.x;
    t[threadIdx.x] = i < 70 ? src[i] : 0;
    __syncthreads();
    if (i < 70) o[i] = t[T - 1 - threadIdx.x];
}
"""
    assert_makes(np.r_[X[:64][::-1], np.zeros(6)], text, "rev<64>", X)


def test_loops_over_a_templates_number_are_unrolled() -> None:
    text = """\
template <int N> __global__ void k(float *o) {
    THREAD;
    float s = 0;
#pragma unroll
    for (int n = 0; n < N; n++) s += n;
#pragma unroll 2
    for (int n = 0; n < N; n++) s += 1;
    o[i] = s;
}
"""
    assert_makes(X * 0 + 10, text, "k<4>")


def test_templates_are_arguments_of_templates() -> None:
    text = """\
template <typename T> struct Box {
    T v;
    template <typename U> __device__ U to() const { return U(v); }
};
template <template <typename> class B, typename T> __device__ T un(const B<T> &b) { return b.v; }
__global__ void k(float *o) {
    THREAD;
    Box<Box<int>> b{{i}};
    o[i] = un(b.v) + b.v.to<float>();
}
"""
    assert_makes(2 * X, text)


def test_a_bool_chooses_a_side() -> None:
    text = """\
template <bool B, typename T> __global__ void k(T *o) {
    THREAD;
    if (B) o[i] = 1;
    else o[i] = 2;
}
"""
    assert_makes(X * 0 + 1, text, "k<true, float>")


def test_an_enumerator_chooses_a_case() -> None:
    text = """\
enum Border { REFLECT, WRAP };
template <Border B> __device__ int at(int i, int n) {
    switch (B) {
    case REFLECT:
        return i < 0 ? -i : i;
    case WRAP:
        return (i + n) % n;
    }
    return 0;
}
template <Border B> __global__ void k(float *o) {
    THREAD;
    o[i] = at<B>(i - 1, 70);
}
"""
    assert_makes((X + 69) % 70, text, "k<WRAP>")


def test_a_sum_of_a_block_is_a_template() -> None:
    text = """\
template <typename T, int B> __global__ void k(const T *src, T *o) {
    __shared__ T s[B];
    int t = threadIdx.x, i = blockIdx.x * B + t;
    s[t] = i < 70 ? src[i] : T(0);
    __syncthreads();
    for (int h = B / 2; h > 0; h /= 2) {
        if (t < h) s[t] += s[t + h];
        __syncthreads();
    }
    if (t == 0) o[blockIdx.x] = s[0];
}
"""
    assert_makes(np.r_[X[:64].sum(), X[64:].sum(), np.zeros(68)], text, "k<float, 64>", X)


def test_constexpr_functions_make_sizes() -> None:
    text = """\
constexpr int fact(int n) {
    int r = 1;
    for (int i = 2; i <= n; i++) r *= i;
    return r;
}
constexpr int N = fact(4);
__global__ void k(float *o) {
    THREAD;
    float t[N];
    for (int n = 0; n < N; n++) t[n] = n;
    o[i] = t[23] + N;
}
"""
    assert_makes(X * 0 + 47, text)


def test_enum_class_and_if_constexpr() -> None:
    text = """\
enum class M : unsigned char { P, T = 5, U };
template <M m> __device__ int f() {
    if constexpr (m == M::U) return 6;
    else return 1;
}
__global__ void k(float *o) {
    THREAD;
    M m = i % 2 ? M::T : M::U;
    switch (m) {
    case M::T:
        o[i] = 1;
        break;
    case M::U:
        o[i] = f<M::U>();
        break;
    default:
        o[i] = -1;
    }
    o[i] += (int)m;
}
"""
    assert_makes(np.where(X % 2 == 1, 6, 12), text)


def test_only_what_clang_cannot_read_of_the_host_is_left_out() -> None:
    text = """\
#include <vector>
template <typename T> struct Pair { T a, b; };
constexpr int twice(int n) { return 2 * n; }
class Timer { public: Timer() { cudaEventCreate(&begin); } cudaEvent_t begin; };
template <typename T> void run(std::vector<T> &v) { k<T><<<1, 64>>>(v.data()); }
template <typename T> __global__ void k(T *o) { THREAD; Pair<T> p{1, 2}; o[i] = p.a + p.b + twice(3); }
int main() { std::vector<float> v(64); Timer t; run(v); }
"""
    assert_makes(9, text, "k<float>")


def test_integers_are_promoted_and_converted() -> None:
    text = """\
template <typename T> __global__ void k(T *o) {
    THREAD;
    unsigned u = 3;
    int n = -1;
    short s = 30000;
    unsigned char c = 200;
    o[i] = (n < (int)u) + (u > n ? 0 : 10) + (s + s) + (c + c) + (unsigned char)(c + c);
}
"""
    assert_makes(X * 0 + 1 + 10 + 60000 + 400 + 144, text, "k<float>")


def test_assignments_convert_to_narrow_types() -> None:
    text = """\
template <typename T> __global__ void k(T *o) {
    THREAD;
    unsigned char c = 250;
    c += 10;
    c <<= 1;
    short h = 3;
    h *= 2.5f;
    int q = 7;
    q -= 0.5f;
    o[i] = c + h + q;
}
"""
    assert_makes(X * 0 + 8 + 7 + 6, text, "k<float>")


def test_inner_names_hide_outer_ones() -> None:
    text = """\
template <typename T> __device__ T f(T a) {
    T b = a + 1;
    {
        T a = b * 2;
        b += a;
    }
    return b;
}
__global__ void k(float *o) {
    THREAD;
    float a = i, b = 2;
    {
        float a = f(b);
        b += a;
    }
    o[i] = a + b;
}
"""
    assert_makes(X + 2 + 9, text)


def test_a_chain_of_constants_does_not_grow_with_its_length() -> None:
    text = """\
template <int N> struct F {
    static constexpr int value = F<N - 1>::value + F<N - 2>::value;
};
template <> struct F<0> {
    static constexpr int value = 0;
};
template <> struct F<1> {
    static constexpr int value = 1;
};
constexpr unsigned int HASH = (16777619u * 2166136261u) ^ 0x80000000u;
template <typename T> __global__ void k(T *o) {
    THREAD;
    o[i] = F<25>::value + (HASH == ((16777619u * 2166136261u) ^ 0x80000000u));
}
"""
    assert_makes(75026, text, "k<float>")


def test_an_explicit_instance_may_name_its_type_otherwise() -> None:
    text = """\
template <typename T> struct Pair { T a, b; };
template struct Pair<uchar>;
__device__ float sum(const Pair<uchar> &p) { return p.a + p.b; }
__global__ void k(float *o) { THREAD; Pair<uchar> p = {(uchar)i, 3}; o[i] = sum(p); }
"""
    assert_makes(X + 3, text)

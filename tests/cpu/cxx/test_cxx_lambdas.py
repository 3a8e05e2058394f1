"""Lambdas on the CPU, by Clang."""

from __future__ import annotations

import numpy as np

from support.cxx import NEEDS_CLANG, X, assert_makes

pytestmark = NEEDS_CLANG


def test_lambdas_capture_by_value_and_by_reference() -> None:
    text = """\
__global__ void k(float *o) {
    THREAD;
    float g = 2;
    auto f = [=](float v) { return v * g; };
    auto h = [&](float v) { g += v; };
    h(3);
    o[i] = f(i) + g;
}
"""
    assert_makes(2 * X + 5, text)


def test_a_template_takes_a_lambda() -> None:
    text = """\
template <typename F> __device__ float total(F f, int n) {
    float s = 0;
    for (int i = 0; i < n; i++) s += f(i);
    return s;
}
__global__ void k(const float *src, float *o) {
    THREAD;
    o[i] = total([&](int n) { return src[i] + n; }, 4);
}
"""
    assert_makes(4 * X + 6, text, "k", X)


def test_lambdas_use_shared_and_own_arrays() -> None:
    text = """\
__global__ void k(float *o) {
    __shared__ float t[64];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    auto put = [&](int n, float v) { t[n] = v; };
    put(threadIdx.x, i);
    __syncthreads();
    float w[3] = {1, 2, 3};
    auto sum = [&w]() {
        float s = 0;
        for (float e : w) s += e;
        return s;
    };
    if (i < 70) o[i] = t[threadIdx.x] + sum();
}
"""
    assert_makes(X + 6, text)


def test_a_mutable_lambda_keeps_its_count() -> None:
    text = """\
__global__ void k(float *o) {
    THREAD;
    int n = i;
    auto f = [n]() mutable { return ++n; };
    f();
    o[i] = f() + n;
}
"""
    assert_makes(2 * X + 2, text)


def test_a_lambda_takes_any_type() -> None:
    text = """\
__global__ void k(float *o) {
    THREAD;
    auto add = [](auto a, auto b) { return a + b; };
    o[i] = add(1, 2) + add(0.5f, i);
}
"""
    assert_makes(X + 3.5, text)


def test_a_lambda_captures_this() -> None:
    text = """\
struct S {
    float v;
    __device__ float run(int n) {
        auto f = [this](float k) { return v * k; };
        return f(n);
    }
};
__global__ void k(float *o) {
    THREAD;
    S s{3};
    o[i] = s.run(i);
}
"""
    assert_makes(3 * X, text)


def test_a_lambda_captures_a_copy_of_its_object() -> None:
    text = """\
struct S {
    float v;
    __device__ float run(float n) {
        auto f = [*this](float k) { return v * k; };
        v = 7;
        return f(n) + v;
    }
};
__global__ void k(float *o) {
    THREAD;
    S s{3};
    o[i] = s.run(i);
}
"""
    assert_makes(3 * X + 7, text)


def test_a_lambda_declares_a_variable() -> None:
    text = """\
__global__ void k(float *o) {
    THREAD;
    auto f = [g = 2 * i](float k) { return g + k; };
    o[i] = f(1);
}
"""
    assert_makes(2 * X + 1, text)


def test_a_lambda_is_given_beside_a_default() -> None:
    text = """\
template <typename F> __device__ float ap(F f, float x = 3) { return f(x); }
__global__ void k(float *o) {
    THREAD;
    o[i] = ap([](float v) { return v * 2; }) + i;
}
"""
    assert_makes(X + 6, text)


def test_a_lambda_is_called_between_barriers() -> None:
    text = """\
template <int B> __global__ void k(float *o) {
    __shared__ float s[B];
    float acc = 0;
    float &r = acc;
    auto step = [&](float v) { acc += v; };
    s[threadIdx.x] = threadIdx.x;
    __syncthreads();
    step(s[B - 1 - threadIdx.x]);
    __syncthreads();
    int i = blockIdx.x * B + threadIdx.x;
    if (i < 70) o[i] = acc;
}
"""
    assert_makes(np.r_[np.arange(64)[::-1], 63 - np.arange(6)], text, "k<64>")


def test_a_lambda_uses_constants_that_it_does_not_capture() -> None:
    text = """\
template <typename T> __global__ void k(T *o) {
    int i = blockIdx.x * 64 + threadIdx.x;
    static const int w[3] = {1, 2, 3};
    constexpr T c = 2;
    auto f = [](int n) { return n * c; };
    if (i < 70) o[i] = w[i % 3] + f(i);
}
"""
    assert_makes(X % 3 + 1 + 2 * X, text, "k<float>")


def test_names_of_a_lambda_are_its_own() -> None:
    text = """\
template <typename T> __global__ void k(T *o) {
    __shared__ T s[64];
    int i = blockIdx.x * 64 + threadIdx.x;
    s[threadIdx.x] = i;
    __syncthreads();
    auto f = [&](int n) {
        T s2 = s[n];
        return s2;
    };
    {
        float s = 1;
        if (i < 70) o[i] = f(threadIdx.x) + s;
    }
}
"""
    assert_makes(X + 1, text, "k<float>")


def test_a_lambda_captures_the_count_of_a_loop() -> None:
    text = """\
__global__ void k(float *o) {
    THREAD;
    float s = 0;
    for (int n = 0; n < 4; n++) {
        auto f = [&] { return n * 2; };
        s += f();
    }
    o[i] = s;
}
"""
    assert_makes(X * 0 + 12, text)


def test_what_changes_later_is_captured_by_reference_or_not() -> None:
    text = """\
__global__ void k(float *o) {
    THREAD;
    int n = i;
    auto f = [=] { return n; };
    n = 7;
    auto g = [&] { return n; };
    n = 8;
    o[i] = f() + g();
}
"""
    assert_makes(X + 8, text)


def test_a_function_returns_a_lambda() -> None:
    text = """\
__device__ auto adder(float n) {
    return [n](float v) { return v + n; };
}
__global__ void k(float *o) {
    THREAD;
    auto f = adder(3);
    o[i] = f(i);
}
"""
    assert_makes(X + 3, text)


def test_two_lambdas_are_arguments_of_one_template() -> None:
    text = """\
template <int N, typename F> __device__ float tw(F f, float v) { return f(f(v)) * N; }
__global__ void k(float *o) {
    THREAD;
    float g = i;
    o[i] = tw<1>([&](float v) { return v + g; }, 1) + tw<2>([&](float v) { return v * 2; }, g);
}
"""
    assert_makes(2 * X + 1 + 8 * X, text)

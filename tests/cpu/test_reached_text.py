"""Kernels beside others, and beside templates and classes, that the CPU engine does not have: without Clang."""

from __future__ import annotations

import numpy as np
import pytest

from imgcuda import KernelError, PortabilityError, kernels

pytestmark = pytest.mark.usefixtures("without_clang")

SCALE = """\
__device__ float by(float v) { return v * FACTOR; }
__global__ void k(float *o) { o[threadIdx.x] = by(o[threadIdx.x]); }
"""


def result(text: str, kernel: str = "k") -> list[float]:
    out = np.arange(8, dtype=np.float32)
    kernels.compile(text, {"FACTOR": "3"}, device="cpu")[kernel](out, grid=1, block=8)
    return out.tolist()


@pytest.mark.parametrize(
    "beside",
    [
        "template <typename T> __device__ T twice(T v) { return v + v; }",
        "template <typename T, int N>\nclass Window { T at[N]; public: __device__ T get() const { return at[0]; } };",
        "template <typename T> __global__ void other(T *v) { Window<T> w; v[0] = w.get(); }",
        "texture<float, 2> image;\n__global__ void other(float *o) { o[0] = tex2D(image, 1, 2); }",
        "__global__ void other(float *o) { o[0] = tex3D<float>(0, 1, 2, 3); }",
        "__global__ void other(float *o) { auto f = [](float v) { return v; }; o[0] = f(2); }",
        "__global__ void other(curandState *s) { curand_init(1, 2, 3, s); }",
        "__global__ void other(float *o) {\n#define PAIR(a) a; \\\n    a\n    auto f = [] {}; PAIR(f());\n}",
        "typedef void write_func(void *context, int size);\nextern int write_png(write_func *f, int w);",
        "struct Shape { virtual float area() const = 0; };",
        "__device__ int depth(int n) { return n < 2 ? 1 : depth(n - 1); }\n__device__ int d2() { return depth(3); }",
        "namespace far { template <typename T> struct A { T v; }; }",
        "std::vector<float> history{1, 2};\nauto square = [](float v) { return v * v; };",
    ],
)
def test_what_a_kernel_does_not_use_does_not_refuse_it(beside: str) -> None:
    assert result(f"{beside}\n{SCALE}") == [3.0 * x for x in range(8)]
    assert result(f"{SCALE}\n{beside}") == [3.0 * x for x in range(8)]


def test_a_file_may_have_many_of_them() -> None:
    many = "".join(f"template <typename T> __device__ T f{n}(T v) {{ return v; }}\n" for n in range(20))
    assert result(many + SCALE) == [3.0 * x for x in range(8)]


@pytest.mark.parametrize(
    ("before", "line", "message"),
    [
        ("template <typename T> __device__ T by(T v) { return v; }", 1, "'template' is C++"),
        ("template <> __device__ float by(float v) { return v; }", 1, "'template' is C++"),
        ("template <typename T> struct A { T v; };\n__device__ A<float> a;", 2, "a template argument is C++"),
    ],
)
def test_what_it_uses_does(before: str, line: int, message: str) -> None:
    with pytest.raises(PortabilityError) as caught:
        result(f"{before}\n{SCALE.replace('* FACTOR', '* FACTOR + a.v' if 'a;' in before else '* FACTOR')}")
    assert message in caught.value.mistakes[0].message
    assert caught.value.mistakes[0].line == line


def test_a_mistake_in_another_kernel_is_still_told() -> None:
    with pytest.raises(KernelError, match="expected ';'"):
        result(f"__global__ void other(float *o) {{ o[0] = 1 }}\n{SCALE}")


def test_a_function_may_have_a_name_like_those_of_the_hosts_library() -> None:
    text = "__device__ float cudaTwice(float v) { return 2 * v; }\n__global__ void k(float *o) { o[0] = cudaTwice(4); }"
    assert result(text)[0] == 8


def test_the_other_kernel_is_refused_with_its_own_line() -> None:
    text = f"{SCALE}__global__ void other(float *o) {{ o[0] = tex3D<float>(0, 1, 2, 3); }}"
    with pytest.raises(PortabilityError, match=r"kernels\.cu:3:\d+: tex3D"):
        result(text, "other")


def test_a_structure_is_laid_out_beside_them() -> None:
    text = "template <typename T> __device__ T f(T v) { return v; }\nstruct P { float v; int n; };\n"
    module = kernels.compile(f"{text}__global__ void k(float *o, P p) {{ o[0] = p.v + p.n; }}", device="cpu")
    out = np.zeros(1, np.float32)
    module.k(out, {"v": 1.5, "n": 2}, grid=1, block=1)
    assert out[0] == 3.5


def test_access_of_a_structures_fields_may_be_written() -> None:
    text = "struct P {\npublic:\n    float v;\nprivate: int n;\n};\n"
    assert result(f"{text}__global__ void k(float *o) {{ P p; p.v = 3; o[0] = p.v; }}")[0] == 3


def test_limits_and_constants_are_known_without_their_headers_as_for_nvcc() -> None:
    text = "__global__ void k(float *o) { o[0] = INT_MAX > 5 ? UCHAR_MAX : 0; o[1] = M_PI; o[2] = isinf(INFINITY); }"
    assert result(text)[:3] == [255, np.float32(np.pi), 1]


def test_the_authors_own_constants_come_first() -> None:
    text = "#define M_PI 3.5f\n#ifndef INT_MAX\n#define INT_MAX 7\n#endif\n"
    assert result(f"{text}__global__ void k(float *o) {{ o[0] = M_PI; o[1] = INT_MAX == 7; }}")[:2] == [3.5, 0]

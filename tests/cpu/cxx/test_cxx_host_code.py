"""Kernels in C++ in files whose host code Clang cannot read: it runs what no error can change, and refuses the rest."""

from __future__ import annotations

import numpy as np
import pytest

from imgcuda import KernelError, kernels
from support.cxx import NEEDS_CLANG, X, assert_makes

pytestmark = NEEDS_CLANG

HOST = """\
#include <string>
#include <vector>
class Image {
    std::vector<float> pixels;
    std::string name;

  public:
    Image(const std::string &path);
    cv::Mat mat() const;
};
std::ostream &operator<<(std::ostream &out, const Image &image);
struct Timer { std::chrono::milliseconds start; ~Timer() { std::cout << 1; } };
std::map<int, Image> images;
"""
KERNEL = """\
template <typename T> __device__ T twice(T v) { return v + v; }
__global__ void k(float *o) { THREAD; o[i] = twice(BODY); }
int main(int argc, char **argv) { cv::Mat image = cv::imread(argv[1]); k<<<1, 70>>>(image.data); }
"""


def text_of(before: str, body: str) -> str:
    return HOST + before + "\n" + KERNEL.replace("BODY", body)


def test_classes_functions_and_variables_of_the_host_do_not_matter() -> None:
    assert_makes(2 * X, text_of("", "float(i)"))


def test_a_structure_of_the_kernel_may_have_methods_for_the_host() -> None:
    struct = """\
struct Level {
    float v;
    Level() = default;
    Level(const std::string &text);
    std::string name() const;
    void read(std::istream &from) { from >> v; }
    __device__ float get() const { return v; }
};
__device__ float level(float v) { Level l; l.v = v; return l.get(); }
"""
    assert_makes(2 * X, text_of(struct, "level(i)"))


def test_the_headers_that_imgcuda_has_are_no_parts_that_an_error_hides() -> None:
    text = """\
#include <cuda_fp16.h>
#define EACH(make, name) make(int, name) make(float, name)
#define MADE(type, name) template struct name<type>;
template <typename T> struct Pair { T a; };
EACH(MADE, Pair)
template <typename T> __device__ float both(T v) { Pair<T> p; p.a = v; return p.a + p.a; }
"""
    assert_makes(4 * X, text_of(text, "both(__half2float(half(i)))"))


def test_type_traits_choose_functions() -> None:
    functions = """\
#include <type_traits>
template <typename T> __device__ std::enable_if_t<std::is_floating_point_v<T>, T> half_of(T v) { return v / 2; }
template <typename T, typename std::enable_if<std::is_integral<T>::value, int>::type = 0>
__device__ T half_of(T v) { return v >> 1; }
template <typename T> __device__ float same(T v) {
    using Wide = std::conditional_t<std::is_same_v<T, unsigned char>, int, std::decay_t<const T &>>;
    std::make_unsigned_t<Wide> u = 3u;
    static_assert(std::is_unsigned_v<decltype(u)> && std::is_pointer<T *>::value && !std::is_class_v<T>, "");
    return half_of(Wide(v)) + half_of(std::move(v) + 0.5f) + u;
}
"""
    assert_makes(2 * ((X // 2) + (X + 0.5) / 2 + 3), text_of(functions, "same((unsigned char)i)"))


def test_a_template_in_a_namespace_is_launched_by_its_plain_name() -> None:
    text = """\
namespace outer { namespace inner {
struct Scale { float by; };
template <typename T> __global__ void k(float *o) { THREAD; T s = {3}; o[i] = s.by * i; }
} }
"""
    assert_makes(3 * X, HOST + text, "k<Scale>")


@pytest.mark.parametrize(
    ("before", "body", "line", "message"),
    [
        ("template <> __device__ std::string twice(std::string v);", "i", 14, "no type named 'string'"),
        (
            "template <typename T> __device__ float f(T v) { return v; }\ntemplate <> std::string f(int v);",
            "f(i)",
            15,
            "no type named 'string'",
        ),
        ("__device__ float f(std::complex<float> v); __device__ float f(float v) { return v; }", "f(i)", 14, "f"),
        ("typedef unknown number; typedef number index;", "index(i)", 14, "unknown type name 'unknown'"),
        ("__constant__ unknown table[3];", "table[i]", 14, "unknown type name 'unknown'"),
        ("struct P { float v; std::string s; };", "P{1}.v", 14, "no type named 'string'"),
        ("struct P { float v; virtual void log(std::string s); };", "sizeof(P)", 14, "no type named 'string'"),
        ("struct P { float v; __device__ P(std::string s); P() {} };", "P().v", 14, "no type named 'string'"),
        ("enum Kind : std::none { A, B };", "float(B)", 14, "no type named 'none'"),
        ("MACRO(x)\n__device__ float f(int v) { return 3; }", "f(i)", 14, "unknown type name 'MACRO'"),
        ("ON_BOTH float f(int v) { return 3; } __device__ float f(double v) { return v; }", "f(i)", 14, "'ON_BOTH'"),
        ("struct P { float v; ON_BOTH P(int v) : v(3) {} P() = default; };", "P{1}.v", 14, "'ON_BOTH'"),
        ("", "nothing(i)", 16, "undeclared identifier 'nothing'"),
        ("class A { static std::mutex m; }; struct P : A { float v; };", "P{}.v", 14, "no type named 'mutex'"),
        ("__device__ float f(double v) { std::mutex m; return v; }", "f(i)", 14, "no type named 'mutex'"),
    ],
)
def test_an_error_that_may_matter_refuses(before: str, body: str, line: int, message: str) -> None:
    text = text_of(before, body).replace("THREAD;", "int i = threadIdx.x;")
    with pytest.raises(KernelError) as caught:
        kernels.compile(text, device="cpu").k(np.zeros(70, np.float32), grid=1, block=70)
    assert caught.value.mistakes[0].line == line
    assert message in str(caught.value)


def test_specializations_have_the_marks_of_their_templates() -> None:
    text = """\
template <typename T> __device__ float level(T v) { return v; }
template <>
float level(int v) { return 3 * v; }
template <typename T> __host__ __device__ float most();
template<> inline float most<int>() { return 7; }
template <typename T> struct Name { static const char *text(); };
template <> const char *Name<int>::text() { return "int"; }
__global__ void k(float *o) { THREAD; o[i] = level(i) + level(1.5f) + most<int>(); }
"""
    assert_makes(3 * X + 8.5, HOST + text)


def test_destructors_of_the_host_and_empty_ones_do_not_matter() -> None:
    text = """\
struct Held { float *data; int n; ~Held() { delete[] data; std::cout << n; } };
struct Place { float v; __host__ __device__ Place(float v) : v(v) {} __host__ __device__ ~Place() {} };
template <typename T> __global__ void k(Held held, T *o) { THREAD; Place p(i); o[i] = p.v + held.n; }
"""
    out = np.zeros(70, np.float32)
    module = kernels.compile(HOST + text.replace("THREAD;", "int i = threadIdx.x;"), device="cpu")
    module["k<float>"](np.array((0, 5), np.dtype([("data", "u8"), ("n", "i4")], align=True)), out, grid=1, block=70)
    np.testing.assert_array_equal(out, X + 5)

"""Whole files of other projects, with the host's code around the kernels: it is not read."""

from __future__ import annotations

import numpy as np
import pytest

from imgcuda.cuda.compile import compile as compile_for_gpu
from imgcuda.errors import KernelError
from imgcuda.frontend.compilers import CUDA
from imgcuda.frontend.parse import without_host_code
from imgcuda.programs.source import Program, Source, as_written
from support.small_kernels import launch, program, values

WHOLE = r"""/* A whole file, as one finds it. */
#include <iostream>
#include <vector>
#include <opencv2/opencv.hpp>
#include "helper_cuda.h"
#include <cstdio>
#include <cuda_runtime.h>
using namespace std;
using cv::Mat;
#define BLOCK 16
#define CHECK(call) { cudaError_t e = call; if (e != cudaSuccess) { printf("%s", cudaGetErrorString(e)); exit(1); } }
static int total = 0;
std::vector<int> history;
typedef std::pair<int, int> extent;
class Timer { public: Timer() { start(); } void start(); private: cudaEvent_t e; };
struct Image { int w, h; std::vector<unsigned char> data; Image(int w, int h) : w(w), h(h) {} };
template <typename T> void check(T err, const char* const func, const char* const file, const int line) {
  if (err != cudaSuccess) { std::cerr << "CUDA error at: " << file << ":" << line << std::endl; exit(1); }
}
void reference(const float *in, float *out, int n);
namespace detail {
__device__ float twice(float v) { return 2 * v; }
inline int host_only(std::string s) { return s.size(); }
}
__global__ void scale(const float *in, float *out, int n)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x < n) out[x] = detail::twice(in[x]);
}
void reference(const float *in, float *out, int n)
{
#ifdef _OPENMP
#pragma omp parallel for
#endif
    for (int i = 0; i < n; ++i) out[i] = in[i] * 2;
}
dim3 blocks(32, 8, 1), one{1};
int block_size(512); dim3 tall(1, 2);
Image::Image(int w) : w{w}, h(w) { history = {}; }
void scale(const Mat &image, int n) { scale<<<1, 2>>>(0, 0, n); }
Mat load(const std::string &name) { return cv::imread(name); }
int main(int argc, char **argv)
{
    Timer t;
    float *d_in; CHECK(cudaMalloc(&d_in, 4 * 100));
    scale<<<dim3(7), 16, 0>>>(d_in, d_in, 100);
    cudaDeviceSynchronize();
    auto f = [&](int a) { return a + 1; };
    cout << f(3) << endl;
    return 0;
}
"""


def test_the_kernel_of_a_whole_file_runs() -> None:
    given, out = np.arange(100, dtype=np.float32), np.zeros(100, np.float32)
    launch(WHOLE, given, out, np.int32(100), kernel="scale", grid=7, block=16)
    assert list(program(WHOLE).kernels) == ["scale"]
    assert (out == 2 * given).all()


@pytest.mark.usefixtures("nvrtc")
def test_nvrtc_is_given_a_whole_file_without_the_hosts_code() -> None:
    whole = Program("whole.cu", WHOLE, np.dtype(np.uint8), compiler=CUDA)
    assert b"scale" in compile_for_gpu(whole, (9, 0))


@pytest.mark.usefixtures("nvrtc")
def test_nvrtc_knows_type_traits() -> None:
    text = """\
#include <type_traits>
template <typename T> __device__ std::enable_if_t<std::is_floating_point_v<T>, T> half_of(T v) { return v / 2; }
template <typename T, typename std::enable_if<std::is_integral<T>::value, int>::type = 0>
__device__ T half_of(T v) { return v >> 1; }
__global__ void k(std::remove_const_t<const float> *o) { o[0] = half_of(3) + half_of(std::decay_t<const float &>(3)); }
static_assert(std::is_same_v<std::make_unsigned_t<int>, unsigned> && std::is_class<std::true_type>::value, "");
"""
    assert b"k" in compile_for_gpu(Program("k.cu", text, np.dtype(np.uint8), compiler=CUDA), (9, 0))


@pytest.mark.usefixtures("nvrtc")
def test_nvrtc_knows_limits_without_their_header_as_nvcc_does() -> None:
    text = "#define M_PI 3.5f\n__global__ void k(float *o) { o[0] = INT_MAX * M_PI; }\n"
    whole = as_written(Source("k.cu", text), {}, CUDA)
    assert b"k" in compile_for_gpu(whole, (9, 0))
    wrong = as_written(Source("k.cu", text.replace("INT_MAX", "nothing + INT_MAX")), {}, CUDA)
    with pytest.raises(KernelError, match=r"k\.cu:2"):
        compile_for_gpu(wrong, (9, 0))


def test_lines_and_directives_stay_where_host_code_is_taken_out() -> None:
    left = without_host_code(WHOLE, "whole.cu").split("\n")
    written = WHOLE.split("\n")
    assert len(left) == len(written)
    assert [line for line in left if line.startswith("#")] == [line for line in written if line.startswith("#")]
    kept = {line for line in left if line.strip() and not line.startswith("#")}
    assert kept <= set(written)
    assert "int main" not in "".join(kept) and "__global__" in "".join(kept)


@pytest.mark.parametrize(
    ("before", "body", "said"),
    [
        ("class A { public: int x; };", "A a; out[x] = 1;", r"not read: 'class' is C\+\+; write a plain struct"),
        ("struct A : B { int x; };", "A a; out[x] = 1;", "not read: inheritance is C++"),
        ("struct A { int x : 3; };", "A a; out[x] = 1;", "not read: a bit field is not in the portable subset"),
        ("static int total = 0;", "out[x] = total;", "line 1 is not read: this global variable is the host"),
        (
            "std::vector<int> f(int n) { return {}; }",
            "out[x] = f(1);",
            r"f\(\) is a function of the host .* __device__",
        ),
        ("", "const int a[2][2] = {}; memset(a, 0, sizeof(a)); out[x] = a[0][0];", "its const would be lost"),
        ("", "int a[2] = {}, b[2] = {}; std::swap(a, b); out[x] = a[0];", "write it out with a third variable"),
        ("", "float f[2]; memcpy(f, in, 8); out[x] = f[0];", "would reinterpret numbers; use __float_as_int"),
        ("", "out[x] = clamp(x, 0, 3);", 'there is no function .clamp.; #include "helper_math.h"'),
        ("", "float3 a = make_float3(1, 2, 3); a = a * 2; out[x] = a.x;", 'a float3; .* or #include "helper_math.h"'),
        ("", "out[x] = FLT_MAX > x;", "'FLT_MAX' is not declared; #include <float.h>"),
        ("struct A { int x; A(int v); };", "out[x] = A::B;", "'A::B' is C.*not read: a member function is C"),
        ("", "out[x] = __fmul_rz(x, 2.0f);", r"there is no function '__fmul_rz'; did you mean '__fmul_rn'\?\n"),
        ('#include "project.h"', "out[x] = SIZE;", 'may be declared in "project.h"'),
        ('#include "project.h"', "Item item; out[x] = 1;", 'may be declared in "project.h"'),
        ('#include "project.h"', "out[x] = work(3);", 'may be declared in "project.h"'),
    ],
)
@pytest.mark.usefixtures("without_clang")
def test_what_is_not_read_is_told_where_a_kernel_needs_it(before: str, body: str, said: str) -> None:
    with pytest.raises(KernelError, match=said):
        values(body, before=before)


def test_a_text_that_ends_by_an_error_directive_is_left_as_it_is() -> None:
    assert without_host_code("int main() {}\n#error no", "a.cu") == "int main() {}\n#error no"


def test_a_structure_of_the_host_with_unknown_types_leaves_nothing_behind() -> None:
    before = """#include "project.h"
    struct Work { cudaStream_t stream; Matrix m; }; typedef struct { Work w; } Both; static Work all[4]; Matrix *one;
    __device__ auto twice(int v) -> int { return 2 * v; }"""
    assert values("twice(x)", before=before)[:3].tolist() == [0, 2, 4]
    with pytest.raises(KernelError, match="unknown type 'Work'; its declaration in line 2 is not read"):
        values("Work w; out[x] = 1;", before=before)


def test_strings_of_the_host_are_not_read() -> None:
    before = """const char *name = "sample"; static const char *const files[] = {"a.ppm", "b.ppm", NULL};
    const char letters[] = "xyz"; __constant__ char more[4] = "abc"; struct Option { const char *name; int value; };
    static Option options[] = {{"size", 1}, {"count", 2}};"""
    assert values("letters[x % 3] + more[1]", before=before)[:2].tolist() == [120 + 98, 121 + 98]
    with pytest.raises(KernelError, match="its declaration in line 1 is not read: a pointer to a string"):
        values("out[x] = name[0];", before=before)


def test_a_namespace_of_the_file_may_hold_kernels() -> None:
    text = """namespace a { namespace b { struct P { int v; }; __device__ int f(P p) { return p.v; } } }
    using namespace a; using a::b::f;
    namespace { __global__ void k(int *out) { a::b::P p = {3}; out[threadIdx.x] = a::b::f(p) + f(p); } }"""
    out = np.zeros(4, np.int32)
    launch(text, out, block=4)
    assert out.tolist() == [6, 6, 6, 6]

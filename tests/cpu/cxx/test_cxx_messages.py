"""What kernels in C++ are told: by checked runs, by Clang, and where Clang is not installed."""

from __future__ import annotations

import numpy as np
import pytest

from imgcuda import CheckError, KernelError, LaunchError, PortabilityError, kernels
from imgcuda.cpu.cxx import clang
from support.cxx import NEEDS_CLANG, X

OUT = np.zeros(64, np.float32)
SCALE = """\
template <typename T, int N> __global__ void scale(const T *src, T *dst, int n)
{
    auto at = [&](int i) { return src[i]; };
    int x = threadIdx.x;
    if (x < n) dst[x] = at(x + 1) * N;
}
"""


def error_of(text: str, kernel: str = "k") -> KernelError:
    """Return the error of a launch of a kernel that takes one array."""
    with pytest.raises(KernelError) as caught:
        kernels.compile(text, device="cpu")[kernel](OUT.copy(), grid=1, block=64)
    return caught.value


@NEEDS_CLANG
def test_a_checked_run_names_line_thread_and_index() -> None:
    module = kernels.compile(SCALE, device="cpu")
    wanted = r"kernels\.cu:3: scale<float, 2>: thread \(63, 0, 0\) .* reads src\[64\], which has 64 elements"
    with kernels.checked(), pytest.raises(CheckError, match=wanted):
        module["scale<float, 2>"](X[:64].copy(), OUT.copy(), 64, grid=1, block=64)


@NEEDS_CLANG
def test_errors_of_clang_have_file_line_and_caret() -> None:
    error = error_of(
        "template <typename T> struct A {\n    T v;\n};\n__global__ void k(float *o)\n{\n    A<int> a{o};\n}\n"
    )
    (mistake,) = error.mistakes
    assert (mistake.file, mistake.line, mistake.column, mistake.text) == ("kernels.cu", 6, 14, "    A<int> a{o};")
    assert mistake.message == "cannot initialize a member subobject of type 'int' with an lvalue of type 'float *'"
    assert str(error).endswith("    A<int> a{o};\n                 ^")


@NEEDS_CLANG
def test_errors_in_an_included_text_name_its_own_line() -> None:
    text = '#line 7 "inner.cuh"\ntemplate <typename T> __device__ T f(T v) { return v.none; }\n#line 2 "outer.cu"\n'
    (mistake,) = error_of(text + "__global__ void k(float *o) { o[0] = f(1.0f); }\n").mistakes
    assert (mistake.file, mistake.line) == ("inner.cuh", 7)


@NEEDS_CLANG
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("surf2Dwrite(1.0f, 0, 1, 2);", "surf2Dwrite: "),
        ("Guard guard; o[0] = 1;", "destructors are not in the portable subset"),
        ("o[0] = f<3>(2);", r"f\(\) calls itself; write it as a loop"),
        ("float *p = new float[2]; o[0] = p[0];", "does not have this part of C\\+\\+ \\(new expr\\); use an array"),
        ("if (o[0] > 3) goto end; o[0] = f<2>(1); end: return;", r"\(goto stmt\); use loops, 'break'"),
        ("o[0] = f<2>(tex2D(image, 1, 2));", "tex2D: CUDA 12 has no texture references any more; take a cudaTexture"),
        ("Animal a; o[0] = a.legs();", "virtual functions are not in the portable subset"),
        ("float (*p)(float) = sqrtf; o[0] = p(2);", "a pointer to a function is not in the portable subset"),
        ('asm("");', "GCC|assembly|asm"),
    ],
)
def test_what_the_cpu_engine_does_not_have_is_told_with_its_line(body: str, message: str) -> None:
    text = f"""\
struct Animal {{ __device__ virtual int legs() {{ return 4; }} }};
texture<float, 2> image;
struct Guard {{ int v; __device__ ~Guard() {{ v = 0; }} }};
template <int N> __device__ int f(int n) {{ return n < 2 ? N : f<N>(n - 1); }}
__global__ void k(float *o)
{{
    auto none = [] {{ return 0; }};
    {body}
}}
"""
    with pytest.raises(KernelError, match=message):
        kernels.compile(text, device="cpu").k(OUT.copy(), grid=1, block=64)


@NEEDS_CLANG
def test_our_own_message_stays_where_the_mistake_is_none_of_cxx() -> None:
    text = "constexpr int n = 3;\n__global__ void k(float *o) { o[n] = nothing; }\n"
    (mistake,) = error_of(text).mistakes
    assert mistake.message.startswith("'nothing' is not declared")


@NEEDS_CLANG
def test_an_instance_that_clang_refuses_is_an_error_at_the_template() -> None:
    text = (
        'template <int N> __global__ void k(float *o)\n{\n    static_assert(N > 2, "N is small");\n    o[0] = N;\n}\n'
    )
    (mistake,) = error_of(text, "k<1>").mistakes
    assert (mistake.line, mistake.message) == (3, "static assertion failed due to requirement '1 > 2': N is small")


@NEEDS_CLANG
def test_an_instance_that_may_be_several_kernels_is_refused() -> None:
    text = "template <class T> __global__ void k(T *o) {}\ntemplate <class T> __global__ void k(T *o, int n) {}\n"
    (mistake,) = error_of(text, "k<float>").mistakes
    assert (mistake.message, mistake.remedy) == (
        "several kernels are meant by this instance of a template",
        "give each overload its own name",
    )


@pytest.mark.usefixtures("without_clang")
@pytest.mark.parametrize(
    ("text", "construct"),
    [
        (
            "\ntemplate <int N> __device__ int f() { return N; }\n__global__ void k(float *o) { o[0] = f<1>(); }\n",
            "f",
        ),
        ("\n__global__ void k(float *o) { auto f = [](float v) { return v; }; o[0] = f(1.0f); }\n", "a lambda"),
        (
            "\nclass A { public: __device__ int f(); };\n__global__ void k(float *o) { A a; o[0] = a.f(); }\n",
            "A",
        ),
    ],
)
def test_without_clang_the_refusal_names_construct_line_and_command(text: str, construct: str) -> None:
    error = error_of(text)
    assert any(construct in str(each) for each in error.mistakes)
    assert all(each.line in (2, 3) for each in error.mistakes)
    assert clang.INSTALL in str(error)


@pytest.mark.usefixtures("without_clang")
def test_without_clang_an_instance_names_the_command() -> None:
    with pytest.raises(
        PortabilityError, match=r"'scale<float, 2>' .* template, which is C\+\+; pip install 'imgcuda\[cxx\]'"
    ):
        kernels.compile(SCALE, device="cpu")["scale<float, 2>"](X, X.copy(), 64, grid=1, block=64)


@pytest.mark.parametrize("kernel", ["scale", "scale<float>", "scale<float, 2, 3>"])
def test_a_template_is_launched_by_an_instance_with_all_arguments(kernel: str) -> None:
    with pytest.raises(LaunchError, match=r"'scale' is a template.*name an instance of it, .* each of <T, N>"):
        kernels.compile(SCALE, device="cpu")[kernel]


@NEEDS_CLANG
def test_columns_count_characters() -> None:
    line = '    const char *s = "\u00e9\u00e9"; '
    for wrong in ("none = 1;", "delete o;"):
        (mistake,) = error_of(
            f"template <typename T> __global__ void k(T *o)\n{{\n{line}{wrong}\n}}\n", "k<float>"
        ).mistakes
        assert (mistake.line, mistake.column) == (3, len(line) + 1)

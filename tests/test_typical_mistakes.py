"""Thirty typical mistakes in kernels that people write or paste: one message each, which says what to write."""

# ruff: noqa: E501 - a case is one line

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imgcuda import kernels
from imgcuda.errors import ImgcudaError, KernelError, LaunchError
from support.pasted_kernels import IMAGE, INVERT, USUAL, kernel, made

BODIES = [
    # CUDA's names
    ("o[threadidx.x] = 1;", "'threadidx' is not declared; did you mean 'threadIdx'?"),
    ("o[threadIdx.X] = 1;", "a uint3 has no field 'X'; it has x, y, z"),
    ("syncthreads();", "there is no function 'syncthreads'; did you mean '__syncthreads'?"),
    ("int v = __shfl_down(n, 1);", "__shfl_down: since Volta, threads of a warp need not run together; write __shfl_down_sync(0xffffffff, ...)"),
    ("cudaMalloc(&o, 4);", "cudaMalloc() is a function of the host; call it before the launch, and pass what it makes to the kernel"),
    ("other<<<1, 1>>>(o);", "a launch, '<<<', is the host's business; imgcuda launches the kernel; remove this or put this inside #ifdef __CUDACC__"),
    # functions
    ("f[0] = clamp(f[0], 0.0f, 1.0f);", "there is no function 'clamp'; #include \"helper_math.h\""),
    ("o[0] = MIN(n, 3);", "there is no function 'MIN'; write min()"),
    ("o[INDEX(n, 3)] = 1;", "there is no function 'INDEX'; if it is a macro, #define INDEX(...) in this file"),
    ("f[0] = max(f[1], 0);", "max() of a float and a int is ambiguous; cast one to the type of the other"),
    ("f[0] = f[1] % 2;", "'%' is for integers; this is a float and a int; use fmodf() for the remainder of floats"),
    ("o[0] = square(n);", "square() is a function of the host and cannot be called on the device; write __device__ in front of its definition"),
    ("o[0] = twice(n, 2);", "twice(v) takes 1 argument; it is given 2"),
    ("int *p = (int *)malloc(4);", "there is no function 'malloc'; use an array of fixed size, or pass memory"),
    ('printf("%d", f[0]);', "%d in a printf() prints an int; this is a float; write %f, or cast it to int"),
    # names and types
    ("o[0] = FLT_MAX > 1;", "'FLT_MAX' is not declared; #include <float.h>"),
    ("int a = wdth;\n o[1] = wdth;\n o[2] = a + wdth;", "'wdth' is not declared"),
    ("uint8 v = 1;", "unknown type 'uint8'; write unsigned char"),
    ("flaot v = 1; o[0] = v;", "unknown type 'flaot'; did you mean 'float'?"),
    ("std::vector<int> v;", "'std::vector' is C++; use an array of fixed size, or a pointer to memory, or put this inside #ifdef __CUDACC__"),
    ("std::cout << n;", "'std::cout' is C++; use printf(), or put this inside #ifdef __CUDACC__"),
    ("auto b = cg::this_thread_block();\n cg::sync(b);", "'cg' is no namespace here; #include <cooperative_groups.h>, and write namespace cg = cooperative_groups; above"),
    ("o[0] = tex2D(image, 1, 2);", "tex2D: CUDA 12 has no texture references any more; take a cudaTextureObject_t as an argument, and write tex2D<float>(texture, x, y)"),
    # pointers, vectors, characters
    ("if (n == nullptr) o[0] = 1;", "a number is needed here; this is a nullptr; write 0; a null pointer is for pointers"),
    ("c[0] = 1;", "'c' is const and cannot be assigned to; write to a variable or a pointer that is not const"),
    ("float4 v = make_float4(1, 2, 3, 4); f[0] = v[n];", "a pointer or an array is needed here; this is a float4; write .x, .y, .z or .w behind it in place of brackets"),
    ("float3 v = make_float3(1, 2, 3); v = v * 2;", "a number is needed here; this is a float3; use its fields, or #include \"helper_math.h\""),
    ("pair *p = 0; p.a = 1;", "a pair * has no field 'a'; write -> instead of ."),
    ('char letter = "a";', "a number is needed here; this is a const char *; write one character in single quotes, or read one of the string's with [...]"),
    # memory of blocks and threads
    ("__shared__ int t[n];", "a whole number that is known when the kernel is compiled is needed here; write extern __shared__ and empty brackets, and give the bytes by the launch's shared="),
    ("__shared__ int t[];", "the array 't' has no size; write extern __shared__ and empty brackets, and give the bytes by the launch's shared="),
    ("__shared__ int t = 0;", "shared memory cannot have first values, but 't' has; let the threads set it, and __syncthreads()"),
    ("o[0] = total;", "'total' is not declared; its declaration in line 1 is not read: this global variable is the host's; write __device__ in front of it, or __constant__ if no kernel changes it"),
    # punctuation
    ("int a = 1\n o[0] = a;", "expected ';' after '1'"),
    ("#define DOUBLE(v) v v\n o[0] = DOUBLE(n);", "expected ';' after 'n'"),
    ("#define SUM(a, b) a + + ;\n o[0] = (SUM(n, 2));", "expected an expression, found ';', in what the macro 'SUM' stands for"),
    ("o[0] = 1; else o[0] = 2;", "'else' without 'if'"),
    ("/* o[0] = 1;", "this comment is never closed"),
]  # fmt: skip
BEFORE = "int total; struct pair { int a; }; int square(int v) { return v * v; } __device__ int twice(int v) { return 2 * v; }\n"


@pytest.mark.parametrize(("body", "said"), BODIES)
def test_a_mistake_in_a_kernel_has_one_message_with_its_remedy(body: str, said: str) -> None:
    module = kernels.compile(f"{BEFORE}__global__ void k(int *o, float *f, const int *c, int n)\n{{\n{body}\n}}\n")
    o, f = np.zeros(9, np.int32), np.zeros(9, np.float32)
    with pytest.raises(KernelError) as caught:
        module.k(o, f, o.copy(), 3, grid=1, block=32, device="cpu")
    (mistake,) = caught.value.mistakes
    assert "; ".join(filter(None, (mistake.message, mistake.remedy))) == said
    assert str(caught.value).splitlines()[0].endswith(f": {said}")
    assert mistake.line == (5 if body.startswith("#") else 4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("void k(int *o) { o[0] = 1; }", "kernels.cu:1: 'k' is a function, and no kernel; write __global__ in front of it"),
        ("__global__ void invert(int *o) {}", "kernels.cu has no kernel 'k'; it has: invert"),
        ("template <typename T> __global__ void k(T *o) {}", "kernels.cu: 'k' is a template; name an instance of it, as \"k<float>\" with a value for each of <T>"),
        ("__global__ void k(int o[], int n) {}", "kernels.cu: k(o, n) takes 2 arguments; it was given 1"),
        ("__global__ void k(float *o) {}", "kernels.cu: k: argument 'o' is float *; it was given an array of int32, which fits `int *o`"),
        ("__global__ void k(int &o) {}", "kernels.cu: k: argument 'o' is int &, a reference, which CUDA gives no kernel; take it by value, without '&'"),
    ],
)  # fmt: skip
def test_a_kernel_that_cannot_be_launched_says_what_to_write(text: str, said: str) -> None:
    with pytest.raises(LaunchError) as caught:
        kernels.compile(text)["k"](np.zeros(4, np.int32), grid=1, block=1, device="cpu")
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("__global__ int k(int *o) { return 1; }", "the kernel 'k' must return void; write its result to memory"),
        ("__device__ Item f(int a) { return a; }\n__global__ void k(int *o) {\n o[0] = f(1);\n o[1] = f(2); }", "unknown type 'Item'"),
        ("struct P { Item a; int b; };\n__global__ void k(int *o) {\n P p; p.b = 1;\n o[0] = p.b; }", "unknown type 'Item'"),
        ("__device__ int *memory;\n__global__ void k(int *o) {\n o[0] = memory[1]; }", "the __device__ variable 'memory' holds a pointer, which memory cannot on the CPU engine; pass the pointer as an argument, or keep an offset there instead"),
    ],
)  # fmt: skip
def test_what_follows_from_a_mistake_is_not_reported(text: str, said: str) -> None:
    with pytest.raises(KernelError) as caught:
        kernels.compile(text).k(np.zeros(4, np.int32), grid=1, block=1, device="cpu")
    assert len(caught.value.mistakes) == 1
    assert str(caught.value).splitlines()[0].endswith(f": {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (kernel(USUAL.replace("width", "CHANNELS"), ""), "argument 3 of '@' is 'int 1', since 'CHANNELS' is a macro; give the argument another name, or #undef the macro before"),
        (kernel(USUAL, f"int BORDER = 1; {INVERT}"), "expected a name, found '0', since 'BORDER' is a macro; use another name, or #undef the macro before"),
        (kernel(USUAL, INVERT, "struct pixel { unsigned char r, g, b; };\n"), "'pixel' is imgcuda's own type; give yours another name"),
        (kernel(f"{USUAL}, int pitch", ""), "@(src, dst, width, height, pitch) takes 5 arguments; it was given 4; write @(src, dst, width, height), or make more of them fields of the filter"),
        (kernel("", ""), "@() takes 0 arguments; it was given 4; write @(src, dst, width, height)"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_filters_kernel_says_what_to_write(tmp_path: Path, text: str, said: str) -> None:
    filter = made(tmp_path, text)
    with pytest.raises(ImgcudaError) as caught:
        filter(IMAGE, device="cpu")
    assert str(caught.value).splitlines()[0].endswith(f": {said.replace('@', filter.name)}")


def test_a_suggested_signature_has_no_name_twice(tmp_path: Path) -> None:
    text = kernel("const unsigned char *src, unsigned char *dst, float gain, int width, int height", "")
    filter = made(tmp_path, text, field='gain: float = param(default=2.0, help="Gain.")')
    with pytest.raises(ImgcudaError, match=rf"write {filter.name}\(src, dst, width, height, gain\)"):
        filter(IMAGE, device="cpu")

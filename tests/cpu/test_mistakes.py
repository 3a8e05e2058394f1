"""Messages for a wrong kernel: the place, the line, a caret and a remedy; all mistakes at once."""

from __future__ import annotations

import numpy as np
import pytest

from imgcuda.cpu import compile as compiler
from imgcuda.errors import KernelError, PortabilityError
from imgcuda.programs.layout import Dim3
from support.small_kernels import launch, program

BEFORE = """struct P { int a, b; };
__device__ int twice(int v) { return 2 * v; }
__device__ void bump(int &v) { v++; }
__constant__ int table[2] = {1, 2};
"""

# The caret stands under the place of the mistake; @ marks it here.
MISTAKES = {
    "out[x] = @widht;": "'widht' is not declared; did you mean 'width'?",
    "@widht = 3;": "'widht' is not declared",
    "out[x] = @twise(x);": "there is no function 'twise'; did you mean 'twice'?",
    "out[x] = @twice(x, 1);": "twice(v) takes 1 argument; it is given 2",
    "out[x] = @twice();": "twice(v) takes 1 argument; it is given 0",
    "out[x] = @min(x);": "min() takes 2 arguments; it is given 1",
    "out[x] = @sqrtf();": "sqrtf() takes 1 argument; it is given 0",
    "P p = {1, 2}; out[x] = p.@c;": "a P has no field 'c'",
    "P p = {1, 2}; out[x] = @p;": "a number is needed here; this is a P",
    "P p = {1, 2, @3};": "there are more values here than 'p', a P, has room for",
    "int a[2] = {1, 2, @3};": "there are more values here than 'a', a int [2], has room for",
    "int a[@width];": "a whole number that is known when the kernel is compiled is needed here",
    "int a[@0];": "an array must have a size of 1 at least",
    "out[x] = in @% 2.5f;": "",
    "out[x] = x @% 2.5f;": "'%' is for integers; this is a int and a float; use fmodf()",
    "float f = 1; f @<<= 2;": "'<<' is for integers",
    "out[x] = @~1.5f;": "'~'",
    "out[x] = in@[1.5f];": "an index must be an integer; this is a float",
    "out[x] = x@[width];": "a pointer or an array is needed here; this is a int",
    "out[x] = @*x;": "a pointer or an array is needed here; this is a int",
    "@3 = x;": "",
    "x + 1 @= 3;": "this cannot be assigned to",
    "table[0] @= 3;": "'table' is constant and cannot be assigned to",
    "threadIdx.x @= 3;": "this is constant and cannot be assigned to",
    "@bump(3);": "this cannot be assigned to, nor its address be taken",
    "float f = 1; @bump(f);": "a reference to a int is needed here; this is a float",
    "out[x] = @bump(width);": "a number is needed here; this is a void",
    "in.@x = 3;": "",
    "@return 5;": "k() returns nothing, but this returns a value",
    "switch (@1.5f) { case 1: break; }": "'switch' is for integers",
    "switch (x) { case 1: break; @case 1: break; }": "this case is here twice",
    "switch (x) { case @width: break; }": "must be a whole number that is known",
    "__shared__ int @s = 3;": "shared memory cannot have first values",
    "@atomicInc(out, 3);": "atomicInc() cannot be used on a int; it is for unsigned int",
    "if (x > 3) { @__syncthreads(); }": "",
}
MISTAKES = {source: message for source, message in MISTAKES.items() if message}


def mistakes(body: str, before: str = BEFORE) -> KernelError:
    source = (
        f"{before}__global__ void k(int *out, const int *in, int width) {{\n    int x = threadIdx.x;\n    {body}\n}}\n"
    )
    with pytest.raises(KernelError) as caught:
        launch(source, np.zeros(40, np.int32), np.zeros(40, np.int32), np.int32(1))
    return caught.value


@pytest.mark.parametrize("marked", MISTAKES)
def test_a_mistake_is_shown_in_its_line(marked: str) -> None:
    body = marked.replace("@", "")
    error = mistakes(body)
    assert len(error.mistakes) == 1, str(error)
    mistake = error.mistakes[0]
    assert MISTAKES[marked] in str(error)
    assert (mistake.file, mistake.line) == ("test.cu", 7)
    assert mistake.text == "    " + body
    assert str(error).splitlines()[-1].strip() == "^"


@pytest.mark.parametrize("marked", [each for each in MISTAKES if "twi" in each or "widht" in each or "p.@" in each])
def test_the_caret_stands_under_the_word(marked: str) -> None:
    assert mistakes(marked.replace("@", "")).mistakes[0].column == 5 + marked.index("@")


def test_all_mistakes_are_told_in_one_go() -> None:
    error = mistakes("""int a = one;
    if (two > 3) { out[x] = three; } else { four(x); }
    for (int i = five; i < six; i += seven) out[x] = eight;
    float b = a + 1; out[x] = nine;
    switch (x) { case 1: out[x] = ten; }""")
    found = [mistake.message.split("'")[1] for mistake in error.mistakes]
    assert found == ["one", "two", "three", "four", "five", "six", "eight", "seven", "nine", "ten"]


def test_mistakes_in_parts_between_barriers_are_told_in_one_go() -> None:
    error = mistakes("__shared__ int t[32]; t[x] = one; __syncthreads(); out[x] = two; __syncthreads(); three(1);")
    assert [mistake.message.split("'")[1] for mistake in error.mistakes] == ["one", "two", "three"]


def test_a_wrong_declaration_is_one_mistake() -> None:
    assert len(mistakes("int a = nothing; out[x] = a + a; a = 3;").mistakes) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("const int *p = 0; out[x] = *p;", "a null pointer"),
        ("int a = 1, b[2] = {1, 2}; int *p = &a; if (x) p = b; out[x] = *p;", "a thread's own variable"),
        ("const int *p[2] = {in, in}; out[x] = p[0][x];", "an array of pointers"),
    ],
)
def test_what_only_a_gpu_can_do_is_refused(body: str, message: str) -> None:
    error = mistakes(body)
    assert isinstance(error, PortabilityError)
    assert message in str(error)
    assert error.mistakes[0].remedy


def test_a_function_that_calls_itself_is_refused() -> None:
    error = mistakes("out[x] = f(x);", "__device__ int f(int a) { return a ? f(a - 1) : 0; }\n")
    assert isinstance(error, PortabilityError) and "calls itself; write it as a loop" in str(error)


def test_a_kernel_that_is_not_there() -> None:
    with pytest.raises(KernelError, match="there is no kernel 'blurr'; did you mean 'blur'"):
        compiler.compile(program("__global__ void blur(int *out) { }"), "blurr", Dim3(32))


def test_a_bug_of_the_compiler_asks_for_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise AssertionError("what cannot be")

    monkeypatch.setattr("imgcuda.cpu.lowering.kernel.lower", broken)
    with pytest.raises(
        KernelError, match=r"could not compile k .AssertionError: what cannot be.*please report it with the kernel"
    ):
        compiler.compile(program("__global__ void k(int *never_seen_before) { }"), "k", Dim3(32))

"""Kernels beyond a GPU's memory or the compiler's limits are refused with the line; all others run."""

from __future__ import annotations

import numpy as np
import pytest

from imgcuda.cpu import compile as compiler
from imgcuda.cpu.ir import bytes_of
from imgcuda.errors import KernelError, Mistake
from imgcuda.programs.layout import Dim3
from support.matrix import exhaustive
from support.small_kernels import program, values

DOUBLING = "__device__ float f0(float x) { return x + 1; }\n" + "".join(
    f"__device__ float f{k}(float x) {{ return f{k - 1}(x) + f{k - 1}(x * 2); }}\n" for k in range(1, 31)
)
LAUGHS = "#define a0 1+1\n" + "".join(f"#define a{k} {'+'.join([f'a{k - 1}'] * 8)}\n" for k in range(1, 12))
PASTED = "#define c0 a\n#define P_(a, b) a##b\n#define P(a, b) P_(a, b)\n" + "".join(
    f"#define c{k} P(c{k - 1}, c{k - 1})\n" for k in range(1, 30)
)
QUOTED = "#define S_(a) #a\n#define S(a) S_(a)\n#define s0 a\n" + "".join(
    f"#define s{k} S(s{k - 1} s{k - 1})\n" for k in range(1, 30)
)
SECTIONS = "".join(f"case {k}: out[x] = {k}; break;" for k in range(1001))


def variables(count: int) -> str:
    return f"int {','.join(f'v{k} = {k}' for k in range(count))};"


def moves(count: int) -> str:
    return "".join(f"v{k} = v{k + 1};" for k in range(count - 1))


NESTED = "".join(f"struct s{k} {{ {f's{k - 1} a, b' if k else 'int a'}; }};\n" for k in range(40))
REFUSED = {
    "shared": ("", "__shared__ char t[49153]; t[x] = 1; out[x] = t[x];", "take 49 KB here; a GPU gives a block 48 KB"),
    "shared, two arrays": ("", "__shared__ int t[8000], u[8000]; t[x] = 1; u[x] = t[x]; out[x] = u[x];", "63 KB"),
    "local": ("", "char a[524289]; a[x] = 1; out[x] = a[x];", "take 513 KB here; a GPU has 512 KB for a thread"),
    "local, in callers too": (
        "__device__ int g(int x) { char a[300000]; a[x] = x; return a[x]; }",
        "char b[300000]; b[x] = x; out[x] = b[x] + g(x);",
        "586 KB",
    ),
    "constant": ("__constant__ int t[20000] = {1};", "out[x] = t[x];", "takes 79 KB; a GPU has 64 KB"),
    "dimensions": ("", "int a[100000][100000][100000]; a[0][0][x] = 1;", "beyond the 2 GB"),
    "digits": ("", f"out[x] = {'1' * 6000};", "a number of 6,000 characters"),
    "exponent": ("", "out[x] = 0x1p9999;", "more than a double holds"),
    "macros": (LAUGHS, "out[x] = a11;", "with its macros expanded, the source has more than"),
    "words that double": (PASTED, "int c29 = 1; out[x] = c29;", "a word of more than 10,000 characters"),
    "strings that double": (QUOTED, "const char *p = s29; out[x] = x;", "a word of more than 10,000 characters"),
    "sections": ("", f"switch (in[x]) {{ {SECTIONS} }}", "a switch of 1,001 sections; the CPU engine takes 1,000"),
    "sections, all threads in one": ("", f"switch (n) {{ {SECTIONS} }}", "a switch of 1,001 sections"),
    "a chain of variables": (
        "",
        f"{variables(900)} for (int i = 0; i < n; i++) {{ {moves(900)} v899 = in[x]; }} out[x] = v0;",
        "values go through too many variables from one round of a loop to the next; keep them in an array",
    ),
    "loops in a row": ("", "for (int i = 0; i < n; i++) out[x] += i;" * 500, "more than 30,000 instructions"),
    "loops": ("", f"{'for (int i = 0; i < n; i++) ' * 51} out[x] = i;", "more than 50 loops within each other"),
    "loops of functions": (
        f"__device__ void g(int *out, int n) {{ {'for (int i = 0; i < n; i++) ' * 30} out[i]++; }}",
        f"{'for (int i = 0; i < n; i++) ' * 30} g(out, n);",
        "more than 50 loops within each other",
    ),
    "calls that double": (DOUBLING, "out[x] = f30(x);", "k is too large for the CPU engine"),
    "structures that double": (NESTED, "s39 v; out[x] = sizeof(v);", "a structure of 4,096 numbers"),
    "values": ("", f"int a[3000] = {{{'1,' * 2999}1}}; out[x] = a[x];", "a thread's own array takes up to 2,000"),
}


@pytest.mark.parametrize("name", [exhaustive(name) if "chain" in name else name for name in REFUSED])
def test_what_is_too_much_is_refused_with_its_line(name: str) -> None:
    before, body, words = REFUSED[name]
    with pytest.raises(KernelError) as caught:
        values(body, before=before)
    assert words in str(caught.value)
    assert "mistake of imgcuda" not in str(caught.value)
    assert caught.value.mistakes[0].line > 0


@pytest.mark.parametrize("type", ["unsigned long long", exhaustive("int")])
def test_a_switch_of_many_cases_finds_each(type: str) -> None:
    cases = "".join(f"case ({type})({k * 7919 % 1000 - 500}): v = {k}; break;" for k in range(999))
    switch = f"switch (({type})(k * 25 - 500)) {{ {cases} default: v = -1; }}"
    body = f"for (int k = 0; k <= n; k++) {{ int v; {switch} if (k == x) out[x] = v; }}"
    wanted = {k * 7919 % 1000: k for k in range(999)}
    assert values(body, count=44).tolist() == [wanted.get(x * 25, -1) for x in range(44)]


@pytest.mark.parametrize("count", [30, exhaustive(100)])
def test_a_long_chain_of_variables_in_a_loop_is_no_trouble(count: int) -> None:
    body = f"{variables(count)} for (int i = 0; i < n * 2; i++) {{ {moves(count)} v{count - 1} = x + i; }} out[x] = v0;"
    few, many = count * 2 // 5, count  # too few rounds for a value to reach the other end, and enough
    assert values(body, count=few).tolist() == [few * 2] * few
    assert values(body, count=many).tolist() == [x + count for x in range(many)]


def test_of_many_mistakes_the_first_are_shown() -> None:
    with pytest.raises(KernelError) as caught:
        values("".join(f"out[x] = unknown{k}(x);\n" for k in range(100)))
    assert len(caught.value.mistakes) == 10
    assert "unknown9(" in str(caught.value)


def test_of_many_mistakes_before_the_kernel_the_first_are_shown() -> None:
    wrong = "".join(f"x = unknown{k};\n" for k in range(100))
    with pytest.raises(KernelError, match="unknown0") as caught:
        values("out[x] = g(x);", before=f"__device__ int g(int x) {{ {wrong} return x; }}")
    assert len(caught.value.mistakes) == 10


def test_what_fits_a_gpu_but_no_stack_runs() -> None:
    body = "char a[163840]; for (int k = 0; k < 163840; k += 999) a[k] = k % 100 + x; out[x] = a[999 * (x + 1)];"
    assert values(body).tolist() == [(999 * (x + 1)) % 100 + x for x in range(40)]


def test_large_arrays_that_live_across_a_barrier() -> None:
    body = (
        "__shared__ int t[40]; int a[20000] = {5}; a[19999 - x] = x; t[x] = a[0]; __syncthreads();"
        " out[x] = a[19999 - x] + t[39 - x] + a[7];"
    )
    assert values(body).tolist() == [x + 5 for x in range(40)]


def test_a_long_sum_and_deep_brackets_are_no_trouble() -> None:
    assert values("in[x]" + " + in[1]" * 3000).tolist() == [x + 3000 for x in range(40)]
    assert values("(" * 1000 + "in[x]" + ")" * 1000).tolist() == list(range(40))


@pytest.mark.parametrize(
    "call", ["powf(v, 1.01f)", *map(exhaustive, ("sinf(v)", "expf(-v)", "atan2f(v, u)", "(float)log(v + 2.0)"))]
)
def test_a_function_called_often_computes_what_one_in_place_does(call: str) -> None:
    begin, step = "float v = in[x] * 0.1f, u = n;", f"v = {call} + u * 0.001f;"
    often = values(f"{begin} {step * 200} out[x] = v;", "float")
    looped = values(f"{begin} for (int k = 0; k < 200; k++) {{ {step} }} out[x] = v;", "float")
    assert often.tolist() == looped.tolist()


def test_a_function_called_often_may_be_of_numbers_that_all_threads_share() -> None:
    often = values(f"float v = n; {'v = cosf(v);' * 200} out[x] = v;", "float")
    looped = values("float v = n; for (int k = 0; k < 200; k++) v = cosf(v); out[x] = v;", "float")
    assert often.tolist() == looped.tolist()


def test_long_code_in_a_row_computes_what_a_loop_does() -> None:
    row = "".join(f"v = v * 3 + in[{k % 8}];" for k in range(1500))
    loop = "for (int k = 0; k < 1500; k++) v = v * 3 + in[k % 8];"
    assert values(f"int v = x; {row} out[x] = v;").tolist() == values(f"int v = x; {loop} out[x] = v;").tolist()


def test_many_barriers_and_what_lives_across_them() -> None:
    steps = "".join(f"int v{k} = t[39 - x] + {k}; __syncthreads(); t[x] = v{k}; __syncthreads();" for k in range(100))
    made = values(f"__shared__ int t[40]; t[x] = x; __syncthreads(); {steps} out[x] = t[x] + v0;")
    assert made.tolist() == [x + sum(range(100)) + 39 - x for x in range(40)]


def test_a_long_chain_of_types_is_no_trouble() -> None:
    chain = "typedef int t0; " + "".join(f"typedef t{k} t{k + 1}; " for k in range(3000))
    assert values("t3000 v = in[x]; out[x] = v;", before=chain).tolist() == list(range(40))


@pytest.mark.exhaustive
def test_a_loop_that_is_too_long_to_unroll_stays_a_loop() -> None:
    body = "int s = 0;\n#pragma unroll\nfor (int i = 0; i < 4000; i++) s += in[i % 8] * i; out[x] = s;"
    wanted = int(sum(i % 8 * i for i in range(4000)))
    assert values(body).tolist() == [wanted] * 40


def test_what_is_nested_too_deeply_is_a_sentence() -> None:
    with pytest.raises(KernelError, match="k is nested too deeply for the CPU engine; use variables"):
        values("-~" * 10000 + "in[x]")


@pytest.mark.parametrize(("before", "behind"), [(9, 1000), (1000, 9), (1000, 1000)])
def test_of_a_long_line_what_is_about_the_mistake_is_shown(before: int, behind: int) -> None:
    line = "a" * before + "!" + "b" * behind
    _, text, caret = str(Mistake("wrong", "k.cu", 3, before + 1, line)).splitlines()
    assert text[caret.index("^")] == "!"
    assert len(text) < 320


def test_a_long_name_is_cut_in_a_message() -> None:
    with pytest.raises(KernelError) as caught:
        values("a" * 100_000)
    assert len(str(caught.value)) < 1_000
    assert "a..." in str(caught.value)


def test_an_empty_structure_has_a_size() -> None:
    assert values("sizeof(e)", before="struct e {};").tolist() == [1] * 40


@pytest.mark.parametrize(
    ("type", "size"), [("[3 x i8]", 3), ("[4 x [2 x <8 x i32>]]", 256), ("[5 x <16 x i1>]", 10), ("[2 x ptr]", 16)]
)
def test_the_bytes_of_an_array_of_llvm(type: str, size: int) -> None:
    assert bytes_of(type) == size


def test_no_memory_to_compile_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("imgcuda.cpu.lowering.kernel.lower", greedy)
    with pytest.raises(KernelError, match="there is no memory to compile k"):
        compiler.compile(program("__global__ void k(int *of_no_memory) { }"), "k", Dim3(32))


def test_arrays_on_the_heap_are_a_threads_own() -> None:
    from concurrent.futures import ThreadPoolExecutor

    body = "int a[20000]; for (int k = 0; k < 20000; k++) a[k] = k + in[x]; out[x] = a[19000 + x];"
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: values(body), range(8)))
    assert all(np.array_equal(each, 19000 + 2 * np.arange(40)) for each in made)

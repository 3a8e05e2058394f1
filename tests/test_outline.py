"""The outline of a text, read after the preprocessor: kernels in all spellings, and invalid argument lists."""

from __future__ import annotations

import sys
import time
from functools import cache
from itertools import product

import numpy as np
import pytest

from imgcuda import Filter, FilterError, KernelError, Pipeline, PointFilter, kernel_cache
from imgcuda.frontend.compilers import CPU, CUDA
from imgcuda.frontend.outline import HeadArgument, Outline
from imgcuda.frontend.outline_reader import read_outline
from imgcuda.programs import outlines
from imgcuda.programs.source import KernelArgument, Source, specialize
from support.matrix import every_third

INT, FLOAT = np.dtype(np.int32), np.dtype(np.float32)
A = {"k": (KernelArgument("a", INT, False, "int"),)}


def read(text: str) -> Outline:
    return read_outline(text, "k.cu", dict(CPU))


def kernels(text: str, channels: int = 3, **constants: int) -> dict[str, tuple[KernelArgument, ...]]:
    return specialize(Source("k.cu", text), np.uint8, channels, constants).kernels


def names(text: str) -> list[str]:
    return [name for name, _ in read(text).names]


def arguments(written: str) -> list[tuple[str, str]]:
    """Return names and types as they are read from a list."""
    (head,) = read(f"__global__ void k({written}) {{}}").functions
    assert head.fault is None
    return [(argument.name, argument.written) for argument in head.arguments]


# Kernels


@pytest.mark.parametrize(
    "text",
    [
        "__global__ static void k(int a) {}",
        "static __global__ void __launch_bounds__(256, 2) k(int a) {}",
        "static __global__ void __launch_bounds__(CHANNELS * 32, (2)) k(int a) {}",
        'extern "C" __global__ void k(int a) {}',
        'extern "C" { __global__ void k(int a) {} }',
        "__global__ __attribute__((noinline, used)) void k(int a) {}",
        "[[maybe_unused]] __global__ void k(int a) {}",
        "__global__ void k [[gnu::hot]] (int a) {}",
        "__global__ inline void k(int a) noexcept {}",
        "namespace mine::inner { __global__ void k(int a) {} }",
        "namespace { __global__ void k(int a) {} }",
        "#define NAME k\n__global__ void NAME(int a) {}",
        "#define KERNEL(name) __global__ void name\nKERNEL(k)(int a) {}",
        "#define JOIN(a, b) a##b\n__global__ void JOIN(k, )(int a) {}",
        "#define WHOLE __global__ void k(int a) {}\nWHOLE",
        "#define ARGUMENTS int a\n__global__ void k(ARGUMENTS) {}",
        "#if CHANNELS == 3\n__global__ void k(int a) {}\n#endif",
        "#if CHANNELS == 3\n__global__ void k(int a) {}\n#else\n__global__ void k(float b, int a) {}\n#endif",
        "#if CHANNELS != 3\n__global__ void k(float b, int a) {}\n#else\n__global__ void k(int a) {}\n#endif",
        "__global__ void \\\nk(int \\\n a) {}",
        "__global__ void k(int a);\n__global__ void k(int a) {}",
        "__global__ void k(int);\n__global__ void k(int a) {}",
        'const char *text = "__global__ void b(int x) {}";\n__global__ void k(int a) {}',
        'const char *text = R"x(\n__global__ void b(int x) {}\n"(")x";\n__global__ void k(int a) {}',
        "/* __global__ void b(int x) {} */ __global__ void k(int a) {} // __global__ void c(int x) {}",
        "#define UNUSED __global__ void b(int x) {}\n__global__ void k(int a) {}",
        "__device__ auto f = [](int x) { return x; };\n__global__ void k(int a) {}",
        "struct s { int a; }\n__global__ void k(int a) {}",
        "__device__ int f(int x) {\n  if (x) {\n__global__ void k(int a) {}",
        "__device__ int f(int x { return (x; }\n__global__ void k(int a) {}",
        "int x = 5\n__global__ void k(int a) {}",
        "UNKNOWN(macro)\n__global__ void k(int a) {}",
        "} ) ] ;\n__global__ void k(int a) {}",
        "template <typename T> class Box { T a; Box() : a(1) {} T operator()(int) { return a; } };\n"
        "template <int N = (3 > 2)> __device__ int f() { return N < 3 ? 1 : 2; }\n__global__ void k(int a) {}",
        "class C { friend __global__ void z(int); };\n__global__ void k(int a) {}",
    ],
)
def test_a_kernel_is_found_in_what_the_compiler_sees(text: str) -> None:
    assert kernels(text) == A


@pytest.mark.parametrize(
    "text",
    [
        "#if CHANNELS == 1\n__global__ void k(int a) {}\n#endif",
        "#define KERNEL __global__ void k(int a) {}",
        'const char *text = "__global__ void k(int a) {}";',
        'const char *text = R"(\n__global__ void k(int a) {}\n)";',
        'const char *text = R"(\n__global__ void k(int a) {}\n',
        "template <int N> __global__ void k(int a) {}",
        "template <int N> __global__ void q(int a) {}\ntemplate __global__ void q<3>(int a);",
        "__global__ void k;",
    ],
)
def test_what_is_no_kernel_for_the_compiler_is_none(text: str) -> None:
    assert kernels(text) == {}


def test_a_kernel_may_differ_between_the_compilers() -> None:
    source = Source(
        "k.cu", "#ifdef __CUDACC__\n__global__ void k(int a) {}\n#else\n__global__ void k(float b) {}\n#endif"
    )
    found = {compiler: specialize(source, np.uint8, 3, {}, compiler).kernels["k"] for compiler in (CPU, CUDA)}
    assert found == {CPU: (KernelArgument("b", FLOAT, False, "float"),), CUDA: A["k"]}


# KernelArgument lists


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("int a = 3, float b = f(1, 2)", [("a", "int"), ("b", "float")]),
        ("int (*f)(int, float), int b", [("f", "int (*)() *"), ("b", "int")]),
        ("int f(float), int b", [("f", "int (*)()"), ("b", "int")]),
        ("float &x, const int &&y", [("x", "float &"), ("y", "int &")]),
        ("float w[3], float m[][3], float (*rows)[3]", [("w", "float *"), ("m", "float *"), ("rows", "float *")]),
        ("float **rows, float *columns[4]", [("rows", "float **"), ("columns", "float **")]),
        ("int /* a, */ a // b,\n, int\nb", [("a", "int"), ("b", "int")]),
        ("int, const float *, unsigned", [("", "int"), ("", "float *"), ("", "unsigned")]),
        ("std::pair<int, float> p, box<3, (4 > 2)> *b", [("p", "std::pair"), ("b", "box *")]),
        ("[[maybe_unused]] int a, const __grid_constant__ tile t", [("a", "int"), ("t", "tile")]),
        ("struct tile *t, enum mode m", [("t", "tile *"), ("m", "mode")]),
        ("long unsigned int n, short int s", [("n", "unsigned long long"), ("s", "short")]),
        ("int a, ...", [("a", "int"), ("", "...")]),
    ],
)
def test_a_list_is_read_as_it_stands_in_cpp(written: str, read: list[tuple[str, str]]) -> None:
    assert arguments(written) == read


def test_the_types_that_an_author_names_are_seen_through() -> None:
    types = "typedef float real; using number = real; typedef const real *row;\n"
    assert kernels(f"{types}__global__ void k(number a, row r, real *p) {{}}")["k"] == (
        KernelArgument("a", FLOAT, False, "number"),
        KernelArgument("r", FLOAT, True, "row"),
        KernelArgument("p", FLOAT, True, "real *"),
    )


def run(text: str, channels: int = 3) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return what a filter makes of four gray values whose kernel `mine` is in this text."""

    class Mine(Filter):
        """Run a kernel."""

        @classmethod
        @cache
        def source(cls) -> Source:
            return Source("mine.cu", text)

    image = np.arange(4 * channels, dtype=np.uint8).reshape(2, 2, channels)
    made = Mine()(image, device="cpu")
    assert isinstance(made, np.ndarray)
    return made


@pytest.mark.parametrize(
    ("written", "line", "message", "remedy"),
    [
        ("const", 2, "argument 5 of 'mine' is 'const'", "write a type and a name, as in 'int width'"),
        ("const volatile", 2, "argument 5 of 'mine' is 'const volatile'", "write a type and a name"),
        ("int a,, int b", 2, "argument 6 of 'mine' is empty", "take out a comma"),
        ("", 2, "argument 5 of 'mine' is empty", "take out a comma"),
        (",", 2, "argument 5 of 'mine' is empty", "take out a comma"),
        ("int ROWS", 2, "argument 5 of 'mine' is 'int 1', since 'ROWS' is a macro", "give the argument another name"),
        ("int 3", 2, "argument 5 of 'mine' is 'int 3'", "write a type and a name"),
        ("int a;", 2, "argument 5 of 'mine' is 'int a;'", "write a type and a name"),
        ("int a,\n\n +", 4, "argument 6 of 'mine' is '+'", "write a type and a name"),
        ("int a {}", 2, "argument 5 of 'mine' is 'int a {}'", "write a type and a name"),
    ],
)
def test_a_list_that_is_none_is_a_sentence(written: str, line: int, message: str, remedy: str) -> None:
    head = "// Mine.\n__global__ void mine(const pixel *src, pixel *dst, int width, int height, "
    with pytest.raises(KernelError) as error:
        run(f"{head}{written}) {{}}\n")
    (mistake,) = error.value.mistakes
    assert (mistake.file, mistake.line, mistake.message) == ("mine.cu", line, message)
    assert mistake.remedy.startswith(remedy)
    assert mistake.text == f"{head}{written}) {{}}".split("\n")[line - 1]


def test_a_list_that_is_never_closed_is_a_sentence() -> None:
    with pytest.raises(KernelError, match=r"mine.cu:1:21: the argument list of 'mine' is never closed; close it with"):
        run("__global__ void mine(const pixel *src, pixel *dst, int width, int height\n{\n}\n")


@pytest.mark.parametrize("written", ["int (*f)(int)", "float &f", "float **f", "tile f", "int a b", "Ts... f", "..."])
def test_an_argument_that_no_launch_can_give_is_refused(written: str) -> None:
    with pytest.raises(FilterError, match=r"mine\(src, dst, width, height, .*takes 5 arguments; it was given 4"):
        run(f"__global__ void mine(const pixel *src, pixel *dst, int width, int height, {written}) {{}}\n")


def test_a_template_is_not_launched_and_the_message_says_why() -> None:
    text = "template <int N> __global__ void mine(const pixel *src, pixel *dst, int width, int height) {}\n"
    with pytest.raises(FilterError, match=r"'mine' is a template; name an instance of it, as \"mine<float>\" .* <N>"):
        run(text)


def test_a_kernel_behind_an_error_directive_is_not_just_missing() -> None:
    with pytest.raises(KernelError, match=r"mine.cu:2:2: #error: no gray"):
        run("#if CHANNELS == 1\n#error no gray\n#endif\n__global__ void mine(const pixel *src) {}\n", channels=1)


@pytest.mark.parametrize("limit", [sys.getrecursionlimit(), 40_000], ids=["Python's usual limit", "a high limit"])
def test_macros_that_are_nested_too_deeply_are_a_sentence(limit: int) -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        _refuse_deep_macros()
    finally:
        sys.setrecursionlimit(before)


def _refuse_deep_macros() -> None:
    deep = "F(" * 5000 + "1" + ")" * 5000
    with pytest.raises(KernelError, match=r"mine.cu:2:\d+: macros are nested too deeply here; define names for parts"):
        run(f"#define F(x) (x)\nconstexpr int n = {deep};\n__global__ void mine(const pixel *src) {{}}\n")


BODY = "{ int i = threadIdx.x, y = threadIdx.y; if (i < width && y < height) DO(y * width + i); }\n"


@pytest.mark.parametrize(("channels", "first"), [(1, 1), (3, 2)])
def test_the_branch_that_is_compiled_is_the_one_that_is_run(channels: int, first: int) -> None:
    head = "__global__ void mine(const pixel *src, pixel *dst, int width, int height)\n"
    swapped = "#define MINE(name, type) __global__ void name(const type *src, type *dst, int width, int height)\n"
    text = (
        f"#define DO(i) for (int c = 0; c < CHANNELS; c++) dst[(i) * CHANNELS + c] = src[(i) * CHANNELS + c] + ADD\n"
        f"{swapped}#if CHANNELS == 1\n#define ADD 1\n{head}{BODY}"
        f"#else\n#define ADD 2\nMINE(mine, pixel)\n{BODY}#endif\n"
    )
    assert run(text, channels).ravel().tolist() == list(range(first, first + 4 * channels))


def test_arguments_without_a_name_are_given_by_their_place() -> None:
    text = (
        "__global__ void mine(const pixel *src, pixel *dst, int width, int)\n"
        "{\n    if (threadIdx.x < width && threadIdx.y < 2)\n"
        "        for (int c = 0; c < 3; c++) dst[(threadIdx.y * width + threadIdx.x) * 3 + c] = 7;\n}\n"
    )
    assert run(text).tolist() == np.full((2, 2, 3), 7).tolist()


# What else is declared


def test_functions_tables_types_and_enumerators_are_declared() -> None:
    text = """
    struct pair { float a, b; } first, *second;
    enum mode { LOW, HIGH = 3, }; enum class Kind : int { INNER };
    typedef struct { int x; } cell;
    __constant__ float table[3] = {1, 2, 3}, other = 4;
    static const int count(5);
    using real = float;
    __device__ void (*chosen[2])(int);
    __device__ pair swap(pair p) { int local = 1; p = {p.b, p.a}; return p; }
    pair operator+(pair a, pair b);
    """
    wanted = ["pair", "first", "second", "mode", "LOW", "HIGH", "Kind", "cell", "table", "other", "count", "real"]
    assert names(text) == [*wanted, "chosen", "swap"]


def test_only_what_the_preprocessor_leaves_is_declared() -> None:
    text = (
        "#define MAKE(n) __device__ int n##_of(int x) { return x; }\n#if 0\nint no;\n#endif\nMAKE(half)\n#define B 1\n"
    )
    assert names(text) == ["half_of"]
    assert [name for name, _ in read(text).macros] == ["MAKE", "B"]


@pytest.mark.parametrize(
    ("text", "sized"),
    [
        ("extern __shared__ float tile[];", True),
        ("__global__ void k() { extern __shared__ __align__(16) float tile[]; }", True),
        ("__shared__ extern float tile[];", True),
        ("// extern __shared__ float tile[];", False),
        ("#if 0\nextern __shared__ float tile[];\n#endif", False),
        ('extern "C" { __global__ void k() { __shared__ float tile[3]; } }', False),
    ],
)
def test_memory_that_a_launch_would_size_is_found(text: str, sized: bool) -> None:
    assert read(text).sized_by_launch == sized


class Halve(PointFilter):
    """Halve a color, by a function under #if."""

    @classmethod
    @cache
    def source(cls) -> Source:
        text = """
        #define HELPER(name) __device__ float name(float x)
        #if CHANNELS == 3
        enum { PARTS = 2 };
        #else
        enum { PARTS = 4 };
        #endif
        HELPER(part_of) { return x / PARTS; }
        __device__ color halve(color c) { c.r = part_of(c.r); c.g = part_of(c.g); c.b = part_of(c.b); return c; }
        // __device__ color halve(color c, int no)
        """
        return Source("halve.cu", text)


class Third(PointFilter):
    """Leave a third, by names that the other filter has, too."""

    @classmethod
    @cache
    def source(cls) -> Source:
        text = """
        enum { PARTS = 3 };
        __device__ float part_of(float x) { return x / PARTS; }
        __device__ color third(color c) { c.r = part_of(c.r); c.g = part_of(c.g); c.b = part_of(c.b); return c; }
        """
        return Source("third.cu", text)


@pytest.mark.parametrize(("channels", "value"), [(3, 120 // 2 // 3), (1, 120 // 4 // 3)])
def test_per_pixel_filters_may_declare_the_same_names(channels: int, value: int) -> None:
    image = np.full((2, 2, channels), 120, np.uint8)
    made = Pipeline([Halve(), Third()])(image, device="cpu")
    assert np.asarray(made).tolist() == np.full((2, 2, channels), value).tolist()


# Time, and the cache


HEADS = ["int x = ", "__device__ int f", "__global__ void k", ""]


@pytest.mark.parametrize(("bracket", "head"), every_third(product(["()", "[]", "{}"], HEADS)))
def test_ten_thousand_brackets_take_less_than_a_second(bracket: str, head: str) -> None:
    text = f"{head}{bracket[0] * 10_000}{bracket[1] * 10_000};\n__global__ void q(int a) {{}}\n"
    start = time.process_time()
    found = [head.name for head in read(text).functions]
    assert time.process_time() - start < 1
    assert "q" in found


@pytest.mark.parametrize(
    "opened", every_third(["a<(", "a<", "(", "{", "[[", "f(", "template <", "struct a {", "x = {"])
)
def test_brackets_that_are_never_closed_take_less_than_a_second(opened: str) -> None:
    text = "__device__ int f(" + opened * 10_000 + "\n__global__ void q(int a) {}\n"
    start = time.process_time()
    assert "q" in [head.name for head in read(text).functions]
    assert time.process_time() - start < 1


def test_an_outline_is_read_once_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, bytes] = {}
    monkeypatch.setattr(kernel_cache, "get", kept.get)
    monkeypatch.setattr(kernel_cache, "put", kept.__setitem__)
    text = "typedef int number; #define X\n#error no\n__global__ void k(number a, const) {}\nextern __shared__ int s[];"
    first = outlines.outline.__wrapped__(text, "k.cu", CPU)
    assert len(kept) == 1
    assert outlines.outline.__wrapped__(text, "k.cu", CPU) == first
    assert outlines.outline.__wrapped__(text, "k.cu", CUDA) == first
    assert len(kept) == 2


@pytest.mark.parametrize("damaged", [b"", b"[]", b"{", b"[[1], [], [], [], 0, []]", b"null", b"[" * 100_000])
def test_an_outline_that_cannot_be_understood_is_read_anew(monkeypatch: pytest.MonkeyPatch, damaged: bytes) -> None:
    monkeypatch.setattr(kernel_cache, "get", lambda key: damaged)
    monkeypatch.setattr(kernel_cache, "put", lambda key, data: None)
    (head,) = outlines.outline.__wrapped__("__global__ void k(int a) {}", "k.cu", CPU).functions
    assert head.arguments == (HeadArgument("a", "int", 0),)


def test_constants_without_first_values_are_listed_with_their_types() -> None:
    text = """
    #define N 4
    __constant__ float weights[N * N], gain;
    static __constant__ const unsigned char *table;
    __constant__ int sizes[] = {1, 2}, one = 1;
    __constant__ float given[2]{1, 2};
    __device__ int counter;
    static __device__ float sums[4] = {1}, last = 2;
    __device__ const float fixed[2] = {1, 2};
    __device__ constexpr int one_more = 1;
    const float plain[2] = {1, 2};
    __constant__ struct point corner;
    __device__ int f(int a) { return a; }
    """
    wanted = {"weights": "float", "gain": "float", "table": "unsigned char *", "corner": "point"}
    assert dict(read(text).constants) == wanted
    assert dict(read(text).variables) == {"counter": "int", "sums": "float", "last": "float"}

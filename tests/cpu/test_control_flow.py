"""Branches, loops, switch, and divergent threads: each line is a kernel's body, and the expected `out[x]`."""

# ruff: noqa: E501 - a case is one line
from collections.abc import Callable

import pytest

from imgcuda.cpu.compile import to_llvm
from imgcuda.programs.layout import Dim3
from support.small_kernels import check, launch, program


def collatz(x: int) -> int:
    steps, x = 0, x + 1
    while x != 1:
        x = x // 2 if x % 2 == 0 else 3 * x + 1
        steps += 1
    return steps


def first_divisor(x: int) -> int:
    return next((d for d in range(2, x) if x % d == 0), -1)


def classify(x: int) -> int:
    table = {0: 10, 1: 21, 2: 20, 5: 7}
    return table.get(x, 99)


def seldom(x: int) -> int:
    rounds = 0
    for i in range(x, 43, 5):
        if i & 8:
            break
        rounds += 1
    return rounds


CASES: list[tuple[str, Callable[[int], int]]] = [
    # ---- if
    ("if (x > 3) out[x] = 1; else out[x] = 2;", lambda x: 1 if x > 3 else 2),
    ("if (n > 3) out[x] = 1; else out[x] = 2;", lambda x: 1),
    ("if (x & 1) out[x] = x;", lambda x: x if x & 1 else 0),
    ("int r = 5; if (x & 1) r = x; out[x] = r;", lambda x: x if x & 1 else 5),
    (
        "int r = 5; if (x & 1) { r = x; if (x & 2) r += 100; else r += 200; } else if (x & 4) r = 7; out[x] = r;",
        lambda x: x + (100 if x & 2 else 200) if x & 1 else 7 if x & 4 else 5,
    ),
    # ---- if, with an expectation: right or wrong, for all threads or for some
    ("if (__builtin_expect(x > 3, 1)) out[x] = 1; else out[x] = in[x];", lambda x: 1 if x > 3 else x),
    ("if (__builtin_expect(x > 3, 0)) out[x] = 1; else out[x] = in[x];", lambda x: 1 if x > 3 else x),
    ("if (__builtin_expect(in[x] < n, 1)) out[x] = 1; else out[x] = in[x];", lambda x: 1),
    ("if (__builtin_expect(in[x] < n, 0)) out[x] = 1; else out[x] = in[x];", lambda x: 1),
    ("if (__builtin_expect(x < 0, 1)) out[x] = 1; else out[x] = in[x];", lambda x: x),
    ("if (__builtin_expect(x > 3, 1)) out[x] = in[x];", lambda x: x if x > 3 else 0),
    ("if (__builtin_expect(x < 3, 0)) return; out[x] = in[x];", lambda x: x if x >= 3 else 0),
    (
        "if (__builtin_expect(x & 4, 1)) { if (__builtin_expect(x & 1, 0)) out[x] = 7; } else out[x] = 8;",
        lambda x: (7 if x & 1 else 0) if x & 4 else 8,
    ),
    ("if (__builtin_expect(n > 3, 0)) out[x] = 1; else out[x] = 2;", lambda x: 1),
    (
        "for (int i = 0; i < 9; i++) if (__builtin_expect(i == x, 0)) { out[x] = i + 1; break; }",
        lambda x: x + 1 if x < 9 else 0,
    ),
    ("out[x] = __builtin_expect(in[x] + 5, 5);", lambda x: x + 5),
    ("out[x] = sizeof(__builtin_expect(x > 3, 1));", lambda x: 8),
    # ---- a condition for all threads of a vector, 8 here; under a mask, for all active ones
    ("out[x] = __builtin_for_all(x >= 8);", lambda x: int(x >= 8)),
    ("out[x] = __builtin_for_all(x != 12);", lambda x: int(not 8 <= x < 16)),
    ("out[x] = __builtin_for_all(n > 3);", lambda x: 1),
    ("if (x & 1) out[x] = __builtin_for_all(in[x] != 12 && in[x] != 17);", lambda x: x & 1 and int(not 16 <= x < 24)),
    ("if (__builtin_for_all(x < 13)) out[x] = 1; else out[x] = in[x];", lambda x: 1 if x < 8 else x),
    ("out[x] = sizeof(__builtin_for_all(x > 3));", lambda x: 1),
    # ---- loops with an expectation, right or wrong
    ("int r = 0; for (int i = 0; __builtin_expect(i < x, 0); i++) r += i; out[x] = r;", lambda x: x * (x - 1) // 2),
    ("int r = 0; for (int i = x; __builtin_expect(i < 43, 0); i += 5) { if (i & 8) break; r++; } out[x] = r;", seldom),
    ("int r = 0; while (__builtin_expect(r < n, 1)) r += 1 + (x & 1); out[x] = r;", lambda x: 40),
    # ---- loops that run once, and those that only seem to
    ("for (int p = 0; p < 1; p++) out[x] = x + p;", lambda x: x),
    ("int r = 0; for (int p = 3; p <= 3; ++p) { int q = p; q++; r += q; } out[x] = r;", lambda x: 4),
    ("for (int p = 0; p < 1; p++) { if (x & 1) continue; out[x] = 5; }", lambda x: 0 if x & 1 else 5),
    ("for (int p = 0; p < 1; p++) { if (x & 1) break; out[x] = 5; }", lambda x: 0 if x & 1 else 5),
    ("for (int p = 0; p < 1; p++) { if (x & 1) return; out[x] = 5; } out[x] += 2;", lambda x: 0 if x & 1 else 7),
    ("int r = 0; for (int p = 0; p < 1; p++) { r++; if (r < 3) p--; } out[x] = r;", lambda x: 3),
    (
        "int r = 0; for (int p = 0; p < 1; p++) { int *q = &p; r++; if (r < x) *q = -1; } out[x] = r;",
        lambda x: max(1, x),
    ),
    ("int r = 0; for (int p = 0; p < 1; p++) for (int p = 0; p < 2; p++) r += p + 1; out[x] = r;", lambda x: 3),
    ("int p = 7; for (int p = 0; p < 1; p++) out[x] = p; out[x] += p;", lambda x: 7),
    ("int r = 0; for (int p = 0; p < 1 && x > 3; p++) r = 1; out[x] = r;", lambda x: int(x > 3)),
    ("int r = 0; if (x > 100) r = 1; out[x] = r;", lambda x: 0),
    ("int r = 0; if (x >= 0) r = 1; out[x] = r;", lambda x: 1),
    (
        "int r = 0; if (x < 8) { if (x & 1) { if (x > 4) r = 1; else r = 2; } else { r = 3; } r += 10; } out[x] = r;",
        lambda x: 0 if x >= 8 else 10 + (3 if not x & 1 else 1 if x > 4 else 2),
    ),
    (
        "int r; if (x > 3) { int t = x * 2; r = t + 1; } else { int t = x * 3; r = t + 2; } out[x] = r;",
        lambda x: 2 * x + 1 if x > 3 else 3 * x + 2,
    ),
    ("if (x < 20) { if (n == 40) out[x] = 3; else out[x] = 4; }", lambda x: 3 if x < 20 else 0),
    (
        "if (1) out[x] = 3; else out[x] = nothing_of_this_name_is_looked_for;".replace(
            "nothing_of_this_name_is_looked_for", "4"
        ),
        lambda x: 3,
    ),
    ("int a = 1, b = 2; if (x & 1) { int t = a; a = b; b = t; } out[x] = a * 10 + b;", lambda x: 21 if x & 1 else 12),
    # ---- loops
    ("int r = 0; for (int i = 0; i < x; i++) r += i; out[x] = r;", lambda x: x * (x - 1) // 2),
    ("int r = 0; for (int i = x; i < n; i += 7) r++; out[x] = r;", lambda x: len(range(x, 40, 7))),
    (
        "int r = 0; for (int i = 0; i < 10; i++) for (int j = 0; j < i; j++) r += j ^ x; out[x] = r;",
        lambda x: sum(j ^ x for i in range(10) for j in range(i)),
    ),
    (
        "int r = 0; for (int i = 0; i < x; i++) for (int j = i; j < x; j++) r += j - i; out[x] = r;",
        lambda x: sum(j - i for i in range(x) for j in range(i, x)),
    ),
    ("int a = x + 1, s = 0; while (a != 1) { if (a & 1) a = 3 * a + 1; else a /= 2; s++; } out[x] = s;", collatz),
    ("int a = x; do { a -= 7; } while (a > 0); out[x] = a;", lambda x: x - 7 * max(1, -(-x // 7))),
    ("int a = 0; do a++; while (a < 5); out[x] = a + x;", lambda x: 5 + x),
    ("int a = x, r = 0; while (a--) r += 2; out[x] = r;", lambda x: 2 * x),
    ("int a = x, r = 0; while (--a > 0) r += 2; out[x] = r;", lambda x: 2 * max(x - 1, 0)),
    (
        "int r = 0; for (int i = 0, j = x; i < j; i++, j--) r += j - i; out[x] = r;",
        lambda x: sum(x - 2 * i for i in range((x + 1) // 2)),
    ),
    ("int r = 0; for (;;) { if (r >= x) break; r += 3; } out[x] = r;", lambda x: -(-x // 3) * 3),
    ("int r = 0; while (true) { if (r > 100) break; r += 3; } out[x] = r;", lambda x: 102),
    ("int i; for (i = 0; i < x; i++) { } out[x] = i;", lambda x: x),
    ("int i = 0; for (; i < x; ) i += 2; out[x] = i;", lambda x: x + x % 2),
    ("int r = 0; for (unsigned char i = 250; i != 5; i++) r++; out[x] = r;", lambda x: 11),
    ("int r = 0; for (float f = 0; f < x; f += 0.5f) r++; out[x] = r;", lambda x: 2 * x),
    ("int r = 0; for (int i = 40; i-- > x; ) r += i; out[x] = r;", lambda x: sum(range(x, 40))),
    # ---- break and continue
    ("int r = -1; for (int d = 2; d < x; d++) if (x % d == 0) { r = d; break; } out[x] = r;", first_divisor),
    (
        "int r = 0; for (int i = 0; i < 20; i++) { if (i == x) continue; r += i; } out[x] = r;",
        lambda x: 190 - (x if x < 20 else 0),
    ),
    (
        "int r = 0; for (int i = 0; i < 20; i++) { if (i & x & 3) continue; if (i > x) break; r += i; } out[x] = r;",
        lambda x: sum(i for i in range(min(20, x + 1)) if not i & x & 3),
    ),
    (
        "int r = 0; for (int i = 0; i < 20; i++) { if (i == 5) continue; if (i == 9) break; r += i; } out[x] = r;",
        lambda x: 31,
    ),
    (
        "int r = 0; for (int i = 0; i < 10; i++) { for (int j = 0; j < 10; j++) { if (j > x) break; r++; } if (i > x) break; r += 100; }"
        " out[x] = r;",
        lambda x: sum(min(10, x + 1) + (100 if i <= x else 0) for i in range(10) if i <= x + 1),
    ),
    (
        "int r = 0; for (int i = 0; i < 10; i++) { if ((i + x) % 3 == 0) { i++; continue; } r += i; } out[x] = r;",
        lambda x: skipping(x),
    ),
    (
        "int i = 0, r = 0; while (i < 10) { i++; if (i % 3 == x % 3) continue; r += i; } out[x] = r;",
        lambda x: sum(i for i in range(1, 11) if i % 3 != x % 3),
    ),
    (
        "int i = 0, r = 0; do { i++; if (i == x) continue; r += i; } while (i < 10); out[x] = r;",
        lambda x: 55 - (x if 1 <= x <= 10 else 0),
    ),
    ("int i = 0; do { if (i == x) break; i++; } while (i < 10); out[x] = i;", lambda x: min(x, 10)),
    ("int r = 0; for (int i = 0; i < n; i++) { if (i < x) continue; r = i; break; } out[x] = r;", lambda x: x),
    (
        "int r = 0; for (int i = 0; i < 4; i++) { if (x == 3) break; for (int j = 0; j < 4; j++) { if (j == x) continue; r += 1; }"
        " r += 10; } out[x] = r;",
        lambda x: 0 if x == 3 else 4 * (10 + (3 if x < 4 else 4)),
    ),
    # ---- return
    ("if (x > 5) return; out[x] = 7;", lambda x: 0 if x > 5 else 7),
    ("if (x > 5) { out[x] = 3; return; } out[x] = 7;", lambda x: 3 if x > 5 else 7),
    ("if (n > 5) { out[x] = 3; return; } out[x] = 7;", lambda x: 3),
    (
        "for (int i = 0; i < 20; i++) { if (i == x) { out[x] = i * 2; return; } } out[x] = -1;",
        lambda x: 2 * x if x < 20 else -1,
    ),
    (
        "int r = 0; for (int i = 0; i < 5; i++) { for (int j = 0; j < 5; j++) { r++; if (i * j == x) { out[x] = r; return; } } }"
        " out[x] = -r;",
        lambda x: next((5 * i + j + 1 for i in range(5) for j in range(5) if i * j == x), -25),
    ),
    (
        "if (x & 1) { if (x & 2) return; out[x] = 1; } else { out[x] = 2; if (x & 4) return; out[x] = 3; } out[x] += 10;",
        lambda x: (0 if x & 2 else 11) if x & 1 else 2 if x & 4 else 13,
    ),
    # ---- switch
    (
        "switch (x) { case 0: out[x] = 10; break; case 1: out[x] = 1; case 2: out[x] += 20; break; case 5: out[x] = 7; break;"
        " default: out[x] = 99; }",
        classify,
    ),
    (
        "int r = 0; switch (x & 3) { default: r = 9; case 1: r += 1; break; case 2: r = 5; } out[x] = r;",
        lambda x: {0: 10, 1: 1, 2: 5, 3: 10}[x & 3],
    ),
    ("int r = 0; switch (n) { case 40: r = 1; case 41: r += 2; break; case 42: r = 100; } out[x] = r;", lambda x: 3),
    ("int r = 0; switch (n) { case 1: r = 1; break; default: r = 8; } out[x] = r;", lambda x: 8),
    ("int r = 0; switch (n) { case 1: r = 1; break; } out[x] = r;", lambda x: 0),
    ("int r = 3; switch (2) { case 1: r = 1; break; case 2: case 3: r = 2; } out[x] = r;", lambda x: 2),
    (
        "int r = 0; switch (x) { case 1: case 2: case 3: r = 1; break; case 4: { r = 2; break; } } out[x] = r;",
        lambda x: 1 if x in (1, 2, 3) else 2 if x == 4 else 0,
    ),
    (
        "int r = 0; switch (x % 4) { case 0: if (x > 20) break; r = 1; case 1: r += 10; if (x > 10) break; r += 100; break; case 2: r = 5; }"
        " out[x] = r;",
        lambda x: {0: 0 if x > 20 else 11 + (0 if x > 10 else 100), 1: 10 + (0 if x > 10 else 100), 2: 5, 3: 0}[x % 4],
    ),
    (
        "int r = 0; for (int i = 0; i < 8; i++) { switch ((i + x) & 3) { case 0: continue; case 1: r += 1; break; case 2: r += 10; }"
        " r += 100; } out[x] = r;",
        lambda x: 2 * 101 + 2 * 110 + 2 * 100,
    ),
    (
        "int r = 0; for (int i = 0; i < 8; i++) { switch (i) { case 2: continue; case 5: r += 1000; break; } r += i; } out[x] = r;",
        lambda x: 1000 + 28 - 2,
    ),
    ("switch (x & 1) { case 0: out[x] = 4; return; } out[x] = 5;", lambda x: 5 if x & 1 else 4),
    (
        "int r = 0; switch (x) { case 3: for (int i = 0; i < 9; i++) { if (i == 4) break; r++; } r += 10; break; default: r = 1; }"
        " out[x] = r;",
        lambda x: 14 if x == 3 else 1,
    ),
    (
        "int r = 0; switch ((unsigned char)(x + 250)) { case 255: r = 1; break; case 0: r = 2; break; case 'a': r = 3; } out[x] = r;",
        lambda x: {5: 1, 6: 2}.get(x, 0),
    ),
    (
        "int r; switch (x - 20) { case -1: r = 1; break; case 0 + 1: r = 2; break; default: r = 0; } out[x] = r;",
        lambda x: {19: 1, 21: 2}.get(x, 0),
    ),
    (
        "int r = 0; switch (x >> 3) { case 0: switch (x) { case 1: r = 1; break; case 2: r = 2; } r += 10; break; case 1: r = 7; } out[x] = r;",
        lambda x: 10 + {1: 1, 2: 2}.get(x, 0) if x < 8 else 7 if x < 16 else 0,
    ),
    # ---- what is not needed is not evaluated
    ("out[x] = x < 3 && in[x] > 0 ? 1 : 2;", lambda x: 1 if 0 < x < 3 else 2),
    ("int i = x - 5; out[x] = i >= 0 && in[i] == 3;", lambda x: int(x == 8)),
    ("int i = x * 1000000; out[x] = i < n && in[i] == 0;", lambda x: int(x == 0)),
    ("int i = x * 1000000; out[x] = i >= n || in[i] == 5;", lambda x: int(x > 0)),
    ("int i = x * 1000000; out[x] = i < n ? in[i] : -1;", lambda x: 0 if x == 0 else -1),
    ("out[x] = n < 5 ? in[1000000000] : 4;", lambda x: 4),
    ("out[x] = n > 5 || in[1000000000];", lambda x: 1),
    ("int a = 0; x > 5 && a++; out[x] = a;", lambda x: int(x > 5)),
    ("int a = 0; x > 5 || ++a; out[x] = a;", lambda x: int(x <= 5)),
    ("int a = 1, b = 2; x > 5 ? a++ : b++; out[x] = a * 10 + b;", lambda x: 22 if x > 5 else 13),
    ("int a = 0; if (x > 3 && (a = 5) && x < 10) a++; out[x] = a;", lambda x: 0 if x <= 3 else 6 if x < 10 else 5),
    ("if (in) out[x] = 1;".replace("if (in)", "if (in[x])"), lambda x: int(x > 0)),
    ("int r = 0; for (int i = 0; i < 100000000 && i < n && in[i] < x; i++) r++; out[x] = r;", lambda x: x),
    ("int i = 0; while (i < n && in[i] != x) i++; out[x] = i;", lambda x: x),
    (
        "int i = x; for (int s = 0; i < 1000; i = s < 3 ? in[i] + 1 : 1000000, s++) { if (i >= n - 1) break; } out[x] = i > 39 ? 1 : 0;",
        lambda x: int(x < 36),
    ),
]


def skipping(x: int) -> int:
    r = i = 0
    while i < 10:
        if (i + x) % 3 == 0:
            i += 1
        else:
            r += i
        i += 1
    return r


@pytest.mark.parametrize(("body", "expected"), CASES, ids=[body for body, _ in CASES])
def test_control_flow(body: str, expected: Callable[[int], int]) -> None:
    check(body, expected)


def test_uniform_conditions_that_depend_on_the_row() -> None:
    """Threads of one vector agree on threadIdx.y, those of a block do not."""
    import numpy as np

    out = np.zeros((6, 32), np.int32)
    source = """__global__ void k(int *out) {
        int r = 0;
        for (int i = 0; i < 100; i++) { if (i == threadIdx.y) break; r += 10; }
        if (threadIdx.y & 1) r += 1;
        switch (threadIdx.y) { case 2: r += 1000; break; case 3: return; }
        out[threadIdx.y * 32 + threadIdx.x] = r;
    }"""
    launch(source, out, block=(32, 6))
    assert out[:, 0].tolist() == out[:, 31].tolist() == [0, 11, 1020, 0, 40, 51]


def test_loop_that_runs_once_is_compiled_without_a_loop() -> None:
    source = "__global__ void k(int *out) { for (int p = 0; p < 1; p++) out[threadIdx.x + p] = 5; }"
    plain = "__global__ void k(int *out) { out[threadIdx.x] = 5; }"
    jumps = [to_llvm(program(each), "k", Dim3(64)).ir.count("br ") for each in (source, plain)]
    assert jumps[0] == jumps[1]


def test_condition_for_all_threads_leaves_neither_side_a_mask() -> None:
    source = """__global__ void k(int *out, const int *in) { int x = threadIdx.x;
                if (__builtin_for_all(in[x] > 3)) out[x] = 1; else out[x] = in[x + 1]; }"""
    assert "masked" not in to_llvm(program(source), "k", Dim3(64)).ir


def test_argument_that_a_function_cannot_set_is_no_variable() -> None:
    def stores(parameter: str) -> int:
        source = f"""__device__ int twice({parameter}) {{ return n * 2; }}
                     __global__ void k(int *out) {{ int a = out[threadIdx.x]; out[threadIdx.x] = twice(a) + a; }}"""
        return to_llvm(program(source), "k", Dim3(64)).ir.count("store <")

    assert stores("int n") == stores("const int &n") < stores("int &n")


def test_threads_before_the_first_return_need_no_mask() -> None:
    source = """__global__ void k(int *out, int n) { __shared__ int t[64]; int x = threadIdx.x;
                t[x] = out[x]; __syncthreads(); out[x] = t[63 - x]; __syncthreads(); %s }"""
    masks = [to_llvm(program(source % last), "k", Dim3(64)).ir.count("reduce") for last in ("", "if (x > n) return;")]
    assert masks[0] == 0
    assert masks[1] <= 3  # of the condition alone, none for what stands before


def test_loop_of_few_threads_has_no_copy_without_a_mask() -> None:
    sizes = []
    for condition in ("i < n", "__builtin_expect(i < n, 0)"):
        source = f"""__global__ void k(int *out, const int *in, int n)
                     {{ for (int i = in[threadIdx.x]; {condition}; i++) out[i] += in[i] / (i + n); }}"""
        sizes.append(to_llvm(program(source), "k", Dim3(64)).ir.count("\n"))
    assert sizes[1] < 0.9 * sizes[0]


def test_expected_side_alone_has_a_copy_without_a_mask() -> None:
    body = "for (int i = 0; i < n; i++) out[i * n + x] += in[i * n + x] / (i + x);"
    sizes = []
    for condition in ("x > 3", "__builtin_expect(x > 3, 1)"):
        source = f"""__global__ void k(int *out, const int *in, int n)
                     {{ int x = threadIdx.x; if ({condition}) out[x] = 1; else {body} }}"""
        sizes.append(to_llvm(program(source), "k", Dim3(64)).ir.count("\n"))
    assert sizes[1] < 0.8 * sizes[0]

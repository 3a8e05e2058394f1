"""`printf` in kernels on the CPU: what it prints, in which order, and what its format may not be."""

from __future__ import annotations

import numpy as np
import pytest

from imgcuda import KernelError, kernels


def _printed(capfd: pytest.CaptureFixture[str], body: str, *, grid: int = 1, block: int = 4, before: str = "") -> str:
    """Return what a kernel prints whose body is given; i is the thread's number."""
    text = f"{before}\n__global__ void k(float *v) {{ int i = blockIdx.x * blockDim.x + threadIdx.x; {body} }}"
    values = np.arange(grid * block, dtype=np.float32) * 1.5
    kernels.compile(text).k(values, grid=grid, block=block, device="cpu")
    return capfd.readouterr().out


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (r'printf("%d %u %x %X %o|", i - 1, 4000000000u, 255, 255, 8);', "%d %d ff FF 10|"),
        (r'printf("%5d|%-5d|%05d|%+d|", i, i, i, i);', "{0:5}|{0:<5}|{0:05}|{0:+}|"),
        (r'printf("%.2f %8.3f %g %e|", v[i], v[i], v[i], v[i]);', "{1:.2f} {1:8.3f} {1:g} {1:e}|"),
        (r'printf("%lld %ld %llu %zu|", 1LL << 40, -5L, 1ULL << 33, sizeof i);', "1099511627776 -5 8589934592 4|"),
        (r"""printf("%c%c %s %5s|", 97 + i, 'x', "on" "e", i % 2 ? "odd" : "even");""", "{2}x one {3:>5}|"),
        (r'printf("%*d %.*f 100%%\t\\\x41\n", 4, i, 1, 2.25);', "{0:4} 2.2 100%\t\\A\n"),
        (r'unsigned char b = 200; short s = -3; printf("%d %hhd %hd %d|", b, b, s, true);', "200 -56 -3 1|"),
        (r'char word[] = "ab"; word[1] += i; printf("%c%c%d|", word[0], word[1], (int)sizeof("abc"));', "a{4}4|"),
        (r'printf("%d|", printf("%d %d ", i, i));', None),
    ],
)  # fmt: skip
def test_a_kernel_prints_as_c_does(body: str, expected: str | None, capfd: pytest.CaptureFixture[str]) -> None:
    printed = _printed(capfd, body)
    if expected is None:
        assert printed == "".join(f"{i} {i} " for i in range(4)) + 4 * "2|"
    elif "%d" in expected:
        assert printed == "".join(f"{i - 1} 4000000000 ff FF 10|" for i in range(4))
    else:
        letters = [(chr(97 + i), "odd" if i % 2 else "even", chr(98 + i)) for i in range(4)]
        assert printed == "".join(expected.format(i, 1.5 * i, *letters[i]) for i in range(4))


def test_threads_print_in_their_order_though_there_are_many_blocks(capfd: pytest.CaptureFixture[str]) -> None:
    printed = _printed(capfd, r'if (i % 3) printf("%d\n", i);', grid=3000, block=128)
    assert printed.split() == [str(i) for i in range(3000 * 128) if i % 3]


def test_printing_between_barriers_in_functions_and_in_loops(capfd: pytest.CaptureFixture[str]) -> None:
    before = '__device__ void f(int i) { for (int n = 0; n < i; n++) printf("%d.%d ", i, n); }'
    body = 'if (i == 0) printf("start "); __syncthreads(); printf("all "); __syncthreads(); f(i);'
    loops = "1.0 2.0 3.0 2.1 3.1 3.2 "  # the threads of a vector go round together
    assert _printed(capfd, body, before=before) == "start all all all all " + loops


def test_what_python_prints_stands_around_what_a_kernel_prints(capfd: pytest.CaptureFixture[str]) -> None:
    print("before")
    kernels.compile('__global__ void k() { printf("within\\n"); }').k(grid=1, block=1, device="cpu")
    print("after")
    assert capfd.readouterr().out == "before\nwithin\nafter\n"


def test_a_checked_launch_prints_too(capfd: pytest.CaptureFixture[str]) -> None:
    with kernels.checked():
        assert _printed(capfd, r'if (i < 3) printf("%d %s\n", i, i ? "b" : "a");') == "0 a\n1 b\n2 b\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('printf("%d", v[i]);', r"%d in a printf\(\) prints an int; this is a float; write %f, or cast it to int"),
        ('printf("%f", i);', r"%f in a printf\(\) prints a float or double; this is a int; write %d, or cast it"),
        ('printf("%f", 1LL);', "write %lld, or cast it to float"),
        ('printf("%s", v);', r"%s in a printf\(\) prints a string; this is a float \*; write %p, or read what it"),
        ('printf("%d %d", i);', r"this printf\(\) prints 2 values; it is given 1; write a conversion"),
        ('printf("none", i);', r"this printf\(\) prints 0 values; it is given 1"),
        ('printf("100% of");', None),
        ('printf("50%");', "'%' in a printf.. converts nothing; write %% for a percent sign"),
        ('const char *f = "%d"; printf(f, i);', r"the format of a printf\(\) must be a string here; write printf"),
        ("printf();", "the format of a printf"),
        ("float2 p; p.x = i; printf(\"%f\", p);", "this is a float2; use one of its fields"),
        ('fprintf(stderr, "%d", i);', r"fprintf is not available on the CPU engine; use printf\(\) or assert\(\)"),
        (r'printf("\q");', "is not a known escape"),
        ('printf(LR"(wide)");', "a string of wide characters has no use in a kernel"),
    ],
)  # fmt: skip
def test_a_format_that_does_not_fit_its_arguments_is_refused(body: str, said: str | None) -> None:
    module = kernels.compile(f"__global__ void k(float *v) {{ int i = threadIdx.x; {body} }}")
    with pytest.raises(KernelError, match=said or "this printf.. prints 1 value; it is given 0"):
        module.k(np.zeros(1, np.float32), grid=1, block=1, device="cpu")

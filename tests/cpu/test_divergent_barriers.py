"""Barriers that only some threads of a block reach: each case is a kernel's body, and the same thread in Python.

In Python a thread is a generator that yields at a barrier, as CUDA has it since Volta: all threads run to their next
barrier or to their end, and then all that are left go on.
"""

# ruff: noqa: E501 - a case is one line
from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

from imgcuda.cuda.compile import Nvrtc
from support.matrix import every_third, exhaustive
from support.small_kernels import launch, program, values

Thread = Callable[[int, list[int], list[int]], Iterator[None]]
COUNT = 40


def simulate(thread: Thread, count: int) -> list[int]:
    """Return what the threads of a block leave in `out`, given memory `t` that they share."""
    out, t = [0] * count, [0] * 64
    left = [thread(x, t, out) for x in range(count)]
    while left:
        left = [each for each in left if next(each, "end") != "end"]
    return out


def guarded(x: int, t: list[int], out: list[int]) -> Iterator[None]:
    if x < 27:
        t[x] = 3 * x
        yield
        out[x] = t[26 - x]


def nested(x: int, t: list[int], out: list[int]) -> Iterator[None]:
    a = x + 1
    if x < 33:
        if x % 3 != 0:
            t[x] = a
            yield
            a += t[x - 1 if x % 3 == 2 else x]
        a *= 2
    out[x] = a


def both(x: int, t: list[int], out: list[int]) -> Iterator[None]:
    if x < 20:
        t[x] = x
        yield
        out[x] = t[x + 20]
    else:
        t[x] = 100 + x
        yield
        out[x] = t[x - 20]
        yield
        out[x] += 1000


def chain(x: int, t: list[int], out: list[int]) -> Iterator[None]:
    k = x
    if x < 10:
        t[x] = 1
        yield
        k += t[9 - x]
    elif x < 25:
        k = -k
    elif x < 30:
        yield
        k *= 7
    out[x] = k


def rounds(x: int, t: list[int], out: list[int]) -> Iterator[None]:
    r, i = 0, 0
    while i < x % 4:
        t[x] = x + i
        yield
        r += t[x ^ 1] if (x ^ 1) % 4 > i else 50
        yield
        i += 1
    out[x] = 10 * r + i


def leaving(x: int, t: list[int], out: list[int]) -> Iterator[None]:
    r, i = 0, 0
    while i < 6:
        t[x] = x * i
        yield
        r += t[x]
        if i == x % 5:
            break
        if (x + i) % 3 == 0:
            i += 1
            continue
        yield
        r += 100
        i += 1
    out[x] = r + i


def returning(x: int, t: list[int], out: list[int]) -> Iterator[None]:
    t[x] = x
    if x < 30:
        yield
        if x % 2:
            out[x] = 7
            return
        out[x] = t[29 - x]
        yield
        out[x] += t[x]
    out[x] += 1


def chosen(x: int, t: list[int], out: list[int]) -> Iterator[None]:
    r = 0
    case = x % 4
    if case == 0:
        t[x] = x
        yield
        r = t[x] + 1
    if case in (0, 1):
        r += 10
        yield
        r += 100
    elif case == 3:
        r = -1
    out[x] = r


def shifted(x: int, t: list[int]) -> Any:
    t[x] = x
    yield
    if x % 4 == 1:
        return -5
    yield
    return t[x ^ 2]


def calling(x: int, t: list[int], out: list[int]) -> Iterator[None]:
    r = 1
    if x < 36:
        r += yield from shifted(x, t)
    out[x] = r


def short(x: int, t: list[int], out: list[int]) -> Iterator[None]:
    r = x < 34
    if r:
        r = (yield from shifted(x, t)) > 12
    out[x] = int(r) + 2


def question(x: int, t: list[int], out: list[int]) -> Iterator[None]:
    out[x] = (yield from shifted(x, t)) if 5 < x < 30 else x * 100


def kept(x: int, t: list[int], out: list[int]) -> Iterator[None]:
    a, p, s = [x, 2 * x, 3 * x], x, 0
    if x % 5 != 2:
        a[x % 3] += 1000
        yield
        p += 5
        for k in range(3):
            s += a[k]
            t[x] = s
            yield
            s += t[x] % 7
    out[x] = s + p + a[2]


def afterwards(x: int, t: list[int], out: list[int]) -> Iterator[None]:
    t[x] = 1
    k = 0
    for i in range(3):
        if x >= 8 * i:
            k += t[x] + i
            yield
    yield
    out[x] = k


FUNCTION = "__device__ int shifted(int x, int *t) { t[x] = x; __syncthreads(); if (x % 4 == 1) return -5; __syncthreads(); return t[x ^ 2]; }"
CASES: dict[str, tuple[Thread, str, str]] = {
    "if": (guarded, "if (x < 27) { t[x] = 3 * x; __syncthreads(); out[x] = t[26 - x]; }", ""),
    "nested ifs": (
        nested,
        "int a = x + 1; if (x < 33) { if (x % 3 != 0) { t[x] = a; __syncthreads(); a += t[x % 3 == 2 ? x - 1 : x]; } a *= 2; } out[x] = a;",
        "",
    ),
    "both sides": (
        both,
        "if (x < 20) { t[x] = x; __syncthreads(); out[x] = t[x + 20]; } else { t[x] = 100 + x; __syncthreads(); out[x] = t[x - 20]; __syncthreads(); out[x] += 1000; }",
        "",
    ),
    "else if": (
        chain,
        "int k = x; if (x < 10) { t[x] = 1; __syncthreads(); k += t[9 - x]; } else if (x < 25) k = -k; else if (x < 30) { __syncthreads(); k *= 7; } out[x] = k;",
        "",
    ),
    "a loop of unequal length": (
        rounds,
        "int r = 0, i; for (i = 0; i < x % 4; i++) { t[x] = x + i; __syncthreads(); r += (x ^ 1) % 4 > i ? t[x ^ 1] : 50; __syncthreads(); } out[x] = 10 * r + i;",
        "",
    ),
    "break and continue": (
        leaving,
        "int r = 0, i = 0; for (; i < 6; i++) { t[x] = x * i; __syncthreads(); r += t[x]; if (i == x % 5) break; if ((x + i) % 3 == 0) continue; __syncthreads(); r += 100; } out[x] = r + i;",
        "",
    ),
    "return": (
        returning,
        "t[x] = x; if (x < 30) { __syncthreads(); if (x % 2) { out[x] = 7; return; } out[x] = t[29 - x]; __syncthreads(); out[x] += t[x]; } out[x] += 1;",
        "",
    ),
    "switch": (
        chosen,
        "int r = 0; switch (x % 4) { case 0: t[x] = x; __syncthreads(); r = t[x] + 1; case 1: r += 10; __syncthreads(); r += 100; break; case 3: r = -1; } out[x] = r;",
        "",
    ),
    "a function": (calling, "int r = 1; if (x < 36) r += shifted(x, t); out[x] = r;", FUNCTION),
    "behind &&": (short, "bool r = x < 34 && shifted(x, t) > 12; out[x] = r + 2;", FUNCTION),
    "behind ||": (short, "bool r = !(x >= 34 || shifted(x, t) <= 12); out[x] = r + 2;", FUNCTION),
    "in ?:": (question, "out[x] = x > 5 && x < 30 ? shifted(x, t) : x * 100;", FUNCTION),
    "what lives across it": (
        kept,
        "int a[3] = {x, 2 * x, 3 * x}, s = 0; const int *p = in + x; if (x % 5 != 2) { a[x % 3] += 1000; __syncthreads(); p += 5;"
        " for (int k = 0; k < 3; k++) { s += a[k]; t[x] = s; __syncthreads(); s += t[x] % 7; } } out[x] = s + (int)(p - in) + a[2];",
        "",
    ),
    "if in a loop": (
        afterwards,
        "t[x] = 1; int k = 0; for (int i = 0; i < 3; i++) if (x >= 8 * i) { k += t[x] + i; __syncthreads(); } __syncthreads(); out[x] = k;",
        "",
    ),
}


def body_of(body: str, before: str) -> str:
    return f"{before}\n__global__ void k(int *out, const int *in, int n) {{ int x = threadIdx.x; __shared__ int t[64]; {body} }}"


@pytest.mark.parametrize("count", [COUNT, exhaustive(32)])
@pytest.mark.parametrize("name", CASES)
def test_threads_that_are_elsewhere_wait(name: str, count: int) -> None:
    thread, body, before = CASES[name]
    start = "__shared__ int t[64]; for (int i = x; i < 64; i += n) t[i] = 0; __syncthreads();"
    found = values(f"{start} {body}", before=before, count=count)
    assert found.tolist() == simulate(thread, count)


@pytest.mark.parametrize("name", CASES)
def test_the_kernels_are_cuda(name: str, nvrtc: Nvrtc) -> None:
    _, body, before = CASES[name]
    assert nvrtc.compile(body_of(body, before), program(""), (8, 0), ["--device-debug"])


IMAGE = """__global__ void k(const unsigned char *src, unsigned char *dst, int width, int height)
{
    __shared__ int tile[TH][TW];
    int x = blockIdx.x * TW + threadIdx.x, y = blockIdx.y * TH + threadIdx.y;
    if (x < width && y < height) {
        int at = y * width + x, own[2] = {src[at], 1};
        tile[threadIdx.y][threadIdx.x] = own[0];
        __syncthreads();
        int left = threadIdx.x > 0 ? tile[threadIdx.y][threadIdx.x - 1] : own[0];
        for (int i = 0; i < 2; i++) {
            __syncthreads();
            tile[threadIdx.y][threadIdx.x] = left + own[i] + i;
            __syncthreads();
            left = tile[threadIdx.y][threadIdx.x];
        }
        dst[at] = left;
    }
}
"""


@pytest.mark.parametrize(
    ("block", "shape"),
    every_third(
        product(
            [(16, 16), (32, 8), (64, 4), (8, 8), (5, 3), (40, 2), (1, 9), (100, 1)],
            [(1, 1), (41, 61), (16, 32), (3, 130)],
        )
    ),
)
def test_a_guarded_body_writes_its_image_only(block: tuple[int, int], shape: tuple[int, int]) -> None:
    wide, high = block
    height, width = shape
    image = np.random.default_rng(0).integers(0, 100, shape, np.uint8)
    canary = np.full(height * width + 20_000, 77, np.uint8)
    source = IMAGE.replace("TW", str(wide)).replace("TH", str(high))
    grid = (-(-width // wide), -(-height // high))
    launch(source, image, canary, np.int32(width), np.int32(height), block=block, grid=grid)
    first = np.arange(width) % wide == 0
    left = np.where(first, image, np.roll(image, 1, axis=1))
    # Two rounds: left + own[0] + 0, and then that + own[1] + 1.
    assert np.array_equal(canary[: image.size].reshape(shape), (left.astype(int) + image + 2).astype(np.uint8))
    assert (canary[image.size :] == 77).all()

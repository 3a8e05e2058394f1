"""Checked runs: faulty kernels are reported with the fault, and correct kernels are not reported."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import devices
from imgcuda.cpu.checks import checked_session as checked
from imgcuda.cpu.checks.checked_session import CheckedSession
from imgcuda.engine.protocol import Launch
from support.broken_kernels import KERNELS, Broken, run
from support.matrix import exhaustive
from support.small_kernels import dim3, program

RandomImage = Callable[..., npt.NDArray[Any]]


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked, "ROUNDS", 1 << 16)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.what)
def test_what_is_broken_is_found_and_named(kernel: Broken) -> None:
    if not kernel.words:
        run(kernel, CheckedSession())
        return
    with pytest.raises(imgcuda.CheckError) as found:
        run(kernel, CheckedSession())
    assert re.search(kernel.words, str(found.value)), str(found.value)
    place = re.match(r"broken\.cu:(\d+): k: ", str(found.value))
    if place:  # but for what is missing in the end, each has its line
        assert kernel.source.split("\n")[int(place[1]) - 1].strip() == found.value.mistakes[0].text


def report(body: str, *, grid: Any = 1, block: Any = 32, count: int = 32, dtype: str = "int") -> str:
    """Return what a checked run says of a kernel that writes `out` and reads `in`, both of `count` elements."""
    source = f"__global__ void k({dtype} *out, const {dtype} *in, int n)\n{{ int x = threadIdx.x; {body} }}"
    kind = {"int": np.int32, "float": np.float32, "unsigned char": np.uint8}[dtype]
    session = CheckedSession()
    arrays = [session.empty((count,), kind), session.upload(np.arange(count).astype(kind))]
    try:
        session.launch(Launch(program(source), "k", dim3(grid), dim3(block), [*arrays, np.int32(count)]))
    except imgcuda.CheckError as error:
        return str(error)
    return ""


def test_a_report_has_the_thread_and_the_block_in_three_dimensions() -> None:
    body = "if (threadIdx.z == 1 && threadIdx.y == 2 && blockIdx.y == 1) out[500] = 1;"
    said = report(body, grid=(1, 2), block=(4, 3, 2))
    assert "thread (0, 2, 1) of block (0, 1, 0) writes out[500], which has 32 elements (4 times in all)" in said
    assert said.endswith("\n    { int x = threadIdx.x; " + body + " }")


def test_all_that_is_wrong_is_said_at_once() -> None:
    said = report("out[x] = in[x + 1];\n out[x + 32] = in[x];\n out[x] = in[-1 - x];")
    assert [line.partition(" k: ")[0] for line in said.split("\n") if " k: " in line] == [
        "test.cu:2:", "test.cu:3:", "test.cu:4:",
    ]  # fmt: skip


def test_threads_that_are_not_active_do_not_count() -> None:
    assert not report("if (x < n - 1) out[x] = in[x + 1]; else out[x] = 0;")
    assert not report("out[x] = x > 0 ? in[x - 1] : 0;")
    assert not report("int s; if (x > 3) { s = 1; out[x] = s; }")


def test_a_pointer_to_one_of_two_arrays_is_known_by_where_it_points() -> None:
    swap = "__shared__ int a[32], b[32]; int *p = a, *q = b; p[x] = x; __syncthreads(); int *t = p; p = q; q = t;"
    assert not report(swap + " p[x] = q[31 - x]; __syncthreads(); out[x] = p[x];")
    assert "writes memory, which lies in none of its arrays" in report(swap + " p[x + 10000] = 1;")


def test_blocks_may_hand_over_with_a_fence() -> None:
    hand_over = "if (blockIdx.x == 0) out[x] = x;%s if (blockIdx.x == 1) out[31] = out[0] + 31;"
    assert "another block" in report(hand_over % "", grid=2)
    assert "reads out[0], which another block" not in report(hand_over % " __threadfence();", grid=2)


def test_a_nan_that_came_in_may_go_out() -> None:
    session = CheckedSession()
    given = session.upload(np.array([1, np.nan], np.float32))
    source = program("__global__ void k(float *out, const float *in) { out[threadIdx.x] = in[threadIdx.x] * 2; }")
    session.launch(Launch(source, "k", dim3(1), dim3(2), [session.empty((2,), np.float32), given]))


def test_an_array_begins_where_words_may_be_read() -> None:
    session = CheckedSession()
    part = np.arange(65, dtype=np.int8)[1:]
    source = "__global__ void k(int *out, const char *in) { out[threadIdx.x] = ((const int *)in)[threadIdx.x]; }"
    made = session.empty((16,), np.int32)
    session.launch(Launch(program(source), "k", dim3(1), dim3(16), [made, session.upload(part)]))
    assert session.download(made).tobytes() == part.tobytes()


def test_what_one_kernel_wrote_the_next_may_read() -> None:
    session = CheckedSession()
    first, second = session.empty((8,), np.int32), session.empty((8,), np.int32)
    fill = program("__global__ void fill(int *out) { if (threadIdx.x < 4) out[threadIdx.x] = 1; }")
    copy = program("__global__ void k(int *out, const int *in) { out[threadIdx.x] = in[threadIdx.x]; }")
    session.launch(Launch(fill, "fill", dim3(1), dim3(8), [first]))
    session.launch(Launch(copy, "k", dim3(1), dim3(4), [second, first]))
    with pytest.raises(imgcuda.CheckError, match=r"reads in\[4\], which nothing has written \(4 times"):
        session.launch(Launch(copy, "k", dim3(1), dim3(8), [second, first]))


FEW = [("edges", (1, 1)), ("blur", (40, 20, 4)), ("grayscale", (9, 33, 3))]
ALL = product(["blur", "edges", "grayscale"], [(1, 1), (9, 33, 3), (40, 20, 4)])


@pytest.mark.parametrize(("name", "shape"), [case if case in FEW else exhaustive(*case) for case in ALL], ids=str)
def test_the_built_in_filters_have_no_fault(name: str, shape: tuple[int, ...], random_image: RandomImage) -> None:
    image = random_image(shape)
    with devices.checked():
        made = imgcuda.apply(image, name)
    assert np.array_equal(made, imgcuda.apply(image, name, device="cpu"))


@pytest.mark.parametrize("chain", ["blur:sigma=9", exhaustive("blur:sigma=20,border=wrap"), "rotate:angle=9", "swirl"])
def test_threads_beyond_an_image_read_nothing_outside_of_it(chain: str, random_image: RandomImage) -> None:
    image = random_image((16, 33, 3))
    with devices.checked():
        made = imgcuda.Pipeline.from_text(chain)(image)
    np.testing.assert_array_equal(made, imgcuda.Pipeline.from_text(chain)(image, device="cpu"))


# ---- how it is asked for


def test_the_environment_asks_for_checked_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_CHECK", "1")
    assert devices.choose().description.endswith(", checked")
    monkeypatch.setenv("IMGCUDA_CHECK", "0")
    assert not devices.choose("cpu").description.endswith(", checked")
    monkeypatch.setenv("IMGCUDA_CHECK", "yes")
    with pytest.raises(imgcuda.DeviceError, match="must be 0 or 1; it is 'yes'"):
        devices.choose("cpu")


def test_a_gpu_is_refused_for_a_checked_run() -> None:
    with devices.checked(), pytest.raises(imgcuda.DeviceError, match="checked runs are for the CPU"):
        devices.choose("cuda")


def test_a_barrier_that_some_threads_miss_is_reported_at_the_barrier() -> None:
    said = report("if (x < 20) {\n__syncthreads();\n} out[x] = x;")
    assert "test.cu:3: k: some threads of block (0, 0, 0) go to a __syncthreads() here, and others do not" in said
    assert not report(
        "if (x < 20) return; __syncthreads(); if (n > 3) { __syncthreads(); } out[x] = x;", count=64
    ).count("__syncthreads")


def test_a_loop_left_after_its_last_barrier_is_no_fault() -> None:
    body = "for (int i = 0; i < 4; i++) { __syncthreads(); if (i == 2 && x < 9) break; if (i == 2) break; } out[x] = x;"
    assert not report(body)


def test_an_assert_that_does_not_hold_is_reported_with_its_line_and_thread() -> None:
    said = report('if (x > 3) assert(in[x] < 9 && "in is small");\nout[x] = in[x];')
    assert said.startswith("test.cu:2: k: thread (9, 0, 0) of block (0, 0, 0) comes to an assert that does not hold\n")
    assert report("assert(x < n); assert(out != in); out[x] = 1;") == ""

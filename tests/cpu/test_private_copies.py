"""Arrays that a kernel only sums into: found in the source, and summed up in copies by each thread of the processor."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda.cpu.compile import to_llvm
from imgcuda.cpu.session import as_device_array
from imgcuda.cpu.summed_arrays import copied_lengths
from imgcuda.programs.layout import Dim3
from support.small_kernels import NUMPY, launch, program

COUNT = 1 << 20
GIVEN = np.random.default_rng(0).integers(0, 256, COUNT).astype(np.uint8)
ONLY_SUMMED = [
    "atomicAdd(&a[x % 7], 1);",
    "atomicAdd(a + x % 7, x);",
    "atomicAdd(a, x);",
    "if (x > 3) { atomicMax(&a[0], x); }",
    "for (int i = 0; i < 9; i++) atomicAdd(&a[i], i);",
    "atomicAdd(&a[0], 1); atomicSub(&a[1], 1);",
    "__shared__ int s[4]; if (atomicAdd(&s[0], 1) == 3) atomicAdd(&a[0], 1);",
]
NOT_ONLY_SUMMED = [
    "a[x] = 1;",
    "int old = atomicAdd(&a[0], 1);",
    "if (atomicAdd(&a[0], 1)) { }",
    "atomicAdd(&a[0], 1); a[1] = 0;",
    "atomicAdd(&a[a[0]], 1);",
    "atomicAdd(&a[0], 1); atomicMax(&a[1], x);",
    "atomicExch(&a[0], x);",
    "atomicCAS(&a[0], 0, x);",
    "int *p = a; atomicAdd(&p[0], 1);",
    "int *p = a + 4; atomicAdd(&a[0], 1);",
    "{ __shared__ int a[4]; atomicAdd(&a[0], 1); } atomicAdd(&a[0], 1);",
    "atomicAdd(&a[0], 1); if (atomicAdd(b, 1) > 3) { }",
    "atomicAdd(&a[0], 1); raise(b);",
    "raise(a);",
]


@pytest.mark.parametrize(
    ("body", "is_summed"), [*((body, True) for body in ONLY_SUMMED), *((body, False) for body in NOT_ONLY_SUMMED)]
)
def test_an_array_that_is_only_summed_into_is_found(body: str, is_summed: bool) -> None:
    source = f"""__device__ void raise(int *place) {{ atomicAdd(place, 1); }}
                 __global__ void k(const int *in, int *a, int *b) {{ int x = threadIdx.x; {body} }}"""
    found = to_llvm(program(source), "k", Dim3(64)).accumulators
    assert [each.position for each in found] == [1] * is_summed


def test_a_checked_build_has_no_copies() -> None:
    source = "__global__ void k(int *a) { atomicAdd(&a[0], 1); }"
    assert to_llvm(program(source), "k", Dim3(64)).accumulators
    assert not to_llvm(program(source), "k", Dim3(64), checked=True).accumulators


def by_several(statement: str, type: str, first: npt.ArrayLike, monkeypatch: pytest.MonkeyPatch) -> npt.NDArray[Any]:
    """Return what many blocks make of an array, by four threads of the processor."""
    monkeypatch.setenv("IMGCUDA_THREADS", "4")
    out = np.array(first, NUMPY[type])
    source = f"""__global__ void k(const unsigned char *in, {type} *out) {{
        int x = blockIdx.x * blockDim.x + threadIdx.x; {type} v = in[x]; {statement} }}"""
    launch(source, GIVEN, out, grid=COUNT // 256, block=256)
    return out


@pytest.mark.parametrize("type", ["int", "unsigned int", "unsigned long long", "float", "double"])
def test_bins_of_several_threads_are_those_of_one(type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = by_several("atomicAdd(&out[in[x]], 1);", type, range(256), monkeypatch)
    assert made.tolist() == (np.bincount(GIVEN) + np.arange(256)).tolist()


OPERATIONS: dict[str, tuple[int, Any]] = {
    "atomicSub(&out[0], v);": (5, lambda v: 5 - v.sum()),
    "atomicMin(&out[0], v - 300);": (5, lambda v: v.min() - 300),
    "atomicMax(&out[0], v - 300);": (-1000, lambda v: v.max() - 300),
    "atomicAnd(&out[0], v | 0x7f00);": (-1, lambda v: np.bitwise_and.reduce(v | 0x7F00)),
    "atomicOr(&out[0], v);": (1 << 20, lambda v: (1 << 20) | np.bitwise_or.reduce(v)),
    "atomicXor(&out[0], v * x);": (3, lambda v: 3 ^ np.bitwise_xor.reduce(v * np.arange(COUNT))),
}


@pytest.mark.parametrize("statement", OPERATIONS)
def test_an_operation_of_several_threads_is_that_of_one(statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, wanted = OPERATIONS[statement]
    assert by_several(statement, "int", [first], monkeypatch).tolist() == [wanted(GIVEN.astype(np.int64))]


@pytest.mark.parametrize("function", ["atomicMin", "atomicMax"])
def test_unsigned_limits_are_found_by_several_threads(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, wanted = (2**32 - 1, 3_000_000_000) if function == "atomicMin" else (0, 3_000_000_255)
    made = by_several(f"{function}(&out[0], v + 3000000000u);", "unsigned int", [first], monkeypatch)
    assert made.tolist() == [wanted]


def test_what_nothing_is_added_to_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    first = np.array([-0.0, np.nan, np.inf, 1], np.float32)
    made = by_several("if (v > 300) atomicAdd(&out[x % 4], v);", "float", first, monkeypatch)
    assert made.tobytes() == first.tobytes()


def test_a_sum_of_floats_begins_at_zero_in_each_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """One by one, ones that are added to 2 ** 24 are lost, since a float has 24 bits."""
    made = by_several("atomicAdd(&out[0], 1);", "float", [2**24], monkeypatch)
    assert made.tolist() == [2**24 + COUNT]


def test_two_arrays_have_copies_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_THREADS", "4")
    source = """__global__ void k(const unsigned char *in, int *counts, float *most, int *total) {
        int x = blockIdx.x * blockDim.x + threadIdx.x;
        atomicAdd(&counts[in[x]], 1); atomicMax(total, in[x]); atomicAdd(&most[in[x] & 1], 0.5f); }"""
    counts, most, total = np.zeros(256, np.int32), np.zeros(2, np.float32), np.zeros(1, np.int32)
    launch(source, GIVEN, counts, most, total, grid=COUNT // 256, block=256)
    assert counts.tolist() == np.bincount(GIVEN).tolist()
    assert most.tolist() == (np.bincount(GIVEN & 1) / 2).tolist()
    assert total.tolist() == [255]


def test_arrays_are_copied_where_they_are_small_and_alone() -> None:
    bins, other = np.zeros(256, np.uint32), np.zeros(9, np.uint8)
    given = [as_device_array(other), as_device_array(bins)]
    assert copied_lengths([(1, 4)], given, 10_000) == (256,)
    assert copied_lengths([], given, 10_000) == ()
    assert copied_lengths([(1, 4)], given, 1000) == ()
    assert copied_lengths([(1, 4)], [as_device_array(bins[255:]), given[1]], 10_000) == ()
    assert copied_lengths([(1, 4)], [given[1], given[1]], 10_000) == ()
    large = as_device_array(np.zeros(1 << 20, np.uint32))
    assert copied_lengths([(1, 4)], [given[0], large], 10_000_000) == ()

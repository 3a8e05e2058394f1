"""Lookups in arrays of 256 bytes, in every width of vector and in every way that a processor may have."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda.cpu import loading, session, workers
from imgcuda.cpu.code import Code
from imgcuda.cpu.compile import argument_letter, assemble, to_llvm
from imgcuda.cpu.lookup_functions import NAME, with_definitions
from imgcuda.cpu.machine import Machine
from imgcuda.cpu.workers import PackedLaunch
from imgcuda.programs.layout import Dim3
from support.small_kernels import program

Bytes: TypeAlias = npt.NDArray[np.uint8]

HOST = Machine.host()
WAYS = ["+avx512vbmi", "+avx512bw", "+avx2", "+ssse3", "+neon", ""]
TABLE = np.random.default_rng(0).integers(0, 256, 256, dtype=np.uint8)
SHARED = """
__global__ void k(unsigned char *out, const unsigned char *in, const unsigned char *table, int n) {
    __shared__ unsigned char t[SIZES];
    for (int i = threadIdx.x; i < n; i += blockDim.x) FLAT = table[i];
    __syncthreads();
    for (int i = threadIdx.x; i < 512; i += blockDim.x) { int s = in[i]; STATEMENT }
}"""


def run(source: str, way: str, width: int = 64, looks_up: bool = True) -> Bytes:
    """Return what a kernel makes of bytes, when lookups are made the way of a processor with one feature."""
    low = to_llvm(program(source), "k", Dim3(64), width=width)
    given = np.random.default_rng(1).permutation(np.arange(512) % 256).astype(np.uint8)
    out = np.zeros(512, np.uint8)
    arrays = [session.as_device_array(each) for each in (out, given, TABLE)]
    code = assemble(with_definitions(low.ir, way), HOST)
    loaded = loading.load(Code(code, tuple(map(argument_letter, low.parameters)), heap=low.heap))
    values = [*arrays, np.int32(256)]
    launch = PackedLaunch(loaded, session.pack(loaded.letters, values), struct.pack("5q", 1, 1, 1, 0, 0), keep=values)
    workers.run(launch, 1)
    assert (NAME in low.ir) == looks_up
    return np.stack([given, out])


def shared(statement: str, sizes: str = "256", flat: str = "t[i]") -> str:
    return SHARED.replace("SIZES", sizes).replace("FLAT", flat).replace("STATEMENT", statement)


@pytest.mark.parametrize("width", [8, 16, 32, 64])
@pytest.mark.parametrize("way", [way for way in WAYS if way in HOST.features])
def test_each_byte_is_found(way: str, width: int) -> None:
    given, out = run(shared("out[i] = t[s];"), way, width)
    assert (out == TABLE[given]).all()


@pytest.mark.parametrize("way", [way for way in WAYS if way in HOST.features])
@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("if (s % 3) out[i] = t[s];", lambda s: np.where(s % 3, TABLE[s], 0)),
        ("out[i] = t[255u - s] + t[(long long)s];", lambda s: TABLE[255 - s] + TABLE[s]),
    ],
)
def test_any_index_and_some_lanes(statement: str, wanted: Callable[[Bytes], Bytes], way: str) -> None:
    given, out = run(shared(statement), way)
    assert (out == wanted(given)).all()


def test_a_pointer_into_the_table_is_read_lane_by_lane() -> None:
    for statement in ("const unsigned char *p = t + 16; out[i] = p[s - 16];", "out[i] = (t + s)[0];"):
        given, out = run(shared(statement), WAYS[-1], looks_up="p[" not in statement)
        assert (out == TABLE[given]).all()
    given, out = run(shared("if (s < 16) out[i] = (t + 240)[s];"), WAYS[-1], looks_up=False)
    assert (out == np.where(given < 16, TABLE[240 + given % 16], 0)).all()


def test_a_table_of_another_size_is_read_lane_by_lane() -> None:
    given, out = run(shared("out[i] = t[s];", "257"), WAYS[-1], looks_up=False)
    assert (out == TABLE[given]).all()


def test_two_dimensions_and_a_constant_table() -> None:
    given, out = run(shared("out[i] = t[s / 16][s % 16];", "16][16", "t[i / 16][i % 16]"), WAYS[-1])
    assert (out == TABLE[given]).all()
    numbers = ", ".join(map(str, TABLE))
    source = f"__constant__ unsigned char t[256] = {{{numbers}}};" + SHARED.partition("__shared__")[0]
    given, out = run(source + "for (int i = threadIdx.x; i < 512; i += 64) out[i] = t[in[i]]; }", WAYS[-1])
    assert (out == TABLE[given]).all()


@pytest.mark.parametrize("feature", WAYS)
def test_every_way_is_defined_without_the_others(feature: str) -> None:
    text = f"declare <32 x i8> @{NAME}32(ptr, <32 x i8>)"
    made = with_definitions(text, f"+sse2,{feature}")
    assert f"define internal <32 x i8> @{NAME}32(" in made
    assert ("llvm." in made) == bool(feature)


def test_a_module_without_lookups_stays_as_it_is() -> None:
    assert with_definitions("define void @k() { ret void }", "+avx2") == "define void @k() { ret void }"

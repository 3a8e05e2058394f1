"""Loads and stores of some threads, and of pixels: for this processor, and for AVX2, which has no masks for bytes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda.cpu import session
from imgcuda.cpu.machine import Machine
from imgcuda.programs.layout import Dim3
from support.matrix import exhaustive, pairs
from support.memory_pages import alone_in_memory
from support.small_kernels import NUMPY, run_exactly

AVX2 = "+avx,+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt,+movbe,+popcnt"
COUNT = 41
ACTIVE: dict[str, Callable[[int], bool]] = {
    "x < n": lambda x: x < COUNT,
    "x < n && x % 3 == 1": lambda x: x < COUNT and x % 3 == 1,
    "x < n && x >= 5": lambda x: 5 <= x < COUNT,
    "x < n && in[x] > 250": lambda x: False,
}
"""Conditions under which a thread acts, in C and in Python."""
ALL = list(ACTIVE)
PLACES: dict[str, Callable[[int], int]] = {
    "x": lambda x: x,
    "n - 1 - x": lambda x: COUNT - 1 - x,
    "x * 7 % n": lambda x: x * 7 % COUNT,
}


@pytest.fixture(params=["this processor", "AVX2"])
def processor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "AVX2":
        if "+avx2" not in Machine.host().features:
            pytest.skip("this processor has no AVX2")
        narrower = Machine("x86-64-v3", AVX2)
        monkeypatch.setattr(Machine, "host", lambda: narrower)


@pytest.mark.usefixtures("processor")
@pairs(
    active=[*ALL[:2], *map(exhaustive, ALL[2:])],
    place=["x", "x * 7 % n", exhaustive("n - 1 - x")],
    type=["unsigned char", "float", *map(exhaustive, ("bool", "short", "double"))],
    width=[32, exhaustive(16)],
)
def test_only_active_threads_access_memory(active: str, place: str, type: str, width: int) -> None:
    """Before and behind both arrays lie pages that cannot be accessed."""
    source = f"""__global__ void k({type} *out, const {type} *in, int n) {{
        int x = threadIdx.x; if ({active}) {{ int i = {place}; out[i] = in[i]; }}
    }}"""
    given = np.arange(1, COUNT + 1).astype(NUMPY[type])
    written = {PLACES[place](x) for x in range(64) if ACTIVE[active](x)}
    for at_end in (False, True):
        arrays = [alone_in_memory(np.zeros_like(given), at_end), alone_in_memory(given, at_end)]
        on_device = [session.as_device_array(each) for each in arrays]
        run_exactly(source, [*on_device, np.int32(COUNT)], "k", Dim3(1), Dim3(96), width=width)  # no longer vectors
        assert arrays[0].tolist() == [given[i] if i in written else 0 for i in range(COUNT)]


@pytest.mark.usefixtures("processor")
@pytest.mark.parametrize("width", [32, *map(exhaustive, (8, 16, 64))])
@pytest.mark.parametrize("fields", ["x, y", "x, y, z", "x, y, z, w"])
@pytest.mark.parametrize("place", ["x", "n - 1 - x"])
def test_pixels_of_bytes_become_floats(place: str, fields: str, width: int) -> None:
    """Before and behind both arrays lie pages that cannot be accessed."""
    names = fields.split(", ")
    weighed = " + ".join(f"{2 * at + 1} * (float)p.{name}" for at, name in enumerate(names))
    source = f"""struct pixel {{ unsigned char {fields}; }};
    __global__ void k(float *out, const pixel *in, int n) {{
        int x = threadIdx.x; if (x < n) {{ pixel p = in[{place}]; out[x] = {weighed}; }}
    }}"""
    given = np.random.default_rng(width).integers(0, 256, (133, len(names))).astype(np.uint8)
    wanted = given.astype(np.float32) @ (2 * np.arange(len(names), dtype=np.float32) + 1)
    for at_end in (False, True):
        out, pixels = alone_in_memory(np.zeros_like(wanted), at_end), alone_in_memory(given.ravel(), at_end)
        on_device = [session.as_device_array(each) for each in (out, pixels)]
        run_exactly(source, [*on_device, np.int32(len(given))], "k", Dim3(1), Dim3(192), width=width)
        assert out.tolist() == (wanted if place == "x" else wanted[::-1]).tolist()


@pytest.mark.usefixtures("processor")
@pytest.mark.parametrize("width", [32, *map(exhaustive, (8, 16, 64))])
def test_masks_outlive_barriers(width: int) -> None:
    source = """__global__ void k(int *out, const int *in, int n) {
        __shared__ int tile[192];
        int x = threadIdx.x, sum = 0;
        if (x % 5 == 3 || x >= n) return;
        tile[x] = in[x];
        __syncthreads();
        for (int i = x % 7; i <= x; i += 1 + x % 3) {
            if (i % 5 == 3) continue;
            sum += tile[i];
            if (sum > 900) break;
        }
        __syncthreads();
        out[x] = sum;
    }"""
    given = np.random.default_rng(width).integers(0, 100, 150).astype(np.int32)
    out = np.full(150, -1, np.int32)
    on_device = [session.as_device_array(each) for each in (out, given)]
    run_exactly(source, [*on_device, np.int32(150)], "k", Dim3(1), Dim3(192), width=width)
    assert out.tolist() == [-1 if x % 5 == 3 else _summed(given, x) for x in range(150)]


def _summed(given: npt.NDArray[np.int32], x: int) -> int:
    total = 0
    for i in range(x % 7, x + 1, 1 + x % 3):
        if total <= 900 and i % 5 != 3:
            total += int(given[i])
    return total

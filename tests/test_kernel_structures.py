"""Structures that kernels take by value, given as dicts of their fields: also with pointers in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import CheckError, LaunchError, kernels
from imgcuda.cuda.compile import Nvrtc
from imgcuda.frontend.compilers import CUDA
from imgcuda.programs.source import Source, as_written

TEXT = """\
typedef struct { int width, height; float *elements; } Matrix;
enum mode { ADD = 2 };
struct alignas(16) Both { char n; Matrix at; const int *index; float4 v; unsigned char s[3]; mode how; double last; };
union Bits { float f; int i; };
struct Item { int n; Bits bits; };

__device__ float get(Matrix m, int row, int column) { return m.elements[row * m.width + column]; }
__device__ Matrix row(const Matrix &m, int number)
{
    Matrix made = m;
    made.elements += number * m.width;
    made.height = 1;
    return made;
}
__global__ void product(const Matrix a, const Matrix b, Matrix c)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= c.width * c.height) return;
    float sum = 0;
    for (int k = 0; k < a.width; k++) sum += get(row(a, i / c.width), 0, k) * get(b, k, i % c.width);
    c.elements[i] = sum;
}
__global__ void all(Both both)
{
    Matrix m = both.at;
    int i = threadIdx.x;
    m.elements[i] += both.index[i] + both.v.w + both.s[2] + both.n + both.how + both.last;
}
__global__ void tiled(Matrix m)
{
    __shared__ float tile[32];
    if (threadIdx.x >= 16) m.elements += 1;
    tile[threadIdx.x] = m.elements[threadIdx.x];
    __syncthreads();
    m.elements[threadIdx.x] = tile[31 - threadIdx.x];
}
__global__ void beyond(Matrix m) { m.elements[threadIdx.x + 1] = 1; }
__global__ void bits(Item item, int *out) { out[0] = item.bits.i + item.n; }
__global__ void null(Matrix m, int *out) { out[0] = m.elements == nullptr; }
"""
MODULE = kernels.compile(TEXT, name="matrix.cu", device="cpu")
RANDOM = np.random.default_rng(0)


def _matrix(array: npt.NDArray[Any]) -> dict[str, Any]:
    return {"elements": array, "width": array.shape[1], "height": array.shape[0]}


def _floats(*shape: int) -> npt.NDArray[np.float32]:
    return RANDOM.standard_normal(shape).astype(np.float32)


def test_a_matrix_of_the_programming_guide_is_multiplied() -> None:
    a, b, c = _floats(15, 27), _floats(27, 16), np.zeros((15, 16), np.float32)
    MODULE.product(_matrix(a), _matrix(b), _matrix(c), grid=3, block=100)
    assert np.abs(c - a.astype(float) @ b).max() < 1e-5
    kept = c.copy()
    with kernels.checked():
        MODULE.product(_matrix(a), _matrix(b), _matrix(c), grid=3, block=100)
    assert (c == kept).all()


def test_fields_of_all_kinds_lie_where_c_has_them() -> None:
    elements, index = _floats(2, 16), np.arange(32, dtype=np.int32)
    old = elements.copy()
    both = {"n": -3, "at": _matrix(elements), "index": index, "v": (1, 2, 3, 4), "s": [5, 6, 7], "how": 2, "last": 0.5}
    MODULE.all(both, grid=1, block=32)
    assert np.allclose(elements.reshape(-1), old.reshape(-1) + index + 4 + 7 - 3 + 2 + 0.5, rtol=1e-6)
    out = np.zeros(1, np.int32)
    MODULE.bits({"n": 1, "bits": {"f": 2.0}}, out, grid=1, block=1)
    assert out[0] == 0x40000001


def test_a_thread_may_change_its_own_copy_across_a_barrier() -> None:
    elements = np.arange(33, dtype=np.float32)[None]
    MODULE.tiled(_matrix(elements), grid=1, block=32)
    seen = np.array([*range(16), *range(17, 33)])[::-1]
    assert elements[0, :16].tolist() == seen[:16].tolist()
    assert elements[0, 17:].tolist() == seen[16:].tolist()


def test_none_is_a_null_pointer() -> None:
    out = np.zeros(1, np.int32)
    MODULE.null({"width": 0, "height": 0, "elements": None}, out, grid=1, block=1)
    assert out[0] == 1


def test_a_checked_launch_knows_the_bounds_of_a_pointer_in_a_structure() -> None:
    with kernels.checked(), pytest.raises(CheckError, match=r"writes m\.elements\[30\], which has 30 elements"):
        MODULE.beyond(_matrix(_floats(5, 6)), grid=1, block=30)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            {"width": 1.5},
            r"matrix\.cu: beyond: argument 'm' is Matrix, field 'width' is int; it was given 1\.5, which it",
        ),
        ({"width": (1, 2)}, r"field 'width' is int; it was given \(1, 2\); pass 1 number"),
        (
            {"elements": _floats(2, 2).astype(float)},
            r"'elements' is float \*; it was given an array of float64; pass one",
        ),
        ({"elements": 3}, "argument 'm' is Matrix: its field 'elements' is a pointer; it was given 3"),
        ({"element": 3}, "argument 'm' is Matrix, which has no field 'element'; did you mean 'elements'"),
    ],
)
def test_fields_that_do_not_fit_are_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(LaunchError, match=why):
        MODULE.beyond(_matrix(_floats(2, 2)) | change, grid=1, block=1)


def test_a_structure_without_all_of_its_fields_is_refused() -> None:
    with pytest.raises(LaunchError, match="argument 'm' is Matrix; it was given no value for its field 'elements'"):
        MODULE.beyond({"width": 1, "height": 1}, grid=1, block=1)


def test_nvrtc_takes_the_same_text(nvrtc: Nvrtc) -> None:
    program = as_written(Source("matrix.cu", TEXT), {}, CUDA)
    assert nvrtc.compile(program.text, program, (9, 0), [])

"""The caller's arrays never change, whatever a kernel does; where nothing is written, nothing is copied."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import Filter, NeighborhoodFilter
from imgcuda.cpu.checks.checked_session import CheckedSession
from imgcuda.cpu.lending import Loans
from imgcuda.cpu.session import CpuSession
from imgcuda.engine.protocol import DeviceArray, Launch
from imgcuda.errors import CheckError
from imgcuda.execution.gpu import Gpu
from imgcuda.programs.source import Source
from imgcuda.testing import checked
from support.small_kernels import dim3, program

Array = npt.NDArray[Any]

INDEX = "int i = blockIdx.x * blockDim.x + threadIdx.x; if (i >= n) return;"
IMAGE = np.arange(72, dtype=np.uint8).reshape(8, 9)


def run(body: str, *arrays: Array, head: str = "unsigned char *a, unsigned char *b, int n") -> list[Array]:
    """Return what arrays that were uploaded hold after a kernel with this body, as the session has them."""
    session = CpuSession()
    given = [session.upload(array) for array in arrays]
    text = f"__global__ void k({head}) {{ {INDEX} {body} }}"
    session.launch(Launch(program(text), "k", dim3(1), dim3(96), [*given, np.int32(arrays[0].size)]))
    return [session.download(each) for each in given]


WRITES = {
    "plainly": "a[i] = 255 - a[i]; b[i] = a[i];",
    "by an atomic operation": "atomicAdd((unsigned int *)a + i / 4, 1u << 8 * (i % 4)); b[i] = 0;",
    "through a cast": "int *wide = (int *)(const void *)a; if (i < n / 4) wide[i] = 7; b[i] = 0;",
    "through a pointer that is one or the other": "unsigned char *p = i % 2 ? a : b; p[i] = 9;",
    "through a pointer that moves on": "unsigned char *p = b; p[i] = 1; p = a; p[i] = 2;",
    "through a pointer set in a loop": "unsigned char *p = b; for (int k = 0; k < 2; k++) { p[i] = 3; p = a; }",
    "in a function": "set(a, i); b[i] = 0;",
    "through a reference": "unsigned char &cell = a[i]; cell = 5; b[i] = 0;",
    "as structures": "uchar4 *v = (uchar4 *)a; if (i < n / 4) v[i] = make_uchar4(1, 2, 3, 4); b[i] = 0;",
    "under a condition that may never hold": "if (n < 0) a[i] = 1; b[i] = 0;",
}


@pytest.mark.parametrize("body", WRITES.values(), ids=WRITES)
def test_what_a_kernel_writes_to_is_not_the_callers_array(body: str) -> None:
    before = "__device__ void set(unsigned char *p, int i) { p[i] = 4; }\n"
    image, other = IMAGE.copy(), IMAGE.copy()
    session = CpuSession()
    given = [session.upload(image), session.upload(other)]
    text = f"{before}__global__ void k(unsigned char *a, unsigned char *b, int n) {{ {INDEX} {body} }}"
    session.launch(Launch(program(text), "k", dim3(1), dim3(96), [*given, np.int32(72)]))
    assert (image == IMAGE).all() and (other == IMAGE).all()


def test_the_device_has_what_was_written_in_later_launches_and_in_parts() -> None:
    image, session = IMAGE.copy(), CpuSession()
    given, made = session.upload(image), session.empty((8, 9), np.uint8)
    text = f"""__global__ void twice(unsigned char *a, int n) {{ {INDEX} a[i] *= 2; }}
               __global__ void copy(const unsigned char *a, unsigned char *b, int n) {{ {INDEX} b[i] = a[i] + 1; }}"""
    session.launch(Launch(program(text), "twice", dim3(1), dim3(96), [given, np.int32(72)]))
    session.launch(Launch(program(text), "twice", dim3(1), dim3(96), [given.part(4, 8), np.int32(36)]))
    session.launch(Launch(program(text), "copy", dim3(1), dim3(96), [given, made, np.int32(72)]))
    wanted = IMAGE * np.repeat([[2], [4]], 4, axis=0).astype(np.uint8)
    assert (session.download(given) == wanted).all()
    assert (session.download(made) == wanted + 1).all()
    assert (image == IMAGE).all()


def test_a_read_only_array_may_be_worked_on_in_place() -> None:
    image = IMAGE.copy()
    image.flags.writeable = False
    made = run("a[i] = 1; b[i] = 2;", image, IMAGE.copy())
    assert (made[0] == 1).all() and (made[1] == 2).all() and (image == IMAGE).all()


def test_an_array_that_is_given_twice_is_two_on_the_device() -> None:
    image = IMAGE.copy()
    made = run("a[i] = 1; b[i] += 1;", image, image)
    assert (made[0] == 1).all() and (made[1] == IMAGE + 1).all() and (image == IMAGE).all()


def test_what_is_only_read_is_not_copied() -> None:
    session, image = CpuSession(), IMAGE.copy()
    given, made = session.upload(image), session.empty((8, 9), np.uint8)
    head = "unsigned char *a, unsigned char *b, int n"  # without a const, too
    text = f"__global__ void k({head}) {{ {INDEX} unsigned char *p = a + 1; b[i] = i ? p[i - 1] : a[0]; }}"
    session.launch(Launch(program(text), "k", dim3(1), dim3(96), [given, made, np.int32(72)]))
    assert given.pointer == image.ctypes.data and session.download(given) is given.owner
    assert (session.download(made) == IMAGE).all()


def test_a_released_array_is_forgotten() -> None:
    loans = Loans()
    array = DeviceArray(IMAGE.ctypes.data, IMAGE.shape, IMAGE.dtype, IMAGE)
    assert loans.lend(array) and array in loans
    assert not loans.lend(array)
    loans.give_back(array)
    assert array not in loans and loans.lend(array)


# By filters


class Backwards(NeighborhoodFilter):
    """Invert in place, then copy."""

    halo = 0

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source("backwards.cu", """
__global__ void backwards(pixel *src, pixel *dst, int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    for (int c = 0; c < CHANNELS; c++) {
        src[(y * width + x) * CHANNELS + c] = PIXEL_MAX - src[(y * width + x) * CHANNELS + c];
        dst[(y * width + x) * CHANNELS + c] = src[(y * width + x) * CHANNELS + c];
    }
}
""")  # fmt: skip


class Tables(Filter):
    """Add a table that the kernel spoils as it goes."""

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source("tables.cu", """
__global__ void tables(const pixel *src, pixel *dst, int width, int height, float *table)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    dst[y * width + x] = src[y * width + x] + table[y];
    atomicAdd(table + height, 1.0f);
}
""")  # fmt: skip

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return gpu.launch("tables", image, {"table": TABLE})


TABLE = np.array([1, 2, 3, 4, 5, 6, 7, 8, 0], np.float32)


def test_a_filter_that_works_in_place_leaves_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    image = IMAGE.copy()
    assert (Backwards()(image, device="cpu") == 255 - IMAGE).all()
    assert (image == IMAGE).all()
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", "4000")
    tall = np.arange(9000, dtype=np.uint16).reshape(1000, 9)
    kept = tall.copy()
    assert (Backwards()(tall, device="cpu") == 65535 - kept).all()
    assert (tall == kept).all()


def test_a_table_that_filters_share_stays_as_it_is() -> None:
    for _ in range(2):
        assert (Tables()(IMAGE, device="cpu") == IMAGE + np.arange(1, 9)[:, None]).all()
        assert TABLE.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 0]


# Checked runs


def test_a_checked_run_says_where_a_kernel_writes_to_its_input() -> None:
    image = IMAGE.copy()
    with (
        checked(),
        pytest.raises(CheckError, match=r"^backwards\.cu:7: backwards: a thread writes to 'src', the image"),
    ):
        Backwards()(image, device="cpu")
    assert (image == IMAGE).all()


def test_a_checked_run_leaves_a_table_to_work_in_in_peace() -> None:
    with checked():
        Tables()(IMAGE, device="cpu")
    session = CheckedSession()
    given, count = session.upload(IMAGE), session.upload(np.zeros(1, np.int32))
    text = f"__global__ void k(const unsigned char *a, int *sum, int n) {{ {INDEX} atomicAdd(sum, (int)a[i]); }}"
    session.launch(Launch(program(text), "k", dim3(1), dim3(96), [given, count, np.int32(72)]))
    assert session.download(count).tolist() == [int(IMAGE.sum())]

"""The contract finds wrong filters: each mistake by its own check, with a message that says what to do."""

from __future__ import annotations

import re
from functools import cache
from itertools import count
from textwrap import dedent
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import DeviceArray, Filter, Gpu, ImgcudaError, MeasuringFilter, NeighborhoodFilter, PointFilter, testing
from imgcuda.cpu.checks import checked_session
from imgcuda.errors import CheckError, KernelError
from imgcuda.programs.source import Source
from imgcuda.testing import contract_checks as contract
from imgcuda.testing.gpu_compilation import compile_for_gpu, nvrtc_missing

HEAD = "__global__ void k(const pixel *src, pixel *dst, int width, int height)"
PLACE = """
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    long long i = ((long long)y * width + x) * CHANNELS;
"""
INSIDE = "if (x >= width || y >= height) return;"
COPY = "for (int c = 0; c < CHANNELS; c++) dst[i + c] = src[i + c];"


class Kernel(Filter, abstract=True):
    """A filter of one kernel, whose body stands in the class."""

    body = f"{INSIDE} {COPY}"

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source(f"{cls.__name__.lower()}.cu", f"{HEAD}\n{{{PLACE}{dedent(cls.body)}\n}}\n")

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return gpu.launch("k", image)


class Fine(Kernel, NeighborhoodFilter):
    """Do nothing wrong."""

    channelwise = True
    halo = 0


class Divide(Kernel, NeighborhoodFilter):
    """Divide by zero."""

    halo = 0
    body = f"{INSIDE} for (int c = 0; c < CHANNELS; c++) dst[i + c] = to_pixel(0.0f / (src[i + c] * 0.0f));"


class Far(Kernel, NeighborhoodFilter):
    """Read three rows away, and say one."""

    halo = 1
    body = f"""
    {INSIDE}
    long long from = ((long long)border(y + 3, height) * width + x) * CHANNELS;
    for (int c = 0; c < CHANNELS; c++) dst[i + c] = src[from + c];
    """


class Timid(Fine):
    """Read the pixel itself, and say fifty."""

    halo = 50


class Counted(Kernel, NeighborhoodFilter):
    """Make something else of the first row, wherever a strip begins."""

    halo = 0
    body = f"{INSIDE} {COPY} if (y == 0) dst[i] = 0;"


class Fickle(Kernel, NeighborhoodFilter):
    """Make something else each time."""

    halo = 0
    body = f"{INSIDE} {COPY} dst[i] = to_pixel(TURN);"
    turns = count()

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return gpu.launch("k", image, constants={"TURN": next(self.turns) % 7})


class Greedy(Kernel):
    """Change the image itself."""

    body = f"{INSIDE} {COPY} ((pixel *)src)[i] = 0;"


class Clear(Kernel):
    """Treat alpha as a color."""

    body = f"{INSIDE} {COPY} if (CHANNELS == 4) dst[i] = src[i + 3];"


class Spill(Kernel):
    """Write one pixel too many."""

    body = f"if (x > width || y >= height) return; {COPY}"


class Gap(Kernel):
    """Leave the last column as it is."""

    body = f"if (x >= width - 1 || y >= height) return; {COPY}"


class Hoard(Kernel):
    """Keep an array."""

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        gpu.keep(gpu.empty((4,), "uint8"))
        return gpu.launch("k", image)


class Mix(Kernel):
    """Make all channels the first, and say that each is made by itself."""

    channelwise = True
    body = f"{INSIDE} for (int c = 0; c < CHANNELS; c++) dst[i + c] = to_pixel(src[i]);"


class Peek(Kernel):
    """Read beyond the image."""

    body = f"{INSIDE} {COPY} dst[i] = to_pixel(0.5f * (src[i] + src[i + CHANNELS]));"


MISTAKES: list[tuple[Filter, contract.Check, str]] = [
    (Divide(), contract.every_type_and_channel_count, "with values that are not finite; look for a division by 0"),
    (Divide(), contract.every_border, "divide with border=reflect makes values that are not finite"),
    (Far(), contract.the_halo_is_true, "declares a halo of 1, and a pixel changes others up to 3 away; make `halo` as"),
    (Far(), contract.strips_make_the_whole, "in strips than of the whole image; is its `halo` (1) as large as what it"),
    (Timid(), contract.the_halo_is_true, "a halo of 50, and a pixel changes others up to 0 away; a smaller `halo`"),
    (Counted(), contract.strips_make_the_whole, "A kernel that needs to know where it is takes gpu.rows.first"),
    (Fickle(), contract.the_same_each_time, "fickle made another result the second time; look for a race"),
    (Greedy(), contract.a_checked_run_finds_nothing, "a thread writes to 'src', the image that it is given"),
    (Clear(), contract.alpha_is_respected, "clear makes something else of an opaque image with alpha"),
    (Mix(), contract.channels_are_apart, "mix says that it is channelwise, and makes something else of RGB than of"),
    (Spill(), contract.nothing_beyond_its_arrays, "writes up to 1 byte after an array of 1961 bytes; hold x and y"),
    (Gap(), contract.nothing_beyond_its_arrays, "gap leaves a part of a result unwritten, or reads what nothing wrote"),
    (Hoard(), contract.nothing_beyond_its_arrays, "hoard keeps 1 arrays that it made; let `gpu` make them"),
    (Peek(), contract.a_checked_run_finds_nothing, "peek.cu"),
    (Spill(), contract.a_checked_run_finds_nothing, "spill.cu"),
    (Gap(), contract.a_checked_run_finds_nothing, "k wrote only a part of its result"),
]


@pytest.mark.parametrize(("filter", "check", "words"), MISTAKES, ids=lambda value: getattr(value, "__name__", None))
def test_a_mistake_is_found_and_explained(filter: Filter, check: contract.Check, words: str) -> None:
    with pytest.raises((AssertionError, ImgcudaError), match=re.escape(words)):
        check(filter, "cpu")


class Typo(Kernel):
    """Say to a GPU what the CPU never sees."""

    body = f"{INSIDE}\n#ifdef __CUDACC__\nhieght = 1;\n#endif\n{COPY}"


@pytest.mark.usefixtures("nvrtc")
def test_what_only_a_gpus_compiler_refuses_is_found_with_its_line() -> None:
    words = 'typo.cu:7: NVRTC refuses it for a GPU: identifier "hieght" is undefined\n    hieght = 1;'
    with pytest.raises(KernelError, match=f"^{re.escape(words)}$"):
        contract.compiles_for_a_gpu(Typo(), "cpu")


@pytest.mark.usefixtures("no_nvrtc")
def test_without_nvrtc_the_contract_is_skipped_with_what_to_install() -> None:
    words = r"^NVRTC is not installed: pip install nvidia-cuda-nvrtc cuda-bindings$"
    with pytest.raises(pytest.skip.Exception, match=words):
        testing.contract(Typo())(Typo(), contract.compiles_for_a_gpu, "cpu")


class Mean(MeasuringFilter):
    """Divide by what it measures, which is nothing where nothing runs."""

    @classmethod
    @cache
    def source(cls) -> Source:
        count = "__global__ void k(const pixel *src, int *sums, int width, int height) { atomicAdd(sums, 1); }"
        return Source("mean.cu", count)

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return gpu.reduce("k", image, shape=(1,), dtype="int32")

    def resolve(self, found: npt.NDArray[Any]) -> Filter:
        assert 1 // int(found[0]) == 0
        return Fine()


@pytest.mark.usefixtures("nvrtc")
def test_what_a_filter_is_built_from_is_measured_when_only_compiled() -> None:
    compiled = compile_for_gpu([Mean()], np.ones((40, 50, 3), np.uint8))
    assert list(compiled) == ["k"]
    assert compiled["k"].startswith(b"\x7fELF")


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
def test_nothing_is_found_where_nothing_is_wrong(check: contract.Check, device: str) -> None:
    try:
        check(Fine(), device)
    except contract.NotApplicableError:
        on_gpu, on_cpu = contract.a_gpu_makes_what_the_cpu_makes, contract.a_checked_run_finds_nothing
        other = [on_gpu] if device == "cpu" else [on_cpu, contract.compiles_for_a_gpu]
        assert check in other or (check is contract.compiles_for_a_gpu and nvrtc_missing())


def test_a_per_pixel_filter_has_no_border() -> None:
    class Plain(PointFilter):
        """Have no border."""

    with pytest.raises(contract.NotApplicableError, match="plain has no border"):
        contract.every_border(Plain(), "cpu")


class Forever(Kernel, NeighborhoodFilter):
    """Go round and round."""

    halo = 0
    body = f"{INSIDE} while (x >= 0) {COPY}"


def test_what_never_ends_is_found_by_the_first_check_and_no_other_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked_session, "ROUNDS", 1 << 16)  # enough for this one
    test, filter = testing.contract(Forever()), Forever()
    with pytest.raises(CheckError, match="does not come out of this loop"):
        test(filter, contract.CHECKS[0], "cpu")
    for check in contract.CHECKS[1:]:
        with pytest.raises(pytest.skip.Exception, match="mend first what the checked run has found"):
            test(filter, check, "cpu")

"""Kernels compiled side by side: in how many threads, and what becomes of errors."""

from __future__ import annotations

import threading
from functools import cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import DeviceArray, Filter, Gpu
from imgcuda.cpu import compile, loading
from imgcuda.cpu.machine import Machine, load_llvm
from imgcuda.cpu.side_by_side import emit_object, side_by_side
from imgcuda.programs.source import Source

PATIENCE = 30.0


def test_the_others_are_called_while_the_first_is() -> None:
    both = threading.Barrier(2, timeout=PATIENCE)
    assert side_by_side(lambda: both.wait() in (0, 1), [both.wait], threads=2)


def test_no_more_threads_than_allowed_work_at_once() -> None:
    here: set[int] = set()
    side_by_side(lambda: here.add(threading.get_ident()), [lambda: here.add(threading.get_ident())] * 5, threads=1)
    assert here == {threading.get_ident()}


def test_all_others_are_called_before_it_returns() -> None:
    made: list[int] = []
    assert side_by_side(lambda: "first", [lambda number=n: made.append(number) for n in range(9)], threads=3) == "first"  # type: ignore[misc]
    assert sorted(made) == list(range(9))


def test_an_error_of_another_is_dropped_and_the_firsts_is_raised() -> None:
    def fail() -> None:
        raise ValueError("of another")

    assert side_by_side(lambda: 1, [fail], threads=2) == 1
    with pytest.raises(ValueError, match="of another"):
        side_by_side(fail, [], threads=2)


def test_the_object_file_is_the_one_that_llvmlite_makes() -> None:
    llvm, machine = load_llvm(), Machine.host()
    target = machine.target()
    text = "define i32 @f(i32 %x) {\n  %y = mul i32 %x, 3\n  ret i32 %y\n}\n"
    modules = [llvm.parse_assembly(text, llvm.create_context()) for _ in range(2)]
    assert emit_object(target, modules[0]) == target.emit_object(modules[1])


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> list[tuple[str, int]]:
    """Return what is compiled from now on: the kernel, and the thread."""
    made: list[tuple[str, int]] = []
    original, both = compile.compile, threading.Barrier(2, timeout=PATIENCE)

    def noted(program: object, kernel: str, *given: object, **how: object) -> object:
        made.append((kernel, threading.get_ident()))
        if len(made) <= 2:  # the first goes on when another thread has begun to compile
            both.wait()
        return original(program, kernel, *given, **how)  # type: ignore[arg-type]

    monkeypatch.setenv("IMGCUDA_CACHE", str(tmp_path))
    monkeypatch.setenv("IMGCUDA_THREADS", "2")
    monkeypatch.setattr(compile, "compile", noted)
    monkeypatch.setattr(loading, "loaded", type(loading.loaded)())
    return made


def test_a_filters_kernels_are_compiled_in_several_threads(names: list[tuple[str, int]]) -> None:
    picture = np.zeros((32, 48, 3), np.uint8)
    imgcuda.apply(picture, "canny", device="cpu")
    assert sorted(name for name, _ in names) == ["draw", "link", "luminance", "separable", "suppress"]
    assert len({thread for _, thread in names}) == 2


def test_a_faulty_kernel_of_a_chain_is_reported_when_its_turn_comes(
    names: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture: npt.NDArray[np.uint8] = np.zeros((32, 48, 3), np.uint8)
    noted = compile.compile

    def faulty(program: object, kernel: str, *given: object, **how: object) -> object:
        if kernel == "draw":
            raise imgcuda.KernelError("draw is wrong")
        return noted(program, kernel, *given, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(compile, "compile", faulty)
    with pytest.raises(imgcuda.KernelError, match="draw is wrong"):
        imgcuda.apply(picture, "canny", device="cpu")
    assert "suppress" in {name for name, _ in names}


class TwoKernels(Filter):
    """Launch two kernels, one after the other."""

    runs: ClassVar[int] = 0

    @classmethod
    @cache
    def source(cls) -> Source:
        kernel = "__global__ void NAME(const pixel *src, pixel *dst, int width, int height) { dst[threadIdx.x] = 7; }\n"
        return Source("two.cu", kernel.replace("NAME", "one") + kernel.replace("NAME", "other"))

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        type(self).runs += 1
        return gpu.launch("other", gpu.launch("one", image))


class OnlyLaunches(TwoKernels):
    """Launch two kernels, as it declares."""

    only_launches = True


def test_only_a_run_that_does_no_more_than_launch_is_called_twice(names: list[tuple[str, int]]) -> None:
    picture = np.zeros((1, 32), np.uint8)
    for _ in range(3):
        OnlyLaunches()(picture, device="cpu")
    assert [name for name, _ in names].count("other") == 1
    assert OnlyLaunches.runs == 2  # once without the image, once with it; then what it launched is known


def test_the_run_of_another_filter_is_called_once(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("IMGCUDA_CACHE", str(tmp_path))
    monkeypatch.setattr(loading, "loaded", type(loading.loaded)())
    TwoKernels()(np.zeros((1, 32), np.uint8), device="cpu")
    assert TwoKernels.runs == 1

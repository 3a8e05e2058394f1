"""`#include "file"` in a kernel file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imgcuda import FilterError, KernelError, kernels
from imgcuda.cpu.compile import to_llvm
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program, Source, specialize

KERNEL = "__global__ void k(int *dst)\n{\n    dst[0] = twice(3);\n}\n"
TWICE = "__device__ int twice(int x)\n{\n    return 2 * x;\n}\n"


def read(folder: Path, **files: str) -> Source:
    """Return the source of `main.cu` in a folder that these files are written to."""
    for name, text in files.items():
        (folder / f"{name}.cu").write_text(text, encoding="utf-8")
    return Source.read(folder / "main.cu")


def program(source: Source) -> Program:
    return specialize(source, np.uint8, 1, {})


def test_an_included_file_takes_the_place_of_the_line(tmp_path: Path) -> None:
    source = read(tmp_path, main=f'#define N 1\n#include "helper.cu"\n{KERNEL}', helper=TWICE)
    assert source.text == f'#define N 1\n#line 1 "helper.cu"\n{TWICE}\n#line 3 "main.cu"\n{KERNEL}'
    to_llvm(program(source), "k", Dim3(32))


def test_a_file_is_found_from_the_file_that_includes_it(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "a.cu").write_text('#include "b.cu"\n')
    (tmp_path / "shared" / "b.cu").write_text(TWICE)
    assert TWICE in read(tmp_path, main=f'  #  include  "shared/a.cu" // helpers\n{KERNEL}').text


def test_a_file_is_included_once(tmp_path: Path) -> None:
    both = '#include "helper.cu"\n#include "other.cu"\n'
    source = read(tmp_path, main=f"{both}{KERNEL}", other='#include "helper.cu"\n#include "main.cu"\n', helper=TWICE)
    assert source.text.count(TWICE) == 1
    assert source.text.count(KERNEL) == 1
    to_llvm(program(source), "k", Dim3(32))


@pytest.mark.parametrize(
    ("main", "helper", "file", "line"),
    [
        (f'#include "helper.cu"\n{KERNEL}', TWICE.replace("2 * x", "2 * z"), "helper.cu", 3),
        (f'\n#include "helper.cu"\n{KERNEL.replace("(3)", "(y)")}', TWICE, "main.cu", 5),
    ],
)
def test_a_mistake_is_reported_where_it_is(tmp_path: Path, main: str, helper: str, file: str, line: int) -> None:
    made = program(read(tmp_path, main=main, helper=helper))
    with pytest.raises(KernelError) as caught:
        to_llvm(made, "k", Dim3(32))
    assert [(mistake.file, mistake.line) for mistake in caught.value.mistakes] == [(file, line)]


@pytest.mark.parametrize(
    "text", ['// #include "helper.cu"\n', '/*\n#include "helper.cu"\n*/\n', "#include <helper.cu>\n"]
)
def test_nothing_else_is_included(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, main=text, helper=TWICE).text == text


def test_a_header_that_is_not_there_is_left_to_the_compilers(tmp_path: Path) -> None:
    assert read(tmp_path, main='#include "cuda_runtime.h"\n').text == '#include "cuda_runtime.h"\n'


def test_an_included_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "helper.cu").write_bytes(b"// ok\nint \xff;\n")
    with pytest.raises(FilterError, match=r"helper\.cu:2: the kernel file is not UTF-8 here; save it as UTF-8"):
        read(tmp_path, main='#include "helper.cu"\n')


def test_other_folders_are_searched_in_their_order_behind_the_files_own(tmp_path: Path) -> None:
    for folder, factor in (("src", 2), ("first", 3), ("second", 4)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "both.cuh").write_text(f"#define BOTH {factor}\n", encoding="utf-8")
    (tmp_path / "first" / "mine").mkdir()
    (tmp_path / "first" / "mine" / "f.cuh").write_text("__device__ int mine() { return BOTH; }\n", encoding="utf-8")
    path = tmp_path / "src" / "k.cu"
    text = '#include "both.cuh"\n#include <mine/f.cuh>\n__global__ void k(int *o) { o[0] = 10 * mine() + BOTH; }\n'
    path.write_text(text, encoding="utf-8")
    made = np.zeros(1, np.int32)
    kernels.load(path, include_dirs=[tmp_path / "first", str(tmp_path / "second")]).k(made, grid=1, block=1)
    assert made[0] == 22
    path.write_text(text.replace('"both.cuh"', "<both.cuh>"), encoding="utf-8")
    kernels.load(path, include_dirs=[tmp_path / "second", tmp_path / "first"]).k(made, grid=1, block=1)
    assert made[0] == 44

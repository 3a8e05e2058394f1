"""From a source to a program: macros, correct line numbers, and the kernels' own argument lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imgcuda.errors import FilterError
from imgcuda.programs.source import KernelArgument, Program, Source, specialize

SOURCE = Source(
    "twice.cu", "// Twice.\n__global__ void twice(const pixel *src, pixel *dst, int width, int height)\n{\n}\n"
)
BYTE, FLOAT, INT = np.dtype(np.uint8), np.dtype(np.float32), np.dtype(np.int32)


def program(text: str, **constants: int | float) -> Program:
    return specialize(Source("k.cu", text), np.uint8, 3, constants)


def arguments(written: str) -> tuple[KernelArgument, ...]:
    """Return what is read from a kernel with this list."""
    return program(f"__global__ void k({written}) {{}}").kernels["k"]


# Specializing


@pytest.mark.parametrize(
    ("pixel", "c", "bits"),
    [(np.uint8, "unsigned char", 8), (np.uint16, "unsigned short", 16), (np.float32, "float", 32)],
)
def test_a_program_begins_with_what_it_is_specialized_for(pixel: type, c: str, bits: int) -> None:
    made = specialize(SOURCE, pixel, 4, {"RADIUS": 3})
    head = [
        f"#define PIXEL {c}",
        f"#define PIXEL_BITS {bits}",
        "#define CHANNELS 4",
        "#define RADIUS 3",
        '#line 1 "prelude.cuh"',
    ]
    assert made.text.splitlines()[:5] == head
    assert made.name == "twice.cu"
    assert made.pixel == np.dtype(pixel)


def test_a_program_ends_with_the_authors_text_on_its_own_lines() -> None:
    assert specialize(SOURCE, np.uint8, 1, {}).text.endswith(f'#line 1 "twice.cu"\n{SOURCE.text}')


def test_the_prelude_is_whole() -> None:
    text = specialize(SOURCE, np.uint8, 1, {}).text
    for word in ("typedef PIXEL pixel;", "pixel to_pixel(float value)", "int border(int i, int n)", "struct color {"):
        assert word in text


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (3, "3"),
        (0, "0"),
        (-3, "(-3)"),
        (True, "1"),
        (np.int64(7), "7"),
        (1.0, "1.0f"),
        (0.1, "0.1f"),
        (-0.5, "(-0.5f)"),
        (1e-7, "1e-07f"),
        (np.float64(0.25), "0.25f"),
        (np.float32(0.25), "0.25f"),
    ],
)
def test_a_constant_is_written_as_c(value: int | float, literal: str) -> None:
    assert f"#define SIZE {literal}\n" in program("", SIZE=value).text


def test_a_float_constant_is_written_exactly() -> None:
    value = float(np.float32(1) / np.float32(3))
    written = program("", THIRD=value).text.split("THIRD ")[1].split("f\n")[0]
    assert np.float32(written) == np.float32(value)


# Lines


def test_a_line_is_found_by_its_own_file_and_number() -> None:
    made = specialize(SOURCE, np.uint8, 3, {"RADIUS": 2})
    assert made.line("twice.cu", 1) == "// Twice."
    assert made.line("twice.cu", 3) == "{"
    assert made.line("prelude.cuh", 1).startswith("// The prelude: ")


def test_a_line_that_is_not_there_is_empty() -> None:
    made = specialize(SOURCE, np.uint8, 3, {})
    assert made.line("twice.cu", 99) == ""
    assert made.line("other.cu", 1) == ""


def test_a_line_is_found_after_the_authors_own_line_directive() -> None:
    made = program('int a;\n#line 40 "generated.cu"\nint b;\nint c;\n')
    assert made.line("generated.cu", 41) == "int c;"
    assert made.line("k.cu", 1) == "int a;"


def test_only_a_line_feed_ends_a_line() -> None:
    # A form feed, or a line separator in a comment, is no new line to any compiler.
    assert program("// a\f b \u2028 c\nint a;\n").line("k.cu", 2) == "int a;"


# KernelArgument lists


def test_a_kernels_arguments_are_read_with_their_types() -> None:
    assert arguments("const pixel *__restrict__ src, float *dst, int width, bool on") == (
        KernelArgument("src", BYTE, True, "pixel *", const=True),
        KernelArgument("dst", FLOAT, True, "float *"),
        KernelArgument("width", INT, False, "int"),
        KernelArgument("on", np.dtype(np.bool_), False, "bool"),
    )


@pytest.mark.parametrize("written", ["float *w", "float* w", "float * w", "float*w", "float *const w", "float w[3]"])
def test_a_pointer_may_be_written_in_any_way(written: str) -> None:
    assert arguments(written) == (KernelArgument("w", FLOAT, True, "float *"),)


@pytest.mark.parametrize("written", ["const float *w", "float const *w", "const float *const w", "const float w[]"])
def test_a_pointer_to_const_is_known_as_one(written: str) -> None:
    assert arguments(written) == (KernelArgument("w", FLOAT, True, "float *", const=True),)


@pytest.mark.parametrize(
    ("c", "dtype"),
    [
        ("unsigned char", np.uint8),
        ("signed char", np.int8),
        ("short", np.int16),
        ("unsigned short", np.uint16),
        ("unsigned", np.uint32),
        ("unsigned int", np.uint32),
        ("long long", np.int64),
        ("unsigned long long", np.uint64),
        ("size_t", np.uint64),
        ("double", np.float64),
    ],
)
def test_every_number_type_has_its_numpy_type(c: str, dtype: type) -> None:
    assert arguments(f"{c} x, const {c} *p") == (
        KernelArgument("x", np.dtype(dtype), False, c),
        KernelArgument("p", np.dtype(dtype), True, f"{c} *", const=True),
    )


def test_a_pixel_is_what_the_program_is_specialized_for() -> None:
    made = specialize(SOURCE, np.float32, 3, {})
    assert made.kernels["twice"][0].dtype == FLOAT


def test_another_type_is_left_to_the_author() -> None:
    assert arguments("const rgb *palette") == (KernelArgument("palette", None, True, "rgb *", const=True),)


@pytest.mark.parametrize("written", ["", "void", " "])
def test_a_kernel_may_take_nothing(written: str) -> None:
    assert arguments(written) == ()


@pytest.mark.parametrize(
    "head",
    [
        "__global__ void k(int a)",
        "__global__   void\n  k (int a)",
        'extern "C" __global__ void k(int a)',
        "static __global__ void k(int a)",
        "__global__ void __launch_bounds__(256) k(int a)",
        "__global__ void __launch_bounds__(256, 2) k(int a)",
        "__global__ __launch_bounds__(BLOCK_WIDTH) void k(int a)",
        "__global__ void k(int /* how many, or\n so */ a) // a(b)",
        "__global__ void k(\n    int a  // how many\n)",
    ],
)
def test_a_kernel_is_found_however_it_is_written(head: str) -> None:
    assert program(f"{head}\n{{\n}}\n").kernels == {"k": (KernelArgument("a", INT, False, "int"),)}


def test_what_is_no_kernel_or_only_a_comment_is_not_found() -> None:
    text = "// __global__ void a(int x)\n/* __global__ void b(int x) */\n__device__ int c(int x) { return x; }\n"
    assert program(text).kernels == {}


def test_all_kernels_of_a_file_are_found_in_order() -> None:
    assert list(program("__global__ void b(int x) {}\n__global__ void a(int x) {}").kernels) == ["b", "a"]


# Files


def test_a_source_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "sepia.cu"
    path.write_text("// Sepia: brün.\n", encoding="utf-8")
    assert Source.read(path) == Source("sepia.cu", "// Sepia: brün.\n")


def test_a_source_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FilterError, match=r"there is no kernel file .*sepia\.cu; it stands beside the filter's Python"):
        Source.read(tmp_path / "sepia.cu")

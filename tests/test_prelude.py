"""The prelude: its functions, no cost for functions that are not called, and no clash with an author's names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.cpu.compile import to_llvm
from imgcuda.cpu.session import CpuSession
from imgcuda.cuda import compile as cubin
from imgcuda.engine.protocol import Launch
from imgcuda.frontend import parse
from imgcuda.programs.layout import Dim3
from imgcuda.programs.prelude import prelude_for
from imgcuda.programs.source import Program, Source, specialize

PRELUDE = (Path(imgcuda.__file__).parent / "programs" / "prelude.cuh").read_text("utf-8")
FUNCTIONS = re.findall(r"^__device__ \w[\w ]*?(\w+)\(", PRELUDE, re.MULTILINE)
TYPES = [np.uint8, np.uint16, np.float32]
KERNEL = "__global__ void k(const pixel *src, pixel *dst, int width, int height)\n{{\n    {}\n}}\n"

COMMON_NAMES = {
    "luminance": "__device__ float luminance(float r, float g, float b) { return 0.3f * r + 0.6f * g + 0.1f * b; }",
    "luma": "__device__ float luma(uchar4 c) { return 0.3f * c.x + 0.6f * c.y + 0.1f * c.z; }",
    "clamp": "__device__ float clamp(float x, float low, float high) { return fminf(fmaxf(x, low), high); }",
    "load": "__device__ float load(const pixel *from, int x) { return from[x]; }",
    "store": "__device__ void store(pixel *to, int x, float value) { to[x] = to_pixel(value); }",
    "read": "__device__ pixel read(const pixel *from, bool wide, int count) { return from[count]; }",
    "write": "__device__ void write(pixel *to, pixel value, bool wide, int count) { to[count] = value; }",
    "key_of": "__device__ unsigned int key_of(pixel value) { return value; }",
    "has_alpha": "__device__ bool has_alpha(int channels) { return channels == 4; }",
    "COLORS": "#define COLORS 3\n",
    "WORD": "#define WORD 4\n",
    "RED": "#define RED 0.299f\n",
    "UNIT": "#define UNIT (1.0f / 255.0f)\n",
}
"""What kernels define for themselves, by names that the prelude leaves to them."""


def program(text: str, dtype: npt.DTypeLike = np.uint8, channels: int = 3, pack: int = 1) -> Program:
    layout = {"BLOCK_WIDTH": 32, "BLOCK_HEIGHT": 1, "ROWS": 1, "PACK": pack, "MARGIN": 0}
    return specialize(Source("mine.cu", text), dtype, channels, layout)


def computed(expression: str, samples: npt.NDArray[Any], dtype: npt.DTypeLike = np.float32) -> npt.NDArray[Any]:
    """Return an expression in `s`, a sample, for each of some samples."""
    result = {"float32": "float", "uint32": "unsigned int"}[np.dtype(dtype).name]
    body = f"int i = threadIdx.x; if (i < n) {{ pixel s = src[i]; out[i] = {expression}; }}"
    text = f"__global__ void k(const pixel *src, {result} *out, int n)\n{{\n    {body}\n}}\n"
    session = CpuSession()
    given, made = session.upload(samples), session.zeros(samples.shape, dtype)
    assert samples.size <= 32
    session.launch(Launch(program(text, samples.dtype), "k", Dim3(1), Dim3(32), [given, made, np.int32(samples.size)]))
    return session.download(made)


def on_both_compilers(text: str) -> None:
    """Compile a kernel `k` for the CPU and, where NVRTC is installed, for a GPU."""
    to_llvm(program(text), "k", Dim3(32))
    if cubin.find_nvrtc() is not None:
        cubin.compile(program(text), (9, 0), optimize=False)


# What its functions do


@pytest.mark.parametrize("dtype", TYPES)
def test_luminance_is_that_of_rec_601_in_65536ths(dtype: type) -> None:
    samples: npt.NDArray[Any] = np.array([0, 1, 100, 200], dtype)
    made = computed("rec601_luminance(s, 2.0f, 3.0f)", samples)
    exact = (19595 * samples.astype(float) + 38470 * 2 + 7471 * 3) / 65536
    assert np.abs(made - exact).max() < 1e-5


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 65535)])
def test_samples_as_units_come_back_unchanged(dtype: type, white: int) -> None:
    samples: npt.NDArray[Any] = np.array([0, 1, 77, white // 2, white - 1, white], dtype)
    assert np.abs(computed("pixel_to_unit(s)", samples) - samples / white).max() < 1e-7
    assert computed("unit_to_pixel(pixel_to_unit(s))", samples).tolist() == samples.tolist()


def test_floats_are_units_already_and_are_not_clipped() -> None:
    samples = np.array([-2.5, 0, 1, 7], np.float32)
    assert computed("pixel_to_unit(s)", samples).tolist() == samples.tolist()
    assert computed("unit_to_pixel(s)", samples).tolist() == samples.tolist()


@pytest.mark.parametrize("dtype", TYPES)
def test_keys_are_ordered_as_samples_are(dtype: type) -> None:
    samples: npt.NDArray[Any] = np.array([0, 1, 2, 100, 255], dtype)
    if dtype == np.float32:
        samples = np.array([-np.inf, -3e38, -1.5, -1e-45, 0, 1e-45, 0.25, 1, np.inf], dtype)
    keys = computed("key_of_pixel(s)", samples, np.uint32)
    assert (np.diff(keys.astype(np.int64)) > 0).all()
    assert computed("pixel_of_key(key_of_pixel(s))", samples).tolist() == samples.tolist()


@pytest.mark.parametrize("dtype", TYPES)
def test_samples_stand_in_words_as_in_memory(dtype: type) -> None:
    samples: npt.NDArray[Any] = np.array([1, 2, 3, 200], dtype)
    each = 4 // samples.itemsize
    words = "".join(f" | sample_to_word(src[i / {each} * {each} + {k}], {k})" for k in range(each))
    made = computed(f"0{words}", samples, np.uint32)
    assert made.tolist() == np.repeat(samples.view(np.uint32), each).tolist()
    back = computed(f"sample_from_word(0{words}, i % WORD_SAMPLES)", samples)
    assert back.tolist() == samples.tolist()


@pytest.mark.parametrize("function", ["load_floats", "load_pack"])
@pytest.mark.parametrize("wide", ["true", "false"])
def test_a_load_is_one_pack_from_where_it_is_told(function: str, wide: str) -> None:
    samples = np.array([5, 6, 7], np.uint8)
    assert computed(f"{function}(src + i, {wide}, n - i)", samples).tolist() == [5, 6, 7]


def test_a_store_rounds_and_clamps_floats() -> None:
    text = KERNEL.format("store_floats(dst + threadIdx.x, 1.75f * src[threadIdx.x] - 40.0f, threadIdx.x % 2, 1);")
    session = CpuSession()
    given, made = session.upload(np.arange(0, 256, 8, dtype=np.uint8)), session.zeros((32,), np.uint8)
    session.launch(Launch(program(text), "k", Dim3(1), Dim3(32), [given, made, np.int32(32), np.int32(1)]))
    expected = np.clip(np.rint(1.75 * np.arange(0, 256, 8) - 40), 0, 255)
    assert session.download(made).tolist() == expected.tolist()


def test_a_store_leaves_what_lies_behind_the_row() -> None:
    text = KERNEL.format("store_pack(dst, src[0], false, 0); store_pack(dst + 1, src[1], false, 1);")
    session = CpuSession()
    given, made = session.upload(np.array([8, 9], np.uint8)), session.zeros((2,), np.uint8)
    session.launch(Launch(program(text), "k", Dim3(1), Dim3(1), [given, made, np.int32(2), np.int32(1)]))
    assert session.download(made).tolist() == [0, 9]


@pytest.mark.parametrize(
    ("rule", "mode"), [("MIRROR", "reflect"), ("NEAREST", "edge"), ("WRAP", "wrap"), ("REFLECT", "symmetric")]
)
def test_a_place_outside_is_read_as_numpy_pads(rule: str, mode: Any) -> None:
    for size in (1, 2, 5):
        made = border_of(rule, size)
        assert made.tolist() == np.pad(np.arange(size), (16, 15 - size + 1), mode).tolist()


def test_with_a_constant_border_nothing_outside_is_read() -> None:
    assert border_of("CONSTANT", 5).tolist() == [-1] * 16 + [0, 1, 2, 3, 4] + [-1] * 11


def border_of(rule: str, size: int) -> npt.NDArray[Any]:
    """Return where a line is read from 16 places before it on, 32 in all."""
    session = CpuSession()
    given, made = session.zeros((32,), np.uint8), session.zeros((32,), np.int32)
    body = f"out[threadIdx.x] = border((int)threadIdx.x - 16, {size});"
    text = f"__global__ void k(const pixel *src, int *out)\n{{\n    {body}\n}}\n"
    rules = {"BORDER_REFLECT": 0, "BORDER_MIRROR": 1, "BORDER_NEAREST": 2, "BORDER_WRAP": 3, "BORDER_CONSTANT": 4}
    layout = {"BLOCK_WIDTH": 32, "BLOCK_HEIGHT": 1, "ROWS": 1, "PACK": 1, "MARGIN": 0}
    constants = {**layout, **rules, "BORDER": rules[f"BORDER_{rule}"]}
    session.launch(
        Launch(specialize(Source("mine.cu", text), np.uint8, 1, constants), "k", Dim3(1), Dim3(32), [given, made])
    )
    return session.download(made)


def test_a_sample_outside_is_read_in_its_own_channel() -> None:
    offsets = np.arange(12, dtype=np.uint8)  # of an image of 2 pixels, RGB, from 2 pixels before it on: reflected
    made = computed("border_sample((int)s - 6, 2, 2)", offsets)
    assert made.tolist() == [3, 4, 5, 0, 1, 2, 0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(("channels", "colors"), [(1, 1), (2, 1), (3, 3), (4, 3)])
def test_macros_tell_alpha_from_colors(channels: int, colors: int) -> None:
    text = f"#if COLORS_IN(CHANNELS) != {colors} || HAS_ALPHA(CHANNELS) != {channels - colors}\n#error wrong\n#endif\n"
    to_llvm(program(text + KERNEL.format("dst[0] = COLORS_IN(CHANNELS);"), channels=channels), "k", Dim3(32))


# What they cost


def test_a_function_that_is_not_named_is_only_declared() -> None:
    functions = {each.name: each for each in parse.parse(program(KERNEL.format("")).text, "mine.cu").functions}
    assert set(FUNCTIONS) <= set(functions)
    assert [name for name in FUNCTIONS if functions[name].body is not None] == []


def test_a_function_brings_those_that_it_calls() -> None:
    text = program(KERNEL.format("store_floats(dst, 0.5f, false, 1);")).text
    bodies = {each.name for each in parse.parse(text, "mine.cu").functions if each.body is not None}
    assert bodies == {"k", "store_floats", "store_pack", "to_pixel"}


def test_lines_of_the_prelude_keep_their_numbers() -> None:
    for text in ("", "border_sample", "a ## b"):
        lines = prelude_for(text).splitlines()
        assert len(lines) == len(PRELUDE.splitlines())
        heads = [number for number, line in enumerate(PRELUDE.splitlines()) if line.startswith("__device__")]
        assert all(lines[number].rstrip(";") == PRELUDE.splitlines()[number] for number in heads)


def test_a_name_that_a_macro_puts_together_is_found() -> None:
    text = "#define UNIT_OF(what) what##_to_unit\n" + KERNEL.format("dst[0] = 255 * UNIT_OF(pixel)(src[0]);")
    on_both_compilers(text)


# Names


@pytest.mark.parametrize("name", COMMON_NAMES)
def test_names_that_authors_commonly_define_are_theirs(name: str) -> None:
    on_both_compilers(f"{COMMON_NAMES[name]}\n" + KERNEL.format("dst[0] = src[0];"))


@pytest.mark.parametrize(
    "name", [*FUNCTIONS, "HAS_ALPHA", "COLORS_IN", "pack", "floats", "color", "place", "pixel_key"]
)
def test_a_name_of_the_prelude_may_be_an_arguments_or_a_variables(name: str) -> None:
    kernel = "__global__ void k(unsigned char *dst, int {0})\n{{\n    dst[0] = {0};\n}}\n"
    on_both_compilers(kernel.format(name))
    on_both_compilers(KERNEL.format(f"int {name} = 3; dst[0] = {name};"))


@pytest.mark.usefixtures("nvrtc")
@pytest.mark.parametrize("pack", [2, 4, 8])
@pytest.mark.parametrize("dtype", TYPES)
def test_every_function_compiles_for_a_gpu(dtype: type, pack: int) -> None:
    assert cubin.compile(program(KERNEL.format("") + "// " + " ".join(FUNCTIONS), dtype, pack=pack), (9, 0))

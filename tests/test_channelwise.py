"""Which per-pixel functions make each channel from that channel alone: found in their source, and never wrongly."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imgcuda.cpu.lowering.atomics import ATOMICS
from imgcuda.cpu.maths.functions import FUNCTIONS
from imgcuda.engine.protocol import DeviceArray
from imgcuda.execution.channelwise import sources_of
from imgcuda.execution.gpu import specialized
from imgcuda.execution.point import PixelFunction, functions, point_source
from imgcuda.execution.tables import has_table
from imgcuda.filters import PointFilter
from imgcuda.frontend.compilers import CPU, CUDA
from imgcuda.frontend.pure_functions import is_pure
from imgcuda.programs.source import Source
from support.installed import installed

TABLE = ("const float *", "table")
EACH = "c.r = {0}; c.g = {1}; c.b = {2}; return c;"


def verdict(
    body: str,
    before: str = "",
    fields: tuple[tuple[str, str], ...] = (),
    channels: int = 3,
    made: int = 0,
    on_a_gpu: bool = False,
) -> bool:
    """Return what is found about a function of this body."""
    arguments = "".join(f", {kind} {name}" for kind, name in fields)
    source = Source("f.cu", f"{before}\n__device__ color f(color c{arguments})\n{{\n{body}\n}}\n")
    function = PixelFunction("f", source, (), fields, channels, made or channels, ("f",), ())
    image = DeviceArray(0, (2, 3, channels), np.dtype(np.uint8))
    return has_table((function,), image, on_a_gpu)


def sources(body: str) -> tuple[int, ...] | None:
    """Return which sample each sample of a pixel that a function makes depends on."""
    source = Source("f.cu", f"__device__ color f(color c)\n{{\n{body}\n}}\n")
    function = PixelFunction("f", source, (), (), 3, 3, ("f",), ())
    return sources_of(specialized(point_source((function,)), np.dtype(np.uint8), 3, (("PACK", 1),), CPU))


def each(expression: str) -> str:
    """Return a body that computes each channel by an expression of `c.$`."""
    return EACH.format(*(expression.replace("$", name) for name in "rgb"))


HELPER = "__device__ float h(float v, float w) { float made = v; if (w > 0.5f) made = v * v; return made; }"
EARLY = "__device__ float h(float v) { if (v > 0.5f) return 0.0f; for (int k = 0; k < 9; k++) v *= 2.0f; return v; }"


@pytest.mark.parametrize(
    ("body", "before"),
    [
        (each("1.0f - c.$"), ""),
        (each("h(c.$, 0.3f)"), HELPER),
        (each("h(c.$)"), EARLY),
        (each("t[(int)(c.$ * 3.0f)]"), "__constant__ float t[4] = {0.0f, 0.5f, 0.1f, 1.0f};"),
        (each("c.$ > 0.5f && c.$ < 0.7f ? c.$ : powf(c.$, 2.0f)"), ""),
        ("color made = {1.0f - c.r, c.g, c.b, c.a}; return made;", ""),
        ("color made; made = c; made.r += 0.5f; return made;", ""),
        ("float v = c.r; c.r = v + 0.1f; v = c.g; c.g = v * 2.0f; return c;", ""),
        ("float v = c.g; { float v = c.r; c.r = v * 2.0f; } c.g = v; return c;", ""),
        ("float t[2]; t[0] = c.r; t[1] = 1.0f; c.r = t[0] - t[1]; return c;", ""),
        ("switch ((int)(c.r * 3.0f)) { case 0: c.r = 1.0f; break; default: c.r = 0.0f; } return c;", ""),
        ("c.a = c.r + c.g; return c;", ""),  # alpha is not stored
    ],
)
def test_each_channel_by_itself_is_seen(body: str, before: str) -> None:
    assert verdict(body, before)


MIXED = [
    ("c.r = c.g; return c;", ""),
    ("c.r = 0.5f * (c.r + c.b); return c;", ""),
    ("if (c.r > 0.5f) c.g = 1.0f; return c;", ""),
    ("c.g = c.r > 0.5f ? 1.0f : 0.0f; return c;", ""),
    ("float v = 0.0f; for (int k = 0; k < (int)(c.r * 9.0f); k++) v += 1.0f; c.b = v; return c;", ""),
    ("int k = 0; while (true) { if (c.r < k++ * 0.1f) break; c.g += 0.1f; } return c;", ""),
    ("int k = 0; do { c.g += 0.1f; } while (c.r > k++ * 0.1f); return c;", ""),
    ("for (int k = 0; k < 4; k++) { if (c.b < 0.5f) continue; c.g = 0.0f; } return c;", ""),
    ("switch ((int)(c.r * 3.0f)) { case 0: c.g = 1.0f; } return c;", ""),
    ("switch (1) { case 1: if (c.r > 0.5f) break; c.g = 1.0f; } return c;", ""),
    ("float v = c.r; { float v = c.g; v += 1.0f; } c.b = v; return c;", ""),
    ("float t[3] = {c.r, c.g, c.b}; for (int k = 0; k < 3; k++) t[k] *= 2.0f; c.r = t[0]; return c;", ""),
    ("float t[2] = {0.0f, 1.0f}; t[(int)c.g] = 0.5f; c.r = t[0]; return c;", ""),
    ("float3 v = make_float3(c.g, c.r, c.b); c.r = v.x; return c;", ""),
    ("float v; c.r = (v = c.g, 1.0f) * v; return c;", ""),
    ("float v = 0.0f; c.r > 0.5f && (v = 1.0f) > 0.5f; c.g = v; return c;", ""),
    ("c.r *= c.a; return c;", ""),
    ("c.r = h(c.r, c.b); return c;", HELPER),
]
SWAPPED = [
    ("if (c.r > 0.5f) return c; c.g = 1.0f; return c;", ""),
    ("color made = {c.g, c.r, c.b, c.a}; return made;", ""),
    ("c = h(c); return c;", "__device__ color h(color c) { float v = c.r; c.r = c.g; c.g = v; return c; }"),
]
NOT_FOLLOWED = [
    ("float t[1]; const float *p = t; t[0] = c.g; c.r = p[0]; return c;", ""),
    ("float v = 0.0f; float *p = &v; *p = c.g; c.r = v; return c;", ""),
    ("h(&c.r, c.g); return c;", "__device__ void h(float *to, float v) { *to = v; }"),
    ("h(c.r, c.g); return c;", "__device__ void h(float &to, float v) { to = v; }"),
    ("c.r = threadIdx.x * 0.1f; return c;", ""),
    ("__shared__ float t[1]; t[0] = c.r; __syncthreads(); c.g = t[0]; return c;", ""),
]


@pytest.mark.parametrize(("body", "before"), MIXED)
def test_channels_that_mix_are_seen(body: str, before: str) -> None:
    assert not verdict(body, before, channels=4)
    alone = re.sub(r"\bc\.[gba]\b", "c.r", body)
    assert verdict(alone, before, channels=4), "the same with one channel is understood"


@pytest.mark.parametrize(("body", "before"), SWAPPED)
def test_whole_colors_that_mix_are_seen(body: str, before: str) -> None:
    assert not verdict(body, before)


@pytest.mark.parametrize(("body", "before"), NOT_FOLLOWED)
def test_what_is_not_followed_counts_as_mixed(body: str, before: str) -> None:
    assert not verdict(body, before)
    assert not verdict(re.sub(r"\bc\.[gb]\b", "c.r", body), before)


def test_the_place_and_tables_that_are_given_matter_as_they_should() -> None:
    place = (("place", "at"), TABLE)
    assert verdict(each("table[(int)(c.$ * 9.0f)]"), fields=(TABLE,))
    assert verdict(each("table[(int)(c.$ * 9.0f)]"), fields=place)
    assert not verdict(each("table[at.x % 4] * c.$"), fields=place)
    assert not verdict("c.r = table[(int)c.g]; return c;", fields=(TABLE,))


def test_gray_has_one_channel_whatever_is_mixed() -> None:
    mean = "c.r = (c.r + c.g + c.b) / 3.0f; return c;"
    assert verdict(mean, channels=1)
    assert verdict(mean, channels=2)
    assert not verdict(mean, channels=3, made=1)
    assert not verdict("c.r *= c.a; return c;", channels=2)


def test_a_source_that_compilers_may_read_differently_is_not_trusted() -> None:
    apart = "\n#ifdef __CUDACC__\n#define V c.g\n#else\n#define V c.r\n#endif\nc.r = V; return c;"
    assert verdict(each("1.0f - c.$"), on_a_gpu=True)
    assert verdict(apart)
    assert not verdict(apart, on_a_gpu=True)
    assert not verdict("#if _MSC_VER\n#endif\nreturn c;", on_a_gpu=True)


@pytest.mark.parametrize("name", ["gamma", "brightness", "contrast", "invert", "posterize"])
def test_built_in_filters_have_tables_on_every_device(name: str) -> None:
    filter = installed().create(name, {})
    assert isinstance(filter, PointFilter)
    image = DeviceArray(0, (2, 3, 3), np.dtype(np.uint8))
    for compiler in (CPU, CUDA):
        made, _ = functions([filter], 3, image.dtype, compiler)
        assert has_table(made, image, on_a_gpu=compiler == CUDA)


def test_pure_functions_are_those_of_the_engine() -> None:
    assert [name for name in FUNCTIONS if not is_pure(name)] == []
    others = ["atomicAdd", "__shfl_sync", "clock", "__syncthreads", "__ballot_sync", "printf", "__nanosleep", *ATOMICS]
    assert [name for name in others if is_pure(name)] == []


def test_the_answer_is_read_from_the_cache(tmp_path: Path) -> None:
    program = """
import sys, numpy
from imgcuda import load
load().create("gamma", {"gamma": 2.0})(numpy.zeros((2048, 2048, 3), numpy.uint8), device="cpu")
print("imgcuda.frontend.dependences" in sys.modules, "llvmlite" in sys.modules)
"""
    environment = {**os.environ, "IMGCUDA_CACHE": str(tmp_path / "cache")}
    told = [
        subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert [each.stdout.split() for each in told] == [["True", "True"], ["False", "False"]]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("color made = c; made.r = c.b; made.g = c.r; made.b = c.g; return made;", (2, 0, 1)),
        (EACH.format("c.b", "1.0f - c.b", "0.5f"), (2, 2, 2)),  # what depends on none counts as its own
        ("return c;", (0, 1, 2)),
    ],
)
def test_the_source_of_each_sample_is_found(body: str, wanted: tuple[int, ...]) -> None:
    assert sources(body) == wanted


@pytest.mark.parametrize(
    "body", [EACH.format("c.b + c.g", "c.r", "c.g"), "c.r = c.b; if (c.r > c.g) c.r = 0; return c;"]
)
def test_what_depends_on_two_samples_has_no_source(body: str) -> None:
    assert sources(body) is None

"""Messages about a per-pixel filter's source show the author's names, though a fused kernel renames them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from imgcuda import KernelError, Pipeline, PointFilter
from imgcuda.errors import CheckError, Mistake, did_you_mean, renamed
from imgcuda.programs.source import Source
from imgcuda.testing import checked
from imgcuda.testing.gpu_compilation import compile_for_gpu

IMAGE = np.zeros((8, 8, 3), np.uint8)
PREFIX = re.compile(renamed("", 1).replace("1", r"\d+"))


def point_filter(before: str, body: str) -> PointFilter:
    """Return a filter with this text before its function, and in it."""

    class Told(PointFilter):
        """Try."""

        @classmethod
        @cache
        def source(cls) -> Source:
            return Source("told.cu", f"{before}\n__device__ color told(color c)\n{{\n{body}\nreturn c;\n}}\n")

    return Told()


@pytest.mark.parametrize(
    ("before", "body", "message"),
    [
        ("__constant__ float t[100000] = {1};", "c.r = t[int(c.g)];", "the table 't' takes 391 KB; a GPU has 64 KB"),
        (
            "__device__ float scale(float x) { return x; }",
            "c.r = scal(c.g);",
            "no function 'scal'; did you mean 'scale'?",
        ),
        ("struct Pair { float a, b; };", "Pair p; p.c = 1;", "a Pair has no field 'c'"),
        ("__device__ float twice(float x) { return x; }", "c.r = twice(c.g, 1, 2);", ": twice(x) takes 1 argument"),
    ],
    ids=["table", "near miss", "structure", "function"],
)
def test_a_message_shows_the_authors_name(before: str, body: str, message: str) -> None:
    told = point_filter(before, body)
    with pytest.raises(KernelError, match=re.escape(message)) as caught:
        Pipeline([told, told])(IMAGE, device="cpu")
    for said in (str(caught.value), *(each.message for each in caught.value.mistakes)):
        assert not PREFIX.search(said)


def test_a_checked_run_shows_the_authors_name() -> None:
    told = point_filter("__constant__ float t[4] = {1, 2, 3, 4};", "c.r = t[int(c.g * 255) + 4];")
    with checked(), pytest.raises(CheckError, match=r"reads t\[4\], which has 4 elements") as caught:
        told(IMAGE)
    assert not PREFIX.search(str(caught.value))


@pytest.mark.usefixtures("nvrtc")
def test_nvidias_messages_show_the_authors_name() -> None:
    told = point_filter("struct Pair { float a, b; };", "Pair p; c.r = p;")
    with pytest.raises(KernelError, match='"Pair"') as caught:
        compile_for_gpu([told], IMAGE)
    assert not PREFIX.search(str(caught.value))


@pytest.mark.parametrize("said", [lambda name: Mistake(f"no '{name}'", "a.cu", remedy=f"drop '{name}'"), KernelError])
def test_renamed_names_are_told_as_written(said: Callable[[str], object]) -> None:
    assert PREFIX.search(renamed("t", 3))
    assert "t" in str(said(renamed("t", 3))) and not PREFIX.search(str(said(renamed("t", 3))))


def test_a_near_miss_of_a_renamed_name_is_named_as_written() -> None:
    assert did_you_mean("scal", [renamed("scale", 0), "other"]) == "; did you mean 'scale'?"

"""Limits on the size of a chain's result, messages for a lack of memory, and the shapes of a chain's result."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import PIL.Image
import pytest

from imgcuda import DeviceMemoryError, Filter, FilterError, GeometryFilter, ImageError, Pipeline
from imgcuda.cli import run
from support.installed import installed
from support.matrix import exhaustive

MAKE = installed().create


class Swell(GeometryFilter):
    """Say what size it makes of an image, and nothing else."""

    size: ClassVar[Any] = (1 << 20, 1 << 20)

    def result_size(self, width: int, height: int) -> Any:
        return self.size


def swelling(size: Any) -> Filter:
    return type("Swell", (Swell,), {"size": size, "__doc__": "Swell."})()  # type: ignore[no-any-return]


@pytest.mark.parametrize("filters", [[Swell()], [MAKE("invert", {}), Swell(), MAKE("resize", {"scale": 0.001})]])
def test_no_filter_makes_more_pixels_than_are_allowed(filters: list[Filter]) -> None:
    with pytest.raises(ImageError) as caught:
        Pipeline(filters)(np.zeros((4, 4), np.uint8), device="cpu", max_pixels=10**6)
    made = "swell would make 1048576x1048576, 1,099,511,627,776 pixels, more than 1,000,000"
    assert str(caught.value) == f"{made}; --max-pixels allows more"


def test_as_many_as_are_allowed_are_made() -> None:
    resize = MAKE("resize", {"width": 20, "height": 30, "method": "nearest"})
    assert Pipeline([resize])(np.zeros((4, 4), np.uint8), device="cpu", max_pixels=600).shape == (30, 20)
    with pytest.raises(ImageError, match="resize would make 20x30, 600 pixels, more than 599"):
        Pipeline([resize])(np.zeros((4, 4), np.uint8), device="cpu", max_pixels=599)


@pytest.mark.parametrize("size", [(1.5, 2), None, "ab", (1,), (1, 2, 3), (float("nan"), 1)])
def test_a_size_is_two_whole_numbers(size: Any) -> None:
    with pytest.raises(FilterError, match=r"^swell: result_size\(\) must return width and height, whole numbers; it "):
        swelling(size)(np.zeros((4, 4), np.uint8), device="cpu")


def test_the_command_holds_results_against_max_pixels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "in.png", tmp_path / "out.png"
    PIL.Image.new("RGB", (30, 20)).save(source)
    command = ["filter", str(source), str(target), "--device", "cpu"]
    assert (
        run([*command, "-f", "rotate:angle=45", "-f", "resize:width=100000,height=50000", "-f", "resize:scale=.01"])
        == 1
    )
    made = "Error: resize would make 100000x50000, 5,000,000,000 pixels, more than 178,956,970"
    assert capsys.readouterr().err == f"{made}; --max-pixels allows more\n"
    assert not target.exists()
    assert run([*command, "-f", "resize:scale=2,method=nearest", "--max-pixels", "2399"]) == 1
    assert run([*command, "-f", "resize:scale=2,method=nearest", "--max-pixels", "2400"]) == 0


def test_all_frames_together_are_held_against_max_pixels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = [PIL.Image.new("L", (10, 10), color) for color in (0, 100, 200)]
    frames[0].save(tmp_path / "in.tif", save_all=True, append_images=frames[1:])
    command = [
        "resize",
        str(tmp_path / "in.tif"),
        str(tmp_path / "out.tif"),
        "--scale",
        "2",
        "--method",
        "nearest",
        "--device",
        "cpu",
    ]
    assert run([*command, "--max-pixels", "1199"]) == 1
    assert (
        capsys.readouterr().err
        == "Error: 3 pictures would have 1,200 pixels, more than 1,199; --max-pixels allows more\n"
    )
    assert run([*command, "--max-pixels", "1200"]) == 0


def test_too_little_memory_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_left(*_: object) -> None:
        raise MemoryError("Unable to allocate 9 GiB\x1b")

    for name, method in (("box-blur", "run"), ("equalize", "measure"), ("equalize", "resolve")):
        filter = MAKE(name, {})
        with monkeypatch.context() as patched:
            patched.setattr(type(filter), method, nothing_left)
            with pytest.raises(DeviceMemoryError, match=r"^there is not enough memory: unable to allocate 9 GiB\\x1b$"):
                filter(np.zeros((4, 4), np.uint8), device="cpu")


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit on Windows")
def test_a_command_that_runs_out_of_memory_says_so(tmp_path: Path) -> None:
    PIL.Image.new("RGB", (30, 20)).save(tmp_path / "in.png")
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (2 << 30,) * 2); from imgcuda.cli import run; "
        "sys.exit(run('resize in.png out.png --width 40000 --height 40000 --method nearest --device cpu "
        "--max-pixels 4000000000'.split()))"
    )
    alone = {**os.environ, "IMGCUDA_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # each thread takes of the limit
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=alone, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1 and "memory" in done.stderr
    assert not (tmp_path / "out.png").exists()


def test_what_is_printed_has_no_control_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["invert", str(tmp_path / "a\x1b[31m\udcff.png"), str(tmp_path / "out.png")]) == 1
    assert r"a\x1b[31m\udcff.png cannot be read: no such file" in capsys.readouterr().err


@pytest.mark.parametrize("value", [[[1], [1, 2]], object(), [[None]]])
def test_what_is_no_array_is_refused(value: Any) -> None:
    with pytest.raises(ImageError, match=r"^an image"):
        MAKE("invert", {})(value, device="cpu")


CHAINS = [["sepia", "grayscale"], ["grayscale"], ["sepia"], ["invert"], ["threshold", "sepia", "auto-threshold"], []]


SHAPES = [(3, 4), (3, 4, 1), (3, 4, 2), (3, 4, 3), (3, 4, 4)]
ALL_KINDS = list(product(SHAPES, ["u1", "u2", "f4"]))
KINDS = list(zip(SHAPES, ["u1", "u1", "u2", "f4", "u1"], strict=True))
"""Each shape and each type: a kernel is compiled for each pair."""


@pytest.mark.parametrize("kinds", [KINDS, exhaustive(ALL_KINDS)], ids=["some", "all"])
@pytest.mark.parametrize("names", CHAINS, ids=" ".join)
def test_a_chain_has_the_shape_of_its_steps_one_by_one(
    names: list[str], kinds: list[tuple[tuple[int, ...], str]]
) -> None:
    filters = [MAKE(name, {}) for name in names]
    for (shape, dtype), order in product(kinds, "CF"):
        image = np.asarray(np.arange(np.prod(shape)).reshape(shape) % 2, dtype, order=order)  # type: ignore[call-overload]
        image.flags.writeable = False
        step = image
        for filter in filters:
            step = filter(step, device="cpu")
        chain = Pipeline(filters)(image, device="cpu")
        assert (chain.shape, chain.dtype) == (step.shape, step.dtype)
        assert chain.tobytes() == step.tobytes()
        assert chain.flags.writeable and chain.flags.c_contiguous and not np.shares_memory(chain, image)

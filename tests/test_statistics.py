"""Statistics of an image's samples, beside NumPy's in float64; and the command that prints them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest

import imgcuda
from imgcuda import Registry, devices, large_files
from imgcuda.cli import build, run
from imgcuda.cuda.compile import Nvrtc
from imgcuda.execution.executor import measure
from imgcuda.programs.strips import all_rows
from imgcuda.statistics import sample_counts
from imgcuda.statistics.channels import ChannelStatistics, channel_statistics
from imgcuda.statistics.sample_counts import SampleCounts
from imgcuda.testing.gpu_compilation import CompilingSession
from support.matrix import exhaustive

Image = npt.NDArray[Any]
RandomImage = Callable[..., Image]

WHITE = {"uint8": 255, "uint16": 65535, "float32": 1}


def measured(image: Image, device: str) -> list[ChannelStatistics]:
    planes = image if image.ndim == 3 else image[:, :, None]
    return channel_statistics(devices.members(devices.choose(device)), planes)


def expected(samples: Image) -> dict[str, float]:
    """Return what NumPy makes of a channel's finite samples in float64."""
    white, values = WHITE[samples.dtype.name], samples.astype(np.float64)
    values = values[np.isfinite(values)]
    return {
        "samples": values.size,
        "min": values.min(),
        "max": values.max(),
        "mean": values.mean(),
        "std": values.std(),
        "median": np.median(values),
        "black": np.mean(values <= 0),
        "white": np.mean(values >= white),
    }


def check(image: Image, device: str) -> None:
    found = measured(image, device)
    planes = image if image.ndim == 3 else image[:, :, None]
    assert len(found) == planes.shape[2]
    for channel, each in enumerate(found):
        for name, value in expected(planes[:, :, channel]).items():
            tolerance = 1e-12 if name in ("mean", "std") else 0
            assert getattr(each, name) == pytest.approx(value, rel=tolerance, abs=1e-12 * tolerance), name
        bins = WHITE[image.dtype.name] + (image.dtype.kind == "u")
        counts = np.histogram(planes[:, :, channel].astype(np.float64), 256, (0, bins))[0]
        assert each.histogram == tuple(counts)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [exhaustive(1), exhaustive(2), 3, exhaustive(4)])
def test_all_statistics_are_those_of_numpy(device: str, dtype: str, channels: int, random_image: RandomImage) -> None:
    check(random_image((173, 151, channels), dtype), device)


@exhaustive
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 2, 3), (7, 1, 3), (300, 400, 3)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_images_of_any_size_are_measured(
    device: str, dtype: str, shape: tuple[int, ...], random_image: RandomImage
) -> None:
    check(random_image(shape, dtype), device)


def test_numbers_that_a_person_can_check(device: str) -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image[:, :, 0] = [[0, 0], [255, 3]]
    red, green, _ = measured(image, device)
    assert (red.samples, red.min, red.max, red.mean, red.median) == (4, 0, 255, 64.5, 1.5)
    assert (red.black, red.white) == (0.5, 0.25)
    assert red.std == pytest.approx(np.sqrt((2 * 64.5**2 + 190.5**2 + 61.5**2) / 4), rel=1e-14)
    assert {level: n for level, n in enumerate(red.histogram) if n} == {0: 2, 3: 1, 255: 1}
    assert (green.min, green.max, green.std, green.black) == (0, 0, 0, 1)


def test_floats_that_are_no_numbers_are_left_out(device: str) -> None:
    image = np.array([[-1.5, 0.25, 0.5], [np.nan, np.inf, -np.inf]], np.float32)[:, :, None].repeat(3, axis=2)
    image[:, :, 2] = np.nan
    found, _, nothing = measured(image, device)
    assert (found.samples, found.min, found.max, found.median) == (3, -1.5, 0.5, 0.25)
    assert (found.black, found.white) == (1 / 3, 0)
    assert nothing.samples == 0
    assert all(np.isnan([nothing.min, nothing.max, nothing.mean, nothing.std, nothing.median, nothing.black]))


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_strips_give_the_statistics_of_the_whole(
    device: str, dtype: str, random_image: RandomImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((61, 40, 3), dtype)
    whole = measured(image, device)
    monkeypatch.setattr(sample_counts, "STRIP_BYTES", 7 * image[0].nbytes)
    assert len(sample_counts.strips(image)) == 9
    for one, other in zip(measured(image, device), whole, strict=True):
        assert (one.min, one.max, one.median, one.histogram) == (other.min, other.max, other.median, other.histogram)
        assert one.mean == pytest.approx(other.mean, rel=1e-14) and one.std == pytest.approx(other.std, rel=1e-14)


def test_a_float_image_is_counted_twice_and_not_thrice(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []

    def count(*given: Any, **known: Any) -> sample_counts.Counts:
        calls.append(known)
        return sample_counts.count(*given, **known)

    monkeypatch.setattr("imgcuda.statistics.channels.count", count)
    image = np.array([[0.25, 0.5], [0.2500001, 0.1]], np.float32)
    (found,) = measured(image, device)
    assert found.median == np.median(image.astype(np.float64))
    assert len(calls) == 2


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_the_kernel_compiles_for_a_gpu(dtype: str, nvrtc: Nvrtc) -> None:
    session = CompilingSession()
    image = np.zeros((5, 6, 3), dtype)
    for lower in (False, True) if dtype == "float32" else (False,):
        measure(session, SampleCounts(lower=lower), session.upload(image), all_rows(5))
    assert session.compiled["sample_counts"]


# The command

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    return lambda *words: (run(["stats", *map(str, words)], build(Registry())), *capsys.readouterr())


def test_stats_prints_a_table_for_each_file(tmp_path: Path, call: Call) -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image[:, :, 0] = [[0, 0], [255, 3]]
    PIL.Image.fromarray(image).save(tmp_path / "a.png")
    (tmp_path / "broken.png").write_text("no")
    code, out, err = call(tmp_path / "broken.png", tmp_path / "a.png", "--device", "cpu")
    lines = out.splitlines()
    assert code == 1 and re.fullmatch(r"Error: \S+broken\.png cannot be read: [^\n]+\n", err)
    assert lines[0] == f"{tmp_path / 'a.png'}:"
    assert lines[1].split() == ["min", "max", "mean", "std", "median", "black", "white"]
    assert lines[2].split() == ["red", "0", "255", "64.5", "109.992", "1.5", "50.00%", "25.00%"]
    assert lines[4].split() == ["blue", "0", "0", "0", "0", "0", "100.00%", "0.00%"]


def test_json_has_the_histogram_and_null_for_no_number(tmp_path: Path, call: Call) -> None:
    PIL.Image.fromarray(np.full((2, 3), np.nan, np.float32)).save(tmp_path / "a.tif")
    found = json.loads(call(tmp_path / "a.tif", "--json", "--device", "cpu")[1])
    assert found["file"] == str(tmp_path / "a.tif")
    gray = found["channels"]["gray"]
    assert (gray["samples"], gray["min"], gray["mean"]) == (0, None, None) and len(gray["histogram"]) == 256


def test_a_large_tiff_is_read_in_strips(
    tmp_path: Path, call: Call, random_image: RandomImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((50, 40, 3), np.uint8)
    imgcuda.write(tmp_path / "a.tif", image)
    usual = call(tmp_path / "a.tif", "--device", "cpu")
    monkeypatch.setattr(large_files, "LARGE", 1000)
    monkeypatch.setattr(sample_counts, "STRIP_BYTES", 1000)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it is read as a whole")

    monkeypatch.setattr("imgcuda.images.read", refuse)
    assert usual[0] == 0 and call(tmp_path / "a.tif", "--device", "cpu") == usual

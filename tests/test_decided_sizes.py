"""Filters that decide on the size of their result once they have measured: in chains, calls, files and limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import ImageError, Pipeline, images, large_files
from imgcuda.cli import run as main
from imgcuda.execution import in_rows
from imgcuda.testing import assert_close
from support.file_runs import run
from support.matrix import exhaustive

Array = npt.NDArray[Any]
Make = Callable[..., Array]

TRIM = Pipeline.from_text("trim")
HEIGHT, WIDTH = 700, 90
INSIDE = np.s_[100:640, 20:75]


@pytest.fixture
def framed(random_image: Make) -> Array:
    """An image of noise, with a border of one color."""
    image = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    image[INSIDE] = random_image(image[INSIDE].shape)
    return image


CHAINS = [
    "trim",
    "invert | gamma:gamma=1.2 | trim | invert | gamma:gamma=0.8",
    "blur:sigma=1 | trim | auto-contrast | blur:sigma=2",
    exhaustive("trim | resize:width=60 | trim:tolerance=0.2 | equalize"),
    exhaustive("trim | blur:border=wrap"),
    "grayscale | trim | crop:x=5,y=5,width=40,height=30",
]


@pytest.mark.parametrize("text", CHAINS)
def test_a_chain_makes_what_its_filters_make_one_by_one(
    device: str, text: str, framed: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, wanted = Pipeline.from_text(text), framed
    for filter in chain:
        wanted = filter(wanted, device=device)
    for _ in range(2):  # the second time what is known of the chain is used
        assert_close(chain(framed, device=device), wanted)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(framed.nbytes))
    assert_close(chain(framed, device=device), wanted)


def test_a_filter_behind_is_asked_for_the_size_that_comes(device: str, framed: Array) -> None:
    chain = Pipeline.from_text("trim | crop:x=60")
    with pytest.raises(ImageError, match="out of an image of 55x540 pixels"):
        chain(framed, device=device)
    assert chain(np.pad(framed[INSIDE], [(0, 0), (0, 30), (0, 0)]), device=device).shape == (540, 25, 3)


def test_out_has_the_shape_that_comes(device: str, framed: Array) -> None:
    out = np.zeros((540, 110, 3), np.uint8)[:, ::2]
    assert TRIM(framed, device=device, out=out) is out
    assert_close(out, framed[INSIDE])
    with pytest.raises(ImageError, match=r"the result's shape and type, \(540, 55, 3\) uint8; it is \(700, 90, 3\)"):
        TRIM(framed, device=device, out=np.zeros_like(framed))


def test_axes_may_be_in_another_order(device: str, framed: Array) -> None:
    wanted = framed[INSIDE].transpose(2, 0, 1)
    given = framed.transpose(2, 0, 1)
    assert_close(TRIM(given, device=device, layout="CHW"), wanted)
    out = np.zeros_like(wanted)
    assert TRIM(given, device=device, layout="CHW", out=out) is out
    assert_close(out, wanted)


def test_the_results_of_a_batch_must_have_one_size(device: str, framed: Array) -> None:
    moved = np.roll(framed, 9, axis=0)
    made = TRIM(np.stack([framed, moved]), device=device, layout="NHWC")
    assert_close(made, np.stack([framed[INSIDE]] * 2))
    with pytest.raises(ImageError, match="must have one size; the first has 55x540, and another 55x440"):
        TRIM(
            np.stack([framed, np.where(np.arange(HEIGHT)[:, None, None] < 200, 40, framed)]),
            device=device,
            layout="NHWC",
        )


def test_a_limit_of_pixels_holds_for_the_size_that_comes(device: str, framed: Array) -> None:
    chain = Pipeline.from_text("trim | resize:scale=2")
    assert chain(framed, device=device, max_pixels=4 * 540 * 55).shape == (1080, 110, 3)  # not of the border, too
    with pytest.raises(
        ImageError, match=r"resize would make 110x1080, 118,800 pixels, more than 100,000; --max-pixels"
    ):
        chain(framed, device=device, max_pixels=100_000)


def test_a_limit_of_pixels_holds_in_strips(device: str, framed: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(framed.nbytes))
    with pytest.raises(ImageError, match="110x1080, 118,800 pixels, more than 100,000"):
        Pipeline.from_text("trim | resize:scale=2")(framed, device=device, max_pixels=100_000)


def test_a_dask_array_is_refused_with_the_way_out(framed: Array) -> None:
    da = pytest.importorskip("dask.array")
    with pytest.raises(ImageError, match=r"only the pixels tell what size trim makes.*array\.compute\(\) first"):
        TRIM(da.from_array(framed), device="cpu")


def test_a_data_array_loses_the_labels_of_places(framed: Array) -> None:
    xarray = pytest.importorskip("xarray")
    given = xarray.DataArray(framed, dims=("y", "x", "c"), coords={"y": np.arange(HEIGHT), "c": ["r", "g", "b"]})
    made = TRIM(given, device="cpu")
    assert (made.shape, list(made.coords)) == ((540, 55, 3), ["c"])


# Files


@pytest.mark.parametrize("text", ["trim", "invert | trim | resize:width=200 | auto-contrast"])
def test_a_large_file_is_written_as_in_one_piece(
    text: str, framed: Array, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, whole, strips = (tmp_path / name for name in ("in.tif", "whole.tif", "strips.tif"))
    images.write(source, images.Image(framed, dpi=(300, 300)))
    run(source, whole, text)
    monkeypatch.setattr(large_files, "LARGE", 0)
    monkeypatch.setattr(in_rows, "STRIP_BYTES", 1 << 15)
    made = run(source, strips, text)
    assert made.image.pixels.strides[0] == 0  # it was never whole in memory
    assert strips.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("large", [False, True])
def test_max_pixels_holds_for_files(
    large: bool, framed: Array, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "in.tif", tmp_path / "out.tif"
    images.write(source, images.Image(framed))
    monkeypatch.setattr(large_files, "LARGE", 0 if large else 1 << 60)
    with pytest.raises(ImageError, match="resize would make 400x3927, 1,570,800 pixels, more than 100,000"):
        run(source, target, "trim | resize:width=400", max_pixels=100_000)
    assert not target.exists()


def test_pages_get_a_size_each_and_their_sum_is_limited(framed: Array, tmp_path: Path) -> None:
    source, target = tmp_path / "in.tif", tmp_path / "out.tif"
    later = framed.copy()
    later[:300] = 40
    images.write(source, images.Image(framed, later=(images.Image(later),)))
    run(source, target, "trim")
    made = images.read(target)
    assert [each.pixels.shape for each in made.frames] == [(540, 55, 3), (340, 55, 3)]
    with pytest.raises(ImageError, match="2 pictures would have 193,600 pixels, more than 150,000"):
        run(source, target, "trim | resize:scale=2", max_pixels=150_000)


def test_a_command_trims_a_file(framed: Array, tmp_path: Path) -> None:
    source, target = tmp_path / "in.png", tmp_path / "out.png"
    images.write(source, images.Image(framed))
    assert main(["autocrop", str(source), str(target), "--margin", "2", "--device", "cpu"]) == 0
    assert_close(imgcuda.read(target).pixels, framed[98:642, 18:77])


def test_a_batch_gives_each_file_its_size(framed: Array, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in (1, 2):
        image = framed.copy()
        image[: 200 * number] = 40
        images.write(tmp_path / "in" / f"{number}.png", images.Image(image))
    words = ["batch", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "-f", "trim", "--device", "cpu"]
    assert main(words) == 0
    made = [imgcuda.read(tmp_path / "out" / f"{number}.png").pixels.shape for number in (1, 2)]
    assert made == [(440, 55, 3), (240, 55, 3)]


def test_zarr_is_written_from_a_file_and_read_to_one(framed: Array, tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    source, array, target = (str(tmp_path / name) for name in ("in.tif", "out.zarr", "out.tif"))
    images.write(Path(source), images.Image(framed))
    assert main(["trim", source, array, "--device", "cpu"]) == 0
    assert main(["convert", array, target]) == 0
    assert_close(imgcuda.read(target).pixels, framed[INSIDE])
    assert main(["convert", source, array, "--overwrite"]) == 0
    assert main(["trim", array, target, "--overwrite", "--device", "cpu"]) == 0
    assert_close(imgcuda.read(target).pixels, framed[INSIDE])


def test_from_zarr_to_zarr_is_refused_with_the_way_out(
    framed: Array, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("zarr")
    source, array, target = (str(tmp_path / name) for name in ("in.tif", "in.zarr", "out.zarr"))
    images.write(Path(source), images.Image(framed))
    assert main(["convert", source, array]) == 0
    assert main(["trim", array, target, "--device", "cpu"]) == 1
    assert "only the pixels tell what size trim makes" in capfd.readouterr().err
    assert not Path(target).exists()

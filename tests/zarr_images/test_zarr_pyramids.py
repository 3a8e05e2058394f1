"""Pyramids between TIFF and OME-Zarr: the levels are there on the other side, made anew from the result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile

from imgcuda import Pipeline
from imgcuda.zarr_images.zarr_image import ZarrImage
from support.tiff_pyramids import read_pages, write_pyramid
from support.zarr_folders import noise, read_array, run

pytest.importorskip("zarr")

Array = npt.NDArray[Any]


def filtered(image: Array, text: str) -> Array:
    return Pipeline.from_text(text)(image, device="cpu")


def shrunk(planes: Array, height: int, width: int) -> Array:
    return np.stack([filtered(plane, f"resize:method=area,height={height},width={width}") for plane in planes])


def ome_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "zarr.json").read_text())["attributes"]["ome"])


@pytest.mark.parametrize("text", ["blur:sigma=2", "auto-contrast | resize:width=70,height=150"])
def test_a_color_pyramid_becomes_ome_zarr_and_a_pyramid_again(text: str, tmp_path: Path) -> None:
    image, source, middle = noise((301, 141, 3), "uint8"), tmp_path / "in.tif", tmp_path / "out.zarr"
    write_pyramid(source, image)
    run(source, middle, text)
    levels = [np.moveaxis(filtered(image, text), -1, 0)]
    for size in [(151, 71), (76, 36)] if text[0] == "b" else [(75, 35), (38, 18)]:
        levels.append(shrunk(levels[-1], *size))
    for number, level in enumerate(levels):
        assert np.array_equal(read_array(middle / str(number)), level)
    assert ZarrImage.open(middle).axes.names == ("c", "y", "x")
    run(middle, tmp_path / "back.tif", "invert")
    pages = read_pages(tmp_path / "back.tif")
    assert [page.shape for page in pages] == [(*level.shape[1:], 3) for level in levels]
    assert np.array_equal(pages[0], 255 - np.moveaxis(levels[0], 0, -1))
    assert np.array_equal(pages[1], np.moveaxis(shrunk(255 - levels[0], *levels[1].shape[1:]), 0, -1))


def test_ome_zarr_says_where_levels_lie_and_which_colors_they_are(tmp_path: Path) -> None:
    write_pyramid(tmp_path / "in.tif", noise((300, 140, 3), "uint16"))
    run(tmp_path / "in.tif", tmp_path / "out.zarr", "invert")
    said = ome_of(tmp_path / "out.zarr")
    assert said["version"] == "0.5"
    assert [(each["label"], each["color"]) for each in said["omero"]["channels"]] == [
        ("red", "FF0000"), ("green", "00FF00"), ("blue", "0000FF"),
    ]  # fmt: skip
    assert said["omero"]["channels"][0]["window"] == {"min": 0, "max": 65535, "start": 0, "end": 65535}
    image = said["multiscales"][0]
    assert [(axis["name"], axis["type"]) for axis in image["axes"]] == [
        ("c", "channel"),
        ("y", "space"),
        ("x", "space"),
    ]
    places = [level["coordinateTransformations"] for level in image["datasets"]]
    assert [scale["scale"] for scale, _ in places] == [[1, 1, 1], [1, 2, 2], [1, 4, 4]]
    assert [moved["translation"] for _, moved in places] == [[0, 0, 0], [0, 0.5, 0.5], [0, 1.5, 1.5]]


def test_the_size_of_pixels_goes_both_ways(tmp_path: Path) -> None:
    write_pyramid(tmp_path / "in.tif", noise((300, 140)), resolution=(20000, 10000), resolutionunit="CENTIMETER")
    run(tmp_path / "in.tif", tmp_path / "out.zarr", "resize:width=70,height=300")
    image = ome_of(tmp_path / "out.zarr")["multiscales"][0]
    assert {axis["unit"] for axis in image["axes"]} == {"micrometer"}
    assert image["datasets"][0]["coordinateTransformations"][0]["scale"] == pytest.approx([1, 1])
    run(tmp_path / "out.zarr", tmp_path / "back.tif", "resize:width=70,height=150")
    with tifffile.TiffFile(tmp_path / "back.tif") as file:
        tags = file.pages[0].aspage().tags
        across, down = (tags[number].value[0] / tags[number].value[1] for number in (282, 283))
    assert (across, down, tags[296].value) == (pytest.approx(25400), pytest.approx(12700), 2)


def test_a_pyramid_that_is_read_at_once_has_its_levels(tmp_path: Path) -> None:
    image = noise((301, 141), "uint8")
    write_pyramid(tmp_path / "in.tif", image, extratags=[(274, 3, 1, 6, True)])  # it lies on its side
    run(tmp_path / "in.tif", tmp_path / "out.zarr", "invert")
    assert [read_array(tmp_path / "out.zarr" / str(n)).shape for n in range(3)] == [(141, 301), (71, 151), (36, 76)]
    assert np.array_equal(read_array(tmp_path / "out.zarr" / "0"), np.rot90(255 - image, -1))


def test_alpha_becomes_a_channel_and_a_sentence_says_so(tmp_path: Path) -> None:
    write_pyramid(tmp_path / "in.tif", noise((60, 40, 4), "uint8"), levels=1, extrasamples=["unassalpha"])
    said = run(tmp_path / "in.tif", tmp_path / "out.zarr", "invert")
    assert said[0] == "its alpha is a channel like the others now, since OME-Zarr has no alpha"
    assert "omero" not in ome_of(tmp_path / "out.zarr")
    assert read_array(tmp_path / "out.zarr" / "1").shape == (4, 30, 20)

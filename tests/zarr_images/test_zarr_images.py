"""From Zarr to Zarr: the pixels of one piece, with the chunks, codecs, levels and metadata of the source."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import ImageError, Pipeline
from imgcuda.execution import in_rows
from support.matrix import exhaustive
from support.zarr_folders import noise, read_array, run, write_array, write_ome

zarr = pytest.importorskip("zarr")

Array = npt.NDArray[Any]

CHAINS = ["invert", "blur:sigma=2 | auto-contrast", "resize:width=77,height=150", "equalize | flip", "median:radius=2"]


@pytest.fixture(autouse=True)
def small_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_rows, "STRIP_BYTES", 1 << 14)


def planes(array: Array, text: str) -> Array:
    """Return each plane (rows, columns) of an array filtered in one piece."""
    chain, numbers = Pipeline.from_text(text), array.shape[:-2]
    made = [chain(array[number], device="cpu") for number in np.ndindex(numbers)]
    return np.stack(made).reshape(*numbers, *made[0].shape)


LAYOUTS: dict[str, dict[str, Any]] = {
    "chunks": {"chunks": (1, 1, 64, 50)},
    "chunks of several planes": {"chunks": (2, 3, 48, 64)},
    "shards": {"chunks": (1, 1, 32, 25), "shards": (1, 2, 64, 50)},
    "one chunk": {"chunks": (3, 4, 230, 130)},
    "version 2": {"chunks": (1, 2, 64, 50), "zarr_format": 2, "order": "F"},
}
PLAIN = [("chunks", CHAINS[1]), ("shards", CHAINS[0]), ("version 2", CHAINS[4])]
"""What the plain run has of them: each format of files, and a chain with a phase that measures."""


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        pytest.param(
            LAYOUTS[layout],
            text,
            id=f"{layout} {text}",
            marks=() if (layout, text) in PLAIN else pytest.mark.exhaustive,
        )
        for layout, text in product(LAYOUTS, CHAINS)
    ],
)
def test_an_array_gets_the_pixels_of_one_piece(text: str, layout: dict[str, Any], tmp_path: Path) -> None:
    given = noise((3, 4, 230, 130))
    named: dict[str, Any] = {"attributes": {"_ARRAY_DIMENSIONS": ["t", "z", "y", "x"]}}
    named = named if "zarr_format" in layout else {"dimension_names": ("t", "z", "y", "x")}
    source = write_array(tmp_path / "in.zarr", given, **named, **layout)
    run(source, tmp_path / "out.zarr", text)
    assert np.array_equal(read_array(tmp_path / "out.zarr"), planes(given, text))


def test_the_result_has_the_chunks_shards_codecs_and_attributes(tmp_path: Path) -> None:
    options = {"chunks": (32, 25), "shards": (64, 50), "compressors": zarr.codecs.BloscCodec(cname="lz4", clevel=7)}
    attributes = {"units": "counts", "window": [1, 2]}
    source = write_array(
        tmp_path / "in.zarr", noise((200, 130)), dimension_names=("y", "x"), attributes=attributes, **options
    )
    run(source, tmp_path / "out.zarr", "resize:width=99,height=88")
    before, after = (json.loads((tmp_path / name / "zarr.json").read_text()) for name in ("in.zarr", "out.zarr"))
    assert after["attributes"].pop("imgcuda")["software"].startswith("imgcuda ")
    assert after.pop("shape") == [88, 99]
    before.pop("shape")
    assert after == before


@pytest.mark.parametrize(
    ("version", "axes", "shape"),
    [("0.4", "tczyx", (2, 2, 3)), exhaustive("0.5", "czyx", (2, 3)), ("0.5", "yx", ())],
)
@pytest.mark.parametrize(
    ("text", "below"),
    [("blur:sigma=2", [(91, 71), (46, 36)]), ("equalize | resize:width=70,height=91", [(46, 35), (23, 18)])],
)
def test_an_ome_image_gets_its_levels_anew(
    version: str, axes: str, shape: tuple[int, ...], text: str, below: list[tuple[int, int]], tmp_path: Path
) -> None:
    given, source, target = noise((*shape, 181, 141)), tmp_path / "in.zarr", tmp_path / "out.zarr"
    write_ome(source, given, axes, version=version, chunks=(*[1] * len(shape), 40, 64))
    run(source, target, text)
    wanted = planes(given, text)
    assert np.array_equal(read_array(target / "s0"), wanted)
    for level, (height, width) in enumerate(below, 1):  # each is made from the one above
        wanted = planes(wanted, f"resize:height={height},width={width},method=area")
        assert np.array_equal(read_array(target / f"s{level}"), wanted)


def ome_of(folder: Path) -> dict[str, Any]:
    attributes: dict[str, Any] = dict(zarr.open_group(str(folder), mode="r").attrs)
    return dict(attributes.get("ome", attributes))


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_metadata_is_kept_where_the_size_stays(version: str, tmp_path: Path) -> None:
    source, target = tmp_path / "in.zarr", tmp_path / "out.zarr"
    write_ome(source, noise((1, 181, 141)), "cyx", version=version, chunks=(1, 40, 64))
    run(source, target, "blur:sigma=2")
    before, after = (dict(zarr.open_group(str(folder), mode="r").attrs) for folder in (source, target))
    assert after.pop("imgcuda")
    assert after == before
    assert ome_of(target)["omero"]["channels"][0]["color"] == "0000FF"


def test_scales_say_how_large_the_pixels_have_become(tmp_path: Path) -> None:
    source, target = tmp_path / "in.zarr", tmp_path / "out.zarr"
    write_ome(source, noise((200, 160)), "yx", chunks=(64, 64))
    run(source, target, "resize:width=80,height=50")
    datasets = ome_of(target)["multiscales"][0]["datasets"]
    scales = [each["coordinateTransformations"][0]["scale"] for each in datasets]
    assert scales == [[0.5 * 200 / 50, 0.25 * 160 / 80], [4.0, 1.0], [2.0 * 50 / 13, 1.0 * 40 / 20]]
    moves = [each["coordinateTransformations"][1]["translation"] for each in datasets]
    assert moves[0] == [0.75, 0.125]  # the edge of the first pixel stays at -0.25 and -0.125
    assert [read_array(target / f"s{level}").shape for level in range(3)] == [(50, 80), (25, 40), (13, 20)]


@pytest.mark.parametrize(("count", "made"), [(3, 1), (1, 1)])
def test_three_channels_are_colors_for_a_filter_that_mixes_them(count: int, made: int, tmp_path: Path) -> None:
    given = noise((2, count, 120, 90), "uint8")
    write_ome(tmp_path / "in.zarr", given, "tcyx", chunks=(1, 1, 50, 40))
    run(tmp_path / "in.zarr", tmp_path / "out.zarr", "blur:sigma=1 | grayscale")
    chain = Pipeline.from_text("blur:sigma=1 | grayscale")
    wanted = np.stack([chain(np.moveaxis(each, 0, -1), device="cpu").reshape(120, 90) for each in given])
    assert np.array_equal(read_array(tmp_path / "out.zarr" / "s0")[:, 0], wanted)
    assert read_array(tmp_path / "out.zarr" / "s1").shape == (2, made, 60, 45)
    assert ("omero" in ome_of(tmp_path / "out.zarr")) is (count == made)


def test_two_channels_are_not_color_and_alpha(tmp_path: Path) -> None:
    given = noise((2, 120, 90), "uint8")
    given[1, :60] = 0
    write_ome(tmp_path / "in.zarr", given, "cyx", chunks=(2, 50, 40))
    run(tmp_path / "in.zarr", tmp_path / "out.zarr", "blur:sigma=3")
    assert np.array_equal(read_array(tmp_path / "out.zarr" / "s0"), planes(given, "blur:sigma=3"))
    with pytest.raises(ImageError, match="saturation does not treat each channel by itself, so the axis 'c' must have"):
        run(tmp_path / "in.zarr", tmp_path / "out.zarr", "saturation")


@pytest.mark.parametrize("channels", [1, 3, 4, 7])
def test_channels_behind_the_columns_are_those_of_a_pixel(channels: int, tmp_path: Path) -> None:
    given = np.moveaxis(noise((channels, 120, 90), "uint8"), 0, -1)
    source = write_array(tmp_path / "in.zarr", given, chunks=(50, 40, min(channels, 2)))
    run(source, tmp_path / "out.zarr", "blur:sigma=2 | auto-contrast")
    wanted = Pipeline.from_text("blur:sigma=2 | auto-contrast")(given, device="cpu")
    assert np.array_equal(read_array(tmp_path / "out.zarr"), wanted)


@pytest.mark.parametrize("dtype", ["float16", "float64", ">u2"])
def test_other_types_of_samples_are_as_for_arrays(dtype: str, tmp_path: Path) -> None:
    given = noise((120, 90), dtype)
    run(write_array(tmp_path / "in.zarr", given, chunks=(50, 40)), tmp_path / "out.zarr", "blur:sigma=2")
    made = read_array(tmp_path / "out.zarr")
    assert made.dtype == given.dtype.newbyteorder("=")
    assert np.array_equal(made, Pipeline.from_text("blur:sigma=2")(given, device="cpu"))


def test_a_chain_that_reads_the_whole_image_is_run(tmp_path: Path) -> None:
    given = noise((120, 90))
    run(write_array(tmp_path / "in.zarr", given, chunks=(50, 40)), tmp_path / "out.zarr", "blur:sigma=2,border=wrap")
    assert np.array_equal(read_array(tmp_path / "out.zarr"), planes(given, "blur:sigma=2,border=wrap"))


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "bool": ({"data": np.zeros((9, 9), bool)}, "samples must be uint8"),
    "int64": ({"data": np.zeros((9, 9), np.int64)}, "samples must be uint8"),
    "three axes without names": ({"data": np.zeros((9, 50, 60), np.uint8)}, "its axes have no names"),
    "other axes": (
        {"data": np.zeros((9, 9), np.uint8), "dimension_names": ("cell", "gene")},
        "an image has the axes y",
    ),
    "rows first": (
        {"data": np.zeros((9, 4, 9), np.uint8), "dimension_names": ("y", "z", "x")},
        "rows and columns must",
    ),
    "no pixels": ({"data": np.zeros((0, 9), np.uint8)}, "at least one pixel"),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_an_image_is_refused(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    source = tmp_path / "in.zarr"
    write_array(source, options.pop("data"), **options)
    with pytest.raises(ImageError, match=f"in.zarr cannot be read: .*{message}"):
        run(source, tmp_path / "out.zarr", "invert")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.zarr"]


def test_broken_ome_metadata_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "in.zarr"
    write_ome(source, noise((40, 30)), "yx", chunks=(20, 20))
    good = json.loads((source / "zarr.json").read_text())

    def refused(message: str, change: Any) -> None:
        document = json.loads(json.dumps(good))
        change(document["attributes"]["ome"])
        (source / "zarr.json").write_text(json.dumps(document))
        with pytest.raises(ImageError, match=f"in.zarr.* cannot be read: .*{message}"):
            run(source, tmp_path / "out.zarr", "invert")
        assert not (tmp_path / "out.zarr").exists()

    def first(ome: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = ome["multiscales"][0]
        return found

    refused("without an image of its own", lambda ome: ome.clear())
    refused("a plate", lambda ome: (ome.clear(), ome.update(plate={})))
    refused("lacks the axes", lambda ome: first(ome).pop("axes"))
    refused("lacks the axes", lambda ome: ome.update(multiscales=[3]))
    refused("OME-Zarr 0.6", lambda ome: ome.update(version="0.6"))
    refused("paths of its levels", lambda ome: first(ome)["datasets"][1].update(path="../x"))
    refused("paths of its levels", lambda ome: first(ome)["datasets"][1].update(path="s0"))
    refused("not 2 numbers", lambda ome: first(ome)["datasets"][1].update(coordinateTransformations=[{"scale": [1]}]))
    refused("no Zarr array", lambda ome: first(ome)["datasets"][1].update(path="nowhere"))


def test_a_level_that_has_fewer_planes_is_refused(tmp_path: Path) -> None:
    write_ome(tmp_path / "in.zarr", noise((4, 40, 30)), "zyx", chunks=(1, 20, 20))
    zarr.create_array(str(tmp_path / "in.zarr" / "s1"), shape=(2, 20, 15), dtype="uint16", overwrite=True)
    with pytest.raises(ImageError, match="its level 1 is smaller along the axis 'z'"):
        run(tmp_path / "in.zarr", tmp_path / "out.zarr", "invert")


def test_what_else_is_in_the_folder_is_reported(tmp_path: Path) -> None:
    write_ome(tmp_path / "in.zarr", noise((40, 30)), "yx", chunks=(20, 20))
    zarr.open_group(str(tmp_path / "in.zarr" / "tables"), mode="w")
    assert run(tmp_path / "in.zarr", tmp_path / "out.zarr", "invert") == ("what else is in it is left out: tables",)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_labels_are_kept_unless_a_filter_moves_pixels(version: str, tmp_path: Path) -> None:
    source, target = tmp_path / "in.zarr", tmp_path / "out.zarr"
    write_ome(source, noise((1, 40, 30)), "cyx", version=version, chunks=(1, 20, 20))
    zarr.open_group(str(source / "labels"), mode="w", zarr_format=3 if version == "0.5" else 2)
    cells = noise((40, 30)) // 9000
    write_array(source / "labels" / "cells", cells, chunks=(20, 20), zarr_format=3 if version == "0.5" else 2)
    (source / "labels" / "link").symlink_to(tmp_path)
    assert run(source, target, "invert") == ()
    assert np.array_equal(read_array(target / "labels" / "cells"), cells)
    assert not (target / "labels" / "link").exists()
    assert run(source, target, "flip | invert") == ("its labels are left out, since flip moves pixels",)
    assert not (target / "labels").exists()
    assert "what else is in it is left out: labels" in run(source, tmp_path / "out.tif", "invert")


def test_a_color_filter_needs_an_axis_for_colors(tmp_path: Path) -> None:
    source = write_array(tmp_path / "in.zarr", noise((40, 30), "uint8"))
    with pytest.raises(ImageError, match="make 3 channels of 1, and the array has no axis for them"):
        run(source, tmp_path / "out.zarr", "sepia")


def test_more_pixels_than_max_pixels_are_refused(tmp_path: Path) -> None:
    source = write_array(tmp_path / "in.zarr", noise((40, 30), "uint8"))
    with pytest.raises(ImageError, match="--max-pixels allows more"):
        run(source, tmp_path / "out.zarr", "invert", max_pixels=1000)
    with pytest.raises(ImageError, match="resize would make"):
        run(source, tmp_path / "out.zarr", "resize:width=100,height=100", max_pixels=2000)

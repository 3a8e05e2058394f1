"""Pyramids in TIFF: the levels of a file are made anew from the result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile

from imgcuda import Pipeline, images
from imgcuda.execution import in_rows
from imgcuda.images import mark
from support.file_runs import run
from support.tiff_pyramids import read_pages, write_pyramid

Array = npt.NDArray[Any]
Make = Callable[..., Array]


def shrunk(image: Array, height: int, width: int) -> Array:
    return Pipeline.from_text(f"resize:method=area,height={height},width={width}")(image, device="cpu")


@pytest.mark.parametrize("in_subs", [False, True], ids=["pages", "SubIFDs"])
@pytest.mark.parametrize(
    ("shape", "dtype", "options"),
    [
        ((301, 141, 3), "uint8", {}),
        ((301, 141), "uint16", {"byteorder": ">"}),
        ((301, 141), "float32", {"compression": "zlib"}),
        ((301, 141, 4), "uint8", {"extrasamples": ["unassalpha"]}),
    ],
)
@pytest.mark.parametrize(
    ("text", "sizes"),
    [("blur:sigma=2", [(151, 71), (76, 36)]), ("equalize | resize:width=70,height=80", [(40, 35), (20, 18)])],
)
def test_the_levels_are_made_anew_from_the_result(
    in_subs: bool,
    shape: tuple[int, ...],
    dtype: str,
    options: dict[str, Any],
    text: str,
    sizes: list[tuple[int, int]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    random_image: Make,
) -> None:
    monkeypatch.setattr(in_rows, "STRIP_BYTES", 1 << 14)
    image, source, target = random_image(shape, dtype), tmp_path / "in.tif", tmp_path / "out.tif"
    write_pyramid(source, image, in_subs=in_subs, **options)
    made = run(source, target, text)
    assert not [said for said in (*made.of_source(True), *made.of_target(True)) if "smaller" in said]
    wanted, found = Pipeline.from_text(text)(image, device="cpu"), read_pages(target)
    assert len(found) == 3
    assert np.array_equal(found[0], wanted)
    for level, (height, width) in zip(found[1:], sizes, strict=True):
        wanted = shrunk(wanted, height, width)
        assert np.array_equal(level, wanted)
    assert mark.is_ours(target)
    assert np.array_equal(images.read(target).pixels, found[0])
    run(target, tmp_path / "again.tif", "invert")
    assert [page.shape for page in read_pages(tmp_path / "again.tif")] == [page.shape for page in found]


def test_a_thumbnail_of_other_proportions_is_left_out_and_reported(tmp_path: Path, random_image: Make) -> None:
    image, source = random_image((301, 141, 3)), tmp_path / "in.tif"
    write_pyramid(source, image, levels=1)
    with tifffile.TiffWriter(source, append=True) as file:
        file.write(np.zeros((60, 60, 3), np.uint8), subfiletype=1, photometric="rgb")
    made = run(source, tmp_path / "out.tif", "invert")
    assert [page.shape for page in read_pages(tmp_path / "out.tif")] == [(301, 141, 3), (151, 71, 3)]
    assert "it holds 1 smaller copy of its pictures, left out" in made.of_source(True)


@pytest.mark.parametrize("options", [{"depth": "16"}, {"convert": "L"}])
def test_levels_are_reported_where_they_are_left_out(
    options: dict[str, Any], tmp_path: Path, random_image: Make
) -> None:
    write_pyramid(tmp_path / "in.tif", random_image((301, 141, 3)))
    made = run(tmp_path / "in.tif", tmp_path / "out.tif", "invert", **options)
    assert len(read_pages(tmp_path / "out.tif")) == 1
    assert "it holds 2 smaller copies of its pictures, left out" in made.of_source(True)


def test_metadata_stays_with_the_picture(tmp_path: Path, random_image: Make) -> None:
    source, target = tmp_path / "in.tif", tmp_path / "out.tif"
    write_pyramid(source, random_image((301, 141, 3)), description="a slide", resolution=(300, 300))
    run(source, target, "invert")
    with tifffile.TiffFile(target) as file:
        first, level, _ = (page.aspage() for page in file.pages)
        assert file.is_bigtiff
        assert (first.tags[270].value, first.tags[282].value) == ("a slide", (300, 1))
        assert 270 not in level.tags

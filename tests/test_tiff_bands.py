"""TIFFs of more than four channels, as satellites' bands: all of them are filtered and written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile

from imgcuda import ImageError, Pipeline, images
from imgcuda.execution import in_rows
from imgcuda.images import describe
from support import file_runs

Array = npt.NDArray[Any]
Make = Callable[..., Array]


def run(source: Path, target: Path, text: str) -> None:
    made = file_runs.run(source, target, text)
    assert made.of_source() == ()
    assert describe(made.result.pixels).endswith(f" channels, {made.result.pixels.dtype}")


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize(("channels", "dtype"), [(5, "uint8"), (7, "uint16"), (8, "float32")])
@pytest.mark.parametrize("text", ["blur:sigma=2 | auto-contrast", "resize:width=70,height=90"])
def test_each_band_is_filtered_by_itself(
    planar: str,
    channels: int,
    dtype: str,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    random_image: Make,
) -> None:
    monkeypatch.setattr(in_rows, "STRIP_BYTES", 1 << 14)
    image = random_image((301, 141, channels), dtype)
    stored: Any = image if planar == "contig" else image.transpose(2, 0, 1)
    tifffile.imwrite(tmp_path / "in.tif", stored, photometric="minisblack", planarconfig=planar, tile=(32, 48))
    run(tmp_path / "in.tif", tmp_path / "out.tif", text)
    chain = Pipeline.from_text(text)
    wanted = np.stack([chain(image[:, :, c], device="cpu") for c in range(channels)], axis=2)
    assert np.array_equal(tifffile.imread(tmp_path / "out.tif"), wanted)
    run(tmp_path / "out.tif", tmp_path / "again.tif", "invert")  # what was written is read as bands again


def test_a_filter_that_mixes_bands_is_refused(tmp_path: Path, random_image: Make) -> None:
    source = tmp_path / "in.tif"
    tifffile.imwrite(source, random_image((60, 50, 7)), photometric="minisblack", planarconfig="contig")
    with pytest.raises(ImageError, match=r"grayscale takes images of 1 to 4 channels, .* this one has 7"):
        run(source, tmp_path / "out.tif", "blur | grayscale")
    assert [path.name for path in tmp_path.iterdir()] == ["in.tif"]


def test_another_format_refuses_so_many_channels(tmp_path: Path, random_image: Make) -> None:
    with pytest.raises(ImageError, match=r"it has 7 channels; PNG holds at most 4; write \.tif"):
        images.write(tmp_path / "out.png", images.Image(random_image((60, 50, 7))))

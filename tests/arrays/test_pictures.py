"""Pictures of Pillow: all modes as files are read, and a picture as the result."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest

from imgcuda import ImageError, Pipeline
from imgcuda.images import read
from imgcuda.images.modes import MODES
from support.installed import installed

INVERT = installed().create("invert", {})
MADE_BY = {"La": "LA", "RGBa": "RGBA"}
"""The modes that Pillow converts to from one other only."""


def picture(mode: str) -> PIL.Image.Image:
    """Return a picture of a mode, with more than one value in it."""
    ramp = PIL.Image.linear_gradient("L").resize((9, 7))
    if mode in ("PA", "LAB", "I;16", "I;16B"):
        made = PIL.Image.new(mode, (9, 7))
        made.putpixel((2, 3), 1000 if mode.startswith("I") else (90, 80, 70)[: len(made.getbands())])
        return made
    return ramp.convert(MADE_BY.get(mode, "RGB" if mode in ("YCbCr", "HSV", "CMYK") else "L")).convert(mode)


@pytest.mark.parametrize("mode", sorted(MODES))
def test_every_mode_gives_the_mode_that_its_file_would_give(mode: str) -> None:
    given = picture(mode)
    made = INVERT(given, device="cpu")
    assert_type(made, PIL.Image.Image)
    assert made.mode == MODES[mode].mode
    assert made.size == given.size


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_the_pixels_are_those_of_the_file(mode: str, tmp_path: Path) -> None:
    given = picture(mode)
    given.save(tmp_path / "in.png")
    wanted = INVERT(read(tmp_path / "in.png").pixels, device="cpu")
    np.testing.assert_array_equal(np.asarray(INVERT(given, device="cpu")), wanted)


def test_a_palette_with_a_transparent_color_becomes_rgba() -> None:
    given = PIL.Image.new("P", (2, 1), 0)
    given.putpalette([10, 20, 30, 40, 50, 60])
    given.putpixel((1, 0), 1)
    given.info["transparency"] = 1
    made = INVERT(given, device="cpu")
    np.testing.assert_array_equal(np.asarray(made), [[[245, 235, 225, 255], [215, 205, 195, 0]]])
    assert "transparency" not in made.info
    assert given.info["transparency"] == 1


def test_what_a_picture_says_of_itself_is_kept() -> None:
    profile = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    given = picture("RGB")
    given.info.update(icc_profile=profile, dpi=(72, 72))
    assert INVERT(given, device="cpu").info == given.info
    printed = picture("CMYK")
    printed.info.update(icc_profile=profile, dpi=(72, 72))
    assert INVERT(printed, device="cpu").info == {"dpi": (72, 72)}


def test_a_chain_without_filters_makes_another_picture() -> None:
    given = picture("RGB")
    made = Pipeline([])(given)
    assert made is not given
    assert made.tobytes() == given.tobytes()


def test_numbers_that_are_no_levels_are_refused_with_the_remedy() -> None:
    with pytest.raises(ImageError, match=r"the picture cannot be read: .* picture\.convert\('F'\) makes floats"):
        INVERT(PIL.Image.new("I", (4, 5), 70000), device="cpu")


def test_a_result_that_pillow_has_no_mode_for_is_refused() -> None:
    given = picture("I;16")
    given.info["transparency"] = 1000
    with pytest.raises(ImageError, match="no mode for the result, 9 x 7 gray with alpha, uint16; filter an array of"):
        INVERT(given, device="cpu")


def test_out_is_refused_for_a_picture() -> None:
    with pytest.raises(ImageError, match="cannot be written to; leave out= away"):
        INVERT(picture("L"), device="cpu", out=picture("L"))  # type: ignore[call-overload]


def test_a_broken_file_is_refused_when_it_is_decoded(tmp_path: Path) -> None:
    picture("RGB").resize((300, 300)).save(tmp_path / "in.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "in.png").read_bytes()[:200])
    with PIL.Image.open(tmp_path / "cut.png") as given, pytest.raises(ImageError, match="the picture cannot be read"):
        INVERT(given, device="cpu")

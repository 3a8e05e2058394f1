"""What a file says beside its pixels: read, turned upright with them, and carried to where there is room for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from picture_files import RGB, opened, saved
from PIL import ImageCms, ImageOps

from imgcuda import images
from imgcuda.images import metadata

ORIENTATION, COPYRIGHT, EXPOSURE = 0x0112, 0x8298, 0x829A
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6" dc:title="a"/></x:xmpmeta>'
FORMATS = ["png", "jpg", "tif", "webp", "avif"]


@pytest.mark.parametrize("extension", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_read_upright(orientation: int, extension: str, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = orientation
    exif[COPYRIGHT] = "somebody"
    picture = PIL.Image.fromarray(RGB).resize((70, 50))
    path = saved(tmp_path / f"a.{extension}", picture, exif=exif)
    image = images.read(path)
    upright = np.asarray(ImageOps.exif_transpose(opened(path)))
    assert np.array_equal(image.pixels, upright)
    assert (image.pixels.shape[0] > image.pixels.shape[1]) == (orientation > 4)
    again = tmp_path / f"b.{extension}"
    images.write(again, image)
    kept = opened(again).getexif()
    assert kept.get(ORIENTATION, 1) == 1
    assert kept[COPYRIGHT] == "somebody"


@pytest.mark.parametrize("source", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("target", ["jpg", "png", "tif", "webp", "bmp", "ppm"])
def test_metadata_is_carried_where_the_format_can_hold_it(source: str, target: str, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[COPYRIGHT] = "somebody"
    exif.get_ifd(0x8769)[EXPOSURE] = 0.5
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / f"a.{source}"
    PIL.Image.fromarray(RGB).save(path, exif=exif.tobytes(), icc_profile=profile, dpi=(200, 200))
    image = images.read(path)
    images.write(tmp_path / f"b.{target}", image)
    result = opened(tmp_path / f"b.{target}")
    if target not in ("bmp", "ppm"):
        assert result.info["icc_profile"] == profile
        assert result.getexif()[COPYRIGHT] == "somebody"
        assert result.getexif().get_ifd(0x8769)[EXPOSURE] == 0.5
    if target not in ("webp", "ppm") and source != "webp":
        assert [round(float(value)) for value in result.info["dpi"]] == [200, 200]


def test_a_colour_profile_is_not_put_on_grey(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    images.write(tmp_path / "a.png", images.Image(RGB[:, :, 0], icc=profile))
    assert "icc_profile" not in opened(tmp_path / "a.png").info


def test_damaged_exif_costs_the_exif_and_not_the_picture(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", PIL.Image.fromarray(RGB), exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\xff" * 20)
    image = images.read(path)
    assert image.pixels.shape == RGB.shape
    assert image.exif == b""


@pytest.mark.parametrize("dpi", [None, (0, 0), (float("nan"), 72), ("a", "b"), (72,), (1e9, 1e9)])
def test_a_resolution_that_is_none_is_left_out(dpi: Any, tmp_path: Path) -> None:
    picture = PIL.Image.fromarray(RGB)
    picture.info["dpi"] = dpi
    assert metadata.dpi(dpi) is None

"""Metadata of a file: it is read, turned upright with the pixels, and written to formats that can store it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tifffile
from PIL import ImageCms, ImageOps, PngImagePlugin

from imgcuda import images
from imgcuda.images import metadata
from support.picture_files import RGB, opened, saved

ORIENTATION, COPYRIGHT, EXPOSURE, LATITUDE = 0x0112, 0x8298, 0x829A, 2
EXIF, GPS = 0x8769, 0x8825
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6" dc:title="a"/></x:xmpmeta>'
FORMATS = ["png", "jpg", "tif", "webp", "avif"]


@pytest.mark.parametrize("extension", FORMATS)
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


def save_with_everything(path: Path) -> Path:
    """Save a picture with all that its format can hold, as Pillow does."""
    exif = PIL.Image.Exif()
    exif[COPYRIGHT] = "somebody"
    exif.get_ifd(EXIF)[EXPOSURE] = 0.5
    exif.get_ifd(GPS)[LATITUDE] = (51.0, 28.0, 38.0)
    options: dict[str, Any] = {"exif": exif.tobytes(), "icc_profile": PROFILE, "dpi": (200, 200)}
    if path.suffix == ".tif":
        exif.load(options.pop("exif"))
        exif[700] = XMP
        options["tiffinfo"] = exif
    if path.suffix == ".png":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", XMP.decode())
        text.add_text("Title", "Grüße")
        text.add_itxt("Comment", "von αβγ")
        options["pnginfo"] = text
    elif path.suffix != ".tif":
        options["xmp"] = XMP
    if path.suffix == ".jpg":
        options["comment"] = "from a camera"
    saved(path, PIL.Image.fromarray(RGB), **options)
    return path


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", [*FORMATS, "bmp", "ppm", "gif"])
def test_metadata_is_carried_where_the_format_can_hold_it(source: str, target: str, tmp_path: Path) -> None:
    image = images.read(save_with_everything(tmp_path / f"a.{source}"))
    assert image.losses == ()
    lost = images.write(tmp_path / f"b.{target}", image).left_out
    result = opened(tmp_path / f"b.{target}")
    exif = result.getexif()
    if target in FORMATS:
        assert result.info["icc_profile"] == PROFILE
        assert result.info["xmp"].rstrip(b"\0") == XMP.replace(b'Orientation="6"', b'Orientation="1"')
        assert exif[COPYRIGHT] == "somebody"
        assert exif.get_ifd(EXIF)[EXPOSURE] == 0.5
        assert exif.get_ifd(GPS)[LATITUDE] == (51.0, 28.0, 38.0)
    else:
        assert f"its EXIF has no place in this {target.upper()}" in lost
        assert f"its XMP has no place in this {target.upper()}" in lost
    if target in ("png", "jpg", "tif", "bmp") and source not in ("webp", "avif"):
        assert [round(float(value)) for value in result.info["dpi"]] == [200, 200]
    elif source not in ("webp", "avif"):
        assert any("resolution" in sentence for sentence in lost)


@pytest.mark.parametrize(("target", "text"), [
    ("png", {"Title": "Grüße", "Comment": "von αβγ"}), ("jpg", {"Comment": "von αβγ"}), ("gif", {"Comment": "von αβγ"}),
    ("webp", {}),
])  # fmt: skip
def test_text_is_carried_where_the_format_can_hold_it(target: str, text: dict[str, str], tmp_path: Path) -> None:
    image = images.read(save_with_everything(tmp_path / "a.png"))
    lost = images.write(tmp_path / f"b.{target}", image).left_out
    assert dict(images.read(tmp_path / f"b.{target}").text) == text
    assert any("text" in sentence for sentence in lost) == (target != "png")


def test_the_comment_of_a_jpeg_is_carried(tmp_path: Path) -> None:
    images.write(tmp_path / "b.png", images.read(save_with_everything(tmp_path / "a.jpg")))
    with PIL.Image.open(tmp_path / "b.png") as result:
        assert result.info["Comment"] == "from a camera"


def test_a_comment_that_is_not_unicode_is_carried(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", PIL.Image.fromarray(RGB), comment="Grüße".encode("latin-1"))
    assert dict(images.read(path).text) == {"Comment": "Grüße"}


def test_a_tiff_that_tifffile_reads_keeps_its_metadata(tmp_path: Path) -> None:
    floats = np.linspace(0, 1, 24, dtype=np.float32).reshape(2, 4, 3)
    tifffile.imwrite(
        tmp_path / "a.tif", floats, photometric="rgb", iccprofile=PROFILE, resolution=(80, 40),
        resolutionunit="CENTIMETER",
        extratags=[(ORIENTATION, "H", 1, 6, True), (COPYRIGHT, "s", 0, "somebody", True)],
    )  # fmt: skip
    images.write(tmp_path / "b.tif", images.read(tmp_path / "a.tif"))
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        page = file.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        assert np.array_equal(page.asarray(), floats[::-1].swapaxes(0, 1))
        assert page.tags[COPYRIGHT].value == "somebody" and page.tags[ORIENTATION].value == 1
        assert page.tags[34675].value == PROFILE
        assert np.allclose(page.get_resolution("inch"), (40 * 2.54, 80 * 2.54))


def test_a_resolution_is_turned_with_the_picture(tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = 6
    exif.get_ifd(EXIF).update({40962: 7, 40963: 5})
    image = images.read(saved(tmp_path / "a.jpg", PIL.Image.fromarray(RGB), exif=exif, dpi=(100, 200)))
    assert list(image.dpi or ()) == [200, 100]
    kept = PIL.Image.Exif()
    kept.load(image.exif)
    assert (kept.get_ifd(EXIF)[40962], kept.get_ifd(EXIF)[40963]) == (5, 7)


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
def test_without_auto_orient_the_tag_is_carried(orientation: int, extension: str, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = orientation
    path = saved(tmp_path / f"a.{extension}", PIL.Image.fromarray(RGB), exif=exif.tobytes())
    image = images.read(path, auto_orient=False)
    assert image.pixels.shape == RGB.shape
    images.write(tmp_path / f"b.{extension}", image)
    with PIL.Image.open(tmp_path / f"b.{extension}") as result:  # and not loaded: Pillow itself turns a TIFF
        assert result.getexif().get(ORIENTATION, 1) == orientation


def test_an_orientation_that_only_xmp_has_is_applied(tmp_path: Path) -> None:
    image = images.read(saved(tmp_path / "a.jpg", PIL.Image.fromarray(RGB), xmp=XMP))
    assert image.pixels.shape == (7, 5, 3)
    assert b'Orientation="1"' in image.xmp


@pytest.mark.parametrize("orientation", [0, 9, 99])
def test_an_orientation_that_is_none_is_upright(orientation: int, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = orientation
    assert images.read(saved(tmp_path / "a.png", PIL.Image.fromarray(RGB), exif=exif)).pixels.tolist() == RGB.tolist()


def test_stripped_nothing_is_left_beside_the_pixels(tmp_path: Path) -> None:
    image = images.read(save_with_everything(tmp_path / "a.png"))
    images.write(tmp_path / "b.png", images.Image(image.pixels, later=(image,)).stripped())
    again = images.read(tmp_path / "b.png")
    for frame in again.frames:
        assert (frame.exif, frame.icc, frame.dpi, frame.xmp, frame.text) == (b"", b"", None, b"", ())
    assert (tmp_path / "b.png").read_bytes().count(b"EXIF") == 0


@pytest.mark.parametrize("what", ["exif", "xmp", "text"])
def test_what_is_too_long_for_a_jpeg_is_left_out_with_notice(what: str, tmp_path: Path) -> None:
    long = {"exif": b"Exif\0\0" + bytes(70000), "xmp": b"x" * 70000, "text": (("Comment", "x" * 70000),)}
    image = images.Image(RGB, **{what: long[what]})  # type: ignore[arg-type]
    said = {
        "exif": "its EXIF is damaged and is left out", "xmp": "its XMP has no place in this JPEG",
        "text": "its text has no place in this JPEG",
    }[what]  # fmt: skip
    assert images.write(tmp_path / "a.jpg", image).left_out == (said,)
    assert opened(tmp_path / "a.jpg").size == (7, 5)


def test_a_long_profile_is_carried_in_a_jpeg(tmp_path: Path) -> None:
    long = PROFILE + bytes(200_000)
    images.write(tmp_path / "a.jpg", images.Image(RGB, icc=long))
    assert opened(tmp_path / "a.jpg").info["icc_profile"] == long


def test_a_color_profile_is_not_put_on_gray(tmp_path: Path) -> None:
    images.write(tmp_path / "a.png", images.Image(RGB[:, :, 0], icc=PROFILE))
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


def test_previews_in_xmp_and_words_on_gain_maps_stay_behind() -> None:
    packet = (
        b'<rdf:Description dc:title="a" hdrgm:Version="1.0" GCamera:MotionPhoto=\'1\' xmp:Rating="5">'
        b"<xmp:Thumbnails><rdf:Alt><rdf:li>/9j/4AAQ</rdf:li></rdf:Alt></xmp:Thumbnails><dc:creator>b</dc:creator>"
        b"<Container:Directory rdf:parseType='x'><rdf:Seq/></Container:Directory></rdf:Description>"
    )
    left = b'<rdf:Description dc:title="a" xmp:Rating="5"><dc:creator>b</dc:creator></rdf:Description>'
    assert metadata.xmp(packet, keep_orientation=True) == left


CAPTION = b"8BIM\x04\x04\0\0\0\0\0\x07\x1c\x02\x78\0\2hi\0"
THUMBNAIL = b"8BIM\x04\x0c\0\0\0\0\0\x06ofpast"


def test_iptc_is_carried_and_its_thumbnail_is_not(tmp_path: Path) -> None:
    photo = saved(tmp_path / "a.jpg", PIL.Image.fromarray(RGB))
    data, block = photo.read_bytes(), b"Photoshop 3.0\0" + THUMBNAIL + CAPTION
    photo.write_bytes(data[:2] + b"\xff\xed" + (2 + len(block)).to_bytes(2, "big") + block + data[2:])
    assert images.write(tmp_path / "b.tif", images.read(photo)) == ((), ())
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert file.pages.first.tags[34377].value == CAPTION
    assert images.write(tmp_path / "c.jpg", images.read(tmp_path / "b.tif"), software="imgcuda 0.1.0") == ((), ())
    with PIL.Image.open(tmp_path / "c.jpg") as picture:
        assert picture.info["photoshop"] == {1028: CAPTION[12:19]}
    assert b"ofpast" not in (tmp_path / "c.jpg").read_bytes()
    lost = images.write(tmp_path / "d.webp", images.read(photo))
    assert lost.left_out == ("its IPTC has no place in this WEBP",)


def test_photoshops_layers_stay_behind(tmp_path: Path) -> None:
    layers = b"Adobe Photoshop Document Data Block\0" + bytes(100)
    tags = [(37724, 7, len(layers), layers, True), (34377, 7, len(THUMBNAIL), THUMBNAIL, True)]
    tifffile.imwrite(tmp_path / "a.tif", RGB, photometric="rgb", metadata=None, extratags=tags)
    images.write(tmp_path / "b.tif", images.read(tmp_path / "a.tif"))
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert not {34377, 37724} & {tag.code for tag in file.pages.first.tags}


def test_the_profile_of_cmyk_is_used_and_not_carried(tmp_path: Path) -> None:
    image = images.read(saved(tmp_path / "a.jpg", PIL.Image.new("CMYK", (8, 8)), icc_profile=PROFILE))
    assert image.icc == b""  # it was one for RGB, and of no use
    assert image.pixels.min() == 255

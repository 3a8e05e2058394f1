"""Metadata that each format stores in its own way: it is carried, or a message says that it is not."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from PIL import PngImagePlugin

from imgcuda import images
from imgcuda.errors import ImageError
from support.picture_files import RGB

IPTC = b"\x1c\x02\x78\0\2hi"
RESOURCES = b"8BIM\x04\x04\0\0\0\0\0\x07" + IPTC + b"\0"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">a</x:xmpmeta>'


def profile(data: bytes) -> str:
    """Return a text as ImageMagick has it: an empty line, the name, the length, and lines of digits."""
    return f"\niptc\n{len(data):8d}\n{data.hex()[:20]}\n{data.hex()[20:]}\n"


def png(**texts: str) -> io.BytesIO:
    """Return a PNG with raw profiles."""
    info, file = PngImagePlugin.PngInfo(), io.BytesIO()
    for name, text in texts.items():
        info.add_text(f"Raw profile type {name}", text, zip=True)
    PIL.Image.fromarray(RGB).save(file, "PNG", pnginfo=info)
    file.seek(0)
    return file


@pytest.mark.parametrize("data", [IPTC, RESOURCES, b"Photoshop 3.0\0" + RESOURCES], ids=["bare", "8BIM", "Photoshop"])
@pytest.mark.parametrize("name", ["iptc", "8bim"])
def test_the_iptc_of_a_png_is_carried(name: str, data: bytes, tmp_path: Path) -> None:
    image = images.read(png(**{name: profile(data)}))
    assert (image.losses, image.left_out) == ((), ())
    assert images.write(tmp_path / "a.jpg", image) == ((), ())
    with PIL.Image.open(tmp_path / "a.jpg") as picture:
        assert picture.info["photoshop"] == {1028: IPTC}
    assert images.write(tmp_path / "b.png", images.read(tmp_path / "a.jpg"), software="imgcuda 0.1.0") == ((), ())
    with PIL.Image.open(tmp_path / "b.png") as picture:
        lines = picture.info["Raw profile type iptc"].split("\n")
    assert (lines[:2], int(lines[2]), bytes.fromhex("".join(lines[3:]))) == (["", "iptc"], len(RESOURCES), RESOURCES)


def test_iptc_that_a_text_of_a_png_cannot_hold_is_reported(tmp_path: Path) -> None:
    long = b"8BIM\x04\x04\0\0" + struct.pack(">I", 600_000) + bytes(600_000)
    written = images.write(tmp_path / "a.png", images.Image(RGB, photoshop=long))
    assert written.left_out == ("its IPTC has no place in this PNG",)
    assert (images.read(tmp_path / "a.png").pixels == RGB).all()


def test_the_xmp_of_a_raw_profile_is_read() -> None:
    assert images.read(png(xmp=profile(XMP))).xmp == XMP


def test_raw_profiles_that_are_not_carried_are_reported() -> None:
    image = images.read(png(icm=profile(b"a profile of colors"), iptc="\niptc\n 3\nno digits\n"))
    assert image.left_out == ("its profile 'icm' is left out", "its profile 'iptc' is damaged and is left out")
    assert (image.losses, image.text) == ((), ())


@pytest.mark.parametrize(
    ("segment", "said"),
    [
        (b"\xe1" + b"http://ns.adobe.com/xmp/extension/\0" + bytes(40), "its extended XMP data are left out"),
        (b"\xe2" + b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4), "its gain map data are left out"),
    ],
)
@pytest.mark.parametrize("pictures", [1, 2])
def test_segments_of_a_jpeg_that_are_not_carried_are_reported(pictures: int, segment: bytes, said: str) -> None:
    file, picture = io.BytesIO(), PIL.Image.fromarray(RGB)
    more = {"save_all": True, "append_images": [picture]} if pictures > 1 else {}
    picture.save(file, "MPO" if pictures > 1 else "JPEG", **more)
    data, body = file.getvalue(), segment[1:]
    start = 2 + 2 + int.from_bytes(data[4:6], "big")  # behind the first segment
    data = data[:start] + b"\xff" + segment[:1] + struct.pack(">H", 2 + len(body)) + body + data[start:]
    image = images.read(io.BytesIO(data))
    assert image.left_out == (said,)
    assert len(image.losses) == (pictures > 1)


def avif(channels: int) -> bytes:
    file = io.BytesIO()
    PIL.Image.fromarray(np.full((8, 8, channels), 99, np.uint8)).save(file, "AVIF", quality=100)
    return file.getvalue()


def with_item(data: bytes, kind: bytes) -> bytes:
    """Return an AVIF with one more item, without data. All boxes around it grow, and what is behind it moves."""
    item = struct.pack(">I4sBxxxHH4s5s", 25, b"infe", 2, 7, 0, kind, b"more\0")
    box = data.index(b"iinf") - 4
    size = struct.unpack_from(">I", data, box)[0]
    made = bytearray(data[: box + size] + item + data[box + size :])
    for place in (box, data.index(b"meta") - 4):
        struct.pack_into(">I", made, place, struct.unpack_from(">I", made, place)[0] + len(item))
    made[box + 13] += 1
    places = data.index(b"iloc") + 8  # the sizes of its numbers, 4 4 0 0, and how many items there are
    for number in range(struct.unpack_from(">H", made, places + 2)[0]):
        at = places + 4 + 14 * number + 6
        struct.pack_into(">I", made, at, struct.unpack_from(">I", made, at)[0] + len(item))
    return bytes(made)


def test_a_gain_map_of_an_avif_is_reported() -> None:
    image = images.read(io.BytesIO(with_item(avif(3), b"tmap")))
    assert image.losses == ("its gain map is left out",)
    assert (image.pixels == 99).all()
    assert images.read(io.BytesIO(with_item(avif(3), b"hidn"))).losses == ()


def test_a_depth_map_of_an_avif_is_reported() -> None:
    made = avif(4).replace(b"auxiliary:alpha\0", b"auxiliary:depth\0")
    image = images.read(io.BytesIO(made))
    assert (image.losses, image.pixels.shape) == (("its depth map is left out",), (8, 8, 3))
    assert images.read(io.BytesIO(avif(4))).losses == ()


def test_boxes_in_boxes_without_an_end_are_no_harm() -> None:
    nested = b"".join(struct.pack(">I4sI", 1 << 20, b"meta", 0) for _ in range(50_000))
    whole = avif(3)
    start = whole.index(b"meta") - 4
    with pytest.raises(ImageError):
        images.read(io.BytesIO(whole[:start] + nested))

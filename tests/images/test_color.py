"""Color spaces that a file declares without a profile: kept if the format can store them, else reported."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from PIL import ImageCms

from imgcuda import images
from imgcuda.cli import build, run
from support.picture_files import RGB, chunk, png

P3 = bytes([12, 13, 0, 1])
OWN = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
SRGB = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
TOLD = [
    (b"cICP", P3, "Display P3"), (b"cICP", bytes([9, 16, 0, 1]), "BT.2020 PQ"),
    (b"cHRM", OWN, "primaries other than sRGB's"),
    (b"gAMA", struct.pack(">I", 100000), "a gamma of 1"),
]  # fmt: skip
STANDARD = [(b"cICP", bytes([1, 13, 0, 1])), (b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 45455)), (b"cHRM", SRGB)]


def losses(image: images.Image, format: str) -> tuple[str, ...]:
    return images.write(io.BytesIO(), image, format=images.by_name(format)).losses


@pytest.mark.parametrize(("kind", "data", "name"), TOLD)
def test_a_png_keeps_what_it_says_and_others_cannot(kind: bytes, data: bytes, name: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(RGB, before=chunk(kind, data)))
    image = images.read(tmp_path / "a.png")
    assert (image.losses, image.left_out) == ((), ())
    assert images.write(tmp_path / "b.png", image) == ((), ())
    written = (tmp_path / "b.png").read_bytes()
    assert written.index(chunk(kind, data)) < written.index(b"IDAT")
    for format in ("jpg", "tif", "webp", "avif", "gif", "bmp", "ppm"):
        assert any(f"({name})" in loss for loss in losses(image, format))


@pytest.mark.parametrize(("kind", "data"), STANDARD)
def test_srgb_needs_no_word(kind: bytes, data: bytes) -> None:
    image = images.read(io.BytesIO(png(RGB, before=chunk(kind, data))))
    assert losses(image, "jpg") == ()


def test_an_avif_that_is_display_p3_says_so_as_a_png(tmp_path: Path) -> None:
    PIL.Image.fromarray(RGB).save(tmp_path / "a.avif")
    data = (tmp_path / "a.avif").read_bytes()
    place = data.index(b"colrnclx") + 8
    assert struct.unpack_from(">HH", data, place) == (1, 13)
    (tmp_path / "a.avif").write_bytes(data[:place] + struct.pack(">HH", 12, 13) + data[place + 4 :])
    image = images.read(tmp_path / "a.avif")
    images.write(tmp_path / "b.png", image)
    assert chunk(b"cICP", P3) in (tmp_path / "b.png").read_bytes()
    assert any("(Display P3)" in loss for loss in losses(image, "avif"))


def test_a_profile_goes_before(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = images.Image(np.asarray(RGB), icc=profile, color=(("cHRM", OWN), ("sRGB", b"\0")))
    assert losses(image, "jpg") == ()
    images.write(tmp_path / "a.png", image)
    data = (tmp_path / "a.png").read_bytes()
    assert b"iCCP" in data and b"sRGB\0" not in data.replace(b"sRGB built-in", b"")


def test_strip_tells_of_colors_that_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from imgcuda import load

    (tmp_path / "a.png").write_bytes(png(RGB, before=chunk(b"cICP", P3)))
    command = ["invert", str(tmp_path / "a.png"), str(tmp_path / "b.png"), "--device", "cpu", "--strip"]
    assert run(command, build(load())) == 0
    assert "without what it says of its colors (Display P3) they look different" in capsys.readouterr().err
    assert b"cICP" not in (tmp_path / "b.png").read_bytes()

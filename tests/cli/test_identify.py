"""`imgcuda identify`: what files are, by their headers alone."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest

from imgcuda import Registry
from imgcuda.cli import build, run
from imgcuda.images import tiff_samples

Call = Callable[..., tuple[int, str, str]]

COLORS = np.arange(6 * 9 * 4, dtype=np.uint8).reshape(6, 9, 4)
RGBA = PIL.Image.fromarray(COLORS)
RGB, GRAY = RGBA.convert("RGB"), RGBA.convert("L")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return a function that runs the command, in which nothing can be decoded."""

    def refuse(*_: object) -> None:
        raise AssertionError("a pixel is decoded")

    def call(*arguments: object) -> tuple[int, str, str]:
        with monkeypatch.context() as patched:
            patched.setattr(PIL.Image.Image, "load", refuse)
            patched.setattr(tiff_samples, "read", refuse)
            return run(["identify", *map(str, arguments)], build(Registry())), *capsys.readouterr()

    return call


def sixteen(folder: Path, name: str) -> None:
    PIL.Image.fromarray(COLORS[:, :, 0].astype(np.uint16) * 257).save(folder / name)


def floats(folder: Path, name: str) -> None:
    PIL.Image.fromarray(COLORS[:, :, 0].astype(np.float32)).save(folder / name)


def saved(picture: PIL.Image.Image, **options: object) -> Callable[[Path, str], None]:
    return lambda folder, name: picture.save(folder / name, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("a.png", saved(RGBA), "PNG, 9 x 6, RGB with alpha, 8-bit uint"),
        ("a.png", sixteen, "PNG, 9 x 6, gray, 16-bit uint"),
        ("a.png", saved(RGB.quantize(16)), "PNG, 9 x 6, palette, 4-bit uint"),
        ("a.png", saved(GRAY.convert("1")), "PNG, 9 x 6, gray, 1-bit uint"),
        ("a.png", saved(RGB, dpi=(200, 100)), "PNG, 9 x 6, RGB, 8-bit uint, 200 x 100 dpi"),
        ("a.jpg", saved(GRAY, dpi=(72, 72)), "JPEG, 9 x 6, gray, 8-bit uint, 72 dpi"),
        ("a.jpg", saved(RGB.convert("CMYK")), "JPEG, 9 x 6, CMYK, 8-bit uint"),
        ("a.gif", saved(RGB.convert("P"), save_all=True, append_images=[RGB.convert("P").rotate(180)]),
         "GIF, 9 x 6, palette, 8-bit uint, 2 frames"),
        ("a.tif", saved(RGB, save_all=True, append_images=[RGB, RGB], compression="tiff_lzw"),
         "TIFF, 9 x 6, RGB, 8-bit uint, 3 pages"),
        ("a.tif", floats, "TIFF, 9 x 6, gray, 32-bit float"),
        ("a.tif", sixteen, "TIFF, 9 x 6, gray, 16-bit uint"),
        ("a.webp", saved(RGB), "WEBP, 9 x 6, RGB, 8-bit uint"),
        ("a.jp2", saved(GRAY), "JPEG2000, 9 x 6, gray, 8-bit uint"),
        ("a.ppm", saved(RGB), "PPM, 9 x 6, RGB, 8-bit uint"),
        ("a.tga", saved(RGBA), "TGA, 9 x 6, RGB with alpha, 8-bit uint"),
        ("a.dds", saved(RGBA), "DDS, 9 x 6, RGB with alpha, 8-bit uint"),
        ("a.sgi", saved(RGB), "SGI, 9 x 6, RGB, 8-bit uint"),
        ("b.png", saved(RGB), "PNG, 9 x 6, RGB, 8-bit uint"),
    ],
)  # fmt: skip
def test_a_file_is_one_line(
    name: str, make: Callable[[Path, str], None], said: str, tmp_path: Path, call: Call
) -> None:
    make(tmp_path, name)
    assert call(tmp_path / name) == (0, f"{tmp_path / name}: {said}\n", "")


def test_metadata_is_told(tmp_path: Path, call: Call) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112], exif[0x0132] = 6, "2026:11:30 15:04:05"
    profile = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB"))
    RGB.save(tmp_path / "a.jpg", exif=exif, icc_profile=profile.tobytes())
    _, out, _ = call(tmp_path / "a.jpg")
    assert out.endswith(": JPEG, 9 x 6, RGB, 8-bit uint, profile sRGB built-in, orientation 6, 2026:11:30 15:04:05\n")
    exif.get_ifd(0x8769)[0x9003] = "2025:01:02 03:04:05"
    RGB.save(tmp_path / "b.jpg", exif=exif)
    assert json.loads(call("--json", tmp_path / "b.jpg")[1])["taken"] == "2025:01:02 03:04:05"


def test_json_is_an_object_a_line(tmp_path: Path, call: Call) -> None:
    RGBA.save(tmp_path / "a.png", dpi=(254, 254))
    GRAY.save(tmp_path / "b.bmp")
    first, second = map(json.loads, call("--json", tmp_path / "a.png", tmp_path / "b.bmp")[1].splitlines())
    dpi = first.pop("dpi")
    assert dpi == pytest.approx([254, 254], rel=1e-4)
    assert first == {
        **{"file": str(tmp_path / "a.png"), "format": "PNG", "width": 9, "height": 6, "color": "RGB", "channels": 4},
        **{"alpha": True, "bits": 8, "sample": "uint", "pictures": 1, "animated": False, "orientation": 1},
        **{"profile": "", "taken": ""},
    }
    assert (second["format"], second["width"]) == ("BMP", 9)


def test_a_broken_file_is_one_sentence_and_the_others_go_on(tmp_path: Path, call: Call) -> None:
    RGB.save(tmp_path / "good.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "good.png").read_bytes()[:20])
    (tmp_path / "text.jpg").write_text("hello")
    names = [tmp_path / name for name in ("cut.png", "text.jpg", "missing.png", "good.png")]
    code, out, err = call(*names)
    assert (code, out) == (1, f"{tmp_path / 'good.png'}: PNG, 9 x 6, RGB, 8-bit uint\n")
    lines = err.splitlines()
    assert len(lines) == 3
    for line, name in zip(lines, names, strict=False):
        assert line.startswith(f"Error: {name} cannot be read: ")


def test_a_huge_file_is_told_by_its_header(tmp_path: Path, call: Call) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 200_000, 300_000, 16, 2, 0, 0, 0)
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b""))
    before = PIL.Image.MAX_IMAGE_PIXELS
    assert call(tmp_path / "a.png") == (0, f"{tmp_path / 'a.png'}: PNG, 200000 x 300000, RGB, 16-bit uint\n", "")
    assert before == PIL.Image.MAX_IMAGE_PIXELS

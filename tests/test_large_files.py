"""Pictures larger than memory: a TIFF is read, filtered and written in strips, to the bytes of one piece."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest
import tifffile

from imgcuda import ImageError, Pipeline, images, large_files
from imgcuda.execution import in_rows
from imgcuda.images import Image, mark, tiff_writer
from support.file_runs import run
from support.matrix import every_third
from support.tiff_files import DEFLATE, LZW, Kind, tiff

Array = npt.NDArray[Any]
Make = Callable[..., Array]

KINDS = {
    "one strip": Kind(photometric=2),
    "strips": Kind(photometric=2, rows=37, compression=DEFLATE, predictor=2),
    "tiles": Kind(photometric=2, tile=(48, 64), compression=LZW),
    "planes": Kind(photometric=2, planes=True, rows=50),
    "16 bits, big-endian": Kind(photometric=2, bits=16, order=">", big=True),
    "alpha": Kind(photometric=2, extra=(1,), bits=16),
    "gray, white is 0": Kind(photometric=0, rows=3),
    "floats": Kind(photometric=1, number="f", bits=32, predictor=3, compression=DEFLATE, rows=64),
}
CHAINS = ["invert", "blur:sigma=2 | auto-contrast", "resize:width=77,height=300", "equalize | grayscale", "flip"]


@pytest.fixture
def in_strips(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """A function that lets every picture run in strips, small ones, or none."""

    def choose(strips: bool) -> None:
        monkeypatch.setattr(large_files, "LARGE", 0 if strips else 1 << 60)
        monkeypatch.setattr(in_rows, "STRIP_BYTES", 1 << 15)

    return choose


def written(kind: Kind, folder: Path) -> Path:
    """Return a file of noise, 700 x 130 pixels."""
    count = {0: 1, 1: 1, 2: 3}[kind.photometric] + len(kind.extra)
    noise = np.random.default_rng(5).random((700, 130, count))
    samples = noise.astype("f4") if kind.number == "f" else (noise * (2**kind.bits - 1)).astype(f"u{kind.bits // 8}")
    path = folder / "in.tif"
    path.write_bytes(tiff(samples, kind))
    return path


@pytest.mark.parametrize(
    ("kind", "text"),
    every_third(product(KINDS.values(), CHAINS)),
    ids=[f"{kind}-{text}" for kind, text in product(KINDS, CHAINS)],
)
def test_strips_write_the_bytes_of_one_piece(
    kind: Kind, text: str, in_strips: Callable[[bool], None], tmp_path: Path
) -> None:
    source, whole, strips = written(kind, tmp_path), tmp_path / "whole.tif", tmp_path / "strips.tif"
    in_strips(False)
    in_one = run(source, whole, text)
    in_strips(True)
    made = run(source, strips, text)
    assert made.image.pixels.strides[0] == 0  # it was never whole in memory
    assert strips.read_bytes() == whole.read_bytes()
    assert (made.of_source(True), made.of_target(True)) == (in_one.of_source(True), in_one.of_target(True))
    assert made.result.pixels.shape == in_one.result.pixels.shape


@pytest.mark.parametrize("strip", [False, True])
def test_metadata_is_written_as_in_one_piece(
    strip: bool, in_strips: Callable[[bool], None], tmp_path: Path, random_image: Make
) -> None:
    source = tmp_path / "in.tif"
    images.write(source, Image(random_image((300, 80, 3)), exif(), dpi=(300, 300), xmp=b"<x:xmpmeta/>"))
    for strips, name in ((False, "whole.tif"), (True, "strips.tif")):
        in_strips(strips)
        run(source, tmp_path / name, "blur:sigma=1", strip=strip)
    assert (tmp_path / "strips.tif").read_bytes() == (tmp_path / "whole.tif").read_bytes()


def exif() -> bytes:
    made = PIL.Image.Exif()
    made[0x010F] = "A maker of cameras"
    made.get_ifd(0x8769)[0x9003] = "2026:11:30 12:00:00"
    made.get_ifd(0x8769)[0x927C] = b"a note with offsets"
    made.get_ifd(0x8825)[1] = "N"
    return made.tobytes()


@pytest.mark.parametrize("strips", [False, True])
def test_what_exceeds_a_tiff_is_written_as_bigtiff(
    strips: bool, in_strips: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, random_image: Make
) -> None:
    image, source, target = random_image((300, 140, 3)), tmp_path / "in.tif", tmp_path / "out.tif"
    in_strips(strips)
    images.write(source, Image(image, exif(), dpi=(300, 300)))
    monkeypatch.setattr(tiff_writer, "MOST", 100_000)
    monkeypatch.setattr(tiff_writer, "STRIP", 5000)
    made = run(source, target, "invert")
    with tifffile.TiffFile(target) as file:
        assert file.is_bigtiff
        assert np.array_equal(file.asarray(), 255 - image)
        tags = file.pages.first.tags
        assert (tags[271].value, tags[34665].value["DateTimeOriginal"]) == ("A maker of cameras", "2026:11:30 12:00:00")
        assert tags[34853].value["GPSLatitudeRef"] == "N"
        assert len(tags[273].value) == 300 // (5000 // (140 * 3)) + 1
    again = images.read(target)
    assert np.array_equal(again.pixels, 255 - image)
    assert again.dpi and set(again.dpi) == {300}
    assert mark.is_ours(target)
    assert "maker note" in str(made.of_target(True) + made.of_source(True))


def test_both_ways_write_the_same_bigtiff(
    in_strips: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tiff_writer, "MOST", 100_000)
    source = written(Kind(photometric=2, bits=16, order=">"), tmp_path)
    for strips, name in ((False, "whole.tif"), (True, "strips.tif")):
        in_strips(strips)
        run(source, tmp_path / name, "blur:sigma=1")
    assert (tmp_path / "strips.tif").read_bytes() == (tmp_path / "whole.tif").read_bytes()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda path, image: tifffile.imwrite(path, image, photometric="rgb", extratags=[(274, 3, 1, 6, True)]),
            "invert",
        ),
        (lambda path, image: tifffile.imwrite(path, np.stack([image, image]), photometric="rgb"), "invert"),
        (lambda path, image: PIL.Image.fromarray(image).quantize(16).save(path), "invert"),
        (lambda path, image: PIL.Image.fromarray(image).save(path, "PNG"), "invert"),
        (lambda path, image: tifffile.imwrite(path, image, photometric="rgb"), "blur:sigma=2,border=wrap"),
    ],
    ids=["turned", "two pages", "a palette", "a PNG", "a chain that reads the whole image"],
)
def test_what_cannot_run_in_strips_runs_in_one_piece(
    make: Callable[[Path, Array], None],
    text: str,
    in_strips: Callable[[bool], None],
    tmp_path: Path,
    random_image: Make,
) -> None:
    source = tmp_path / "in.tif"
    make(source, random_image((60, 40, 3)))
    in_strips(True)
    made = run(source, tmp_path / "out.tif", text)
    assert made.image.pixels.strides[0] != 0
    for frame in range(len(made.image.frames)):
        shown = images.read(tmp_path / "out.tif", frame=frame + 1).pixels
        wanted = Pipeline.from_text(text)(images.read(source, frame=frame + 1).pixels, device="cpu")
        assert np.array_equal(shown, wanted)


def test_damage_far_down_leaves_the_old_file_as_it_was(in_strips: Callable[[bool], None], tmp_path: Path) -> None:
    source, target = written(Kind(photometric=2, rows=50, compression=DEFLATE), tmp_path), tmp_path / "out.tif"
    in_strips(True)
    run(source, target, "invert")
    before = target.read_bytes()
    with tifffile.TiffFile(source) as file:
        place = file.pages.first.dataoffsets[-1]
    data = bytearray(source.read_bytes())
    data[place : place + 40] = b"damage" * 6 + b"...."
    source.write_bytes(data)
    with pytest.raises(ImageError, match=r"in\.tif cannot be read"):
        run(source, target, "invert")
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.tif", "out.tif"]


def test_a_large_picture_is_still_refused_over_max_pixels(in_strips: Callable[[bool], None], tmp_path: Path) -> None:
    in_strips(True)
    source = written(KINDS["one strip"], tmp_path)
    with pytest.raises(ImageError, match="--max-pixels allows more"):
        run(source, tmp_path / "out.tif", "invert", max_pixels=1000)
    with pytest.raises(ImageError, match="resize would make"):
        run(source, tmp_path / "out.tif", "resize:width=1000,height=1000", max_pixels=200_000)


@pytest.mark.exhaustive
def test_the_command_takes_less_memory_than_the_picture(tmp_path: Path) -> None:
    source, side = tmp_path / "in.tif", 20_000
    tiles = (np.full((512, 512, 3), number % 251, np.uint8) for number in range(40 * 40))
    tifffile.imwrite(source, tiles, shape=(side, side, 3), dtype=np.uint8, tile=(512, 512), photometric="rgb")
    arguments = ["filter", str(source), str(tmp_path / "out.tif"), "--max-pixels", str(side * side), "-f", "blur"]
    ran = subprocess.run([sys.executable, "-c", MEASURED, *arguments], capture_output=True, text=True, check=True)
    assert int(ran.stdout) * 1024 < side * side * 3 / 2


MEASURED = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "imgcuda", *sys.argv[1:]], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Prints the most KiB that a command took. A small process starts it: its own memory counts as that of the command."""

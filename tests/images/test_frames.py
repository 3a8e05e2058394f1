"""Several pictures in one file: every frame of an animation and every page, with its time."""

from __future__ import annotations

import itertools
import re
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tifffile
from PIL import ImageSequence

from imgcuda import images
from imgcuda.errors import ImageError
from imgcuda.images import avif_plays
from support.picture_files import Pixels, samples

TIMES = [40.0, 250.0, 1000.0]
ANIMATIONS = ["gif", "png", "webp"]


def animation(path: Path, *, colors: str = "RGB", plays: int = 3, **options: Any) -> Path:
    """Save a square that moves from the left to the right, as Pillow does."""
    frames = []
    for number in range(3):
        frame = PIL.Image.new(colors, (24, 8))
        frame.paste("red" if colors == "RGB" else (255, 0, 0, 255), (8 * number, 0, 8 * number + 8, 8))
        frames.append(frame)
    loop = plays - 1 if path.suffix == ".gif" else plays
    lossless: dict[str, Any] = {"lossless": True} if path.suffix == ".webp" else {}
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=TIMES, loop=loop, **lossless, **options)
    return path


def shown(path: Path) -> tuple[list[Pixels], list[float], int]:
    """Return what Pillow shows: the frames as RGBA, how long each is seen, and how often it is repeated."""
    with PIL.Image.open(path) as picture:
        frames = [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(picture)]
        times = []
        for number in range(len(frames)):
            picture.seek(number)
            picture.load()
            times.append(float(picture.info["duration"]))
        return frames, times, picture.info.get("loop", -1)


@pytest.mark.parametrize("colors", ["RGB", "RGBA"])
@pytest.mark.parametrize(("source", "target"), list(itertools.product(ANIMATIONS, ANIMATIONS)))
def test_an_animation_looks_the_same_in_every_format(source: str, target: str, colors: str, tmp_path: Path) -> None:
    path = animation(tmp_path / f"a.{source}", colors=colors)
    image = images.read(path)
    assert image.losses == ()
    written = images.write(tmp_path / f"b.{target}", image, options=images.Options(lossless=target == "webp"))
    assert written == ((), ())
    frames, times, loop = shown(tmp_path / f"b.{target}")
    assert times == TIMES
    assert loop + (target == "gif") == 3
    for frame, original in zip(frames, shown(path)[0], strict=True):
        seen = original[:, :, 3] > 0
        assert np.array_equal(frame[:, :, 3], original[:, :, 3])
        assert np.array_equal(frame[seen], original[seen])


def test_an_avif_animation_keeps_its_times(tmp_path: Path) -> None:
    images.write(tmp_path / "b.avif", images.read(animation(tmp_path / "a.png")))
    frames, times, _ = shown(tmp_path / "b.avif")
    assert len(frames) == 3 and times == TIMES


@pytest.mark.parametrize("disposal", [0, 1, 2])
@pytest.mark.parametrize("source", ["gif", "png"])
def test_frames_that_are_parts_of_the_picture_are_laid_together(source: str, disposal: int, tmp_path: Path) -> None:
    path = animation(tmp_path / f"a.{source}", colors="RGBA", disposal=disposal)
    images.write(tmp_path / f"b.{source}", images.read(path))
    for frame, original in zip(shown(tmp_path / f"b.{source}")[0], shown(path)[0], strict=True):
        assert np.array_equal(frame * (frame[:, :, 3:] > 0), original * (original[:, :, 3:] > 0))


@pytest.mark.parametrize("plays", [0, 1, 2, 65000])
@pytest.mark.parametrize("target", [*ANIMATIONS, "avif"])
def test_how_often_it_plays_is_kept(target: str, plays: int, tmp_path: Path) -> None:
    frames = tuple(images.Image(samples(3), duration=100.0) for _ in range(2))
    frames[1].pixels[:] = 7
    images.write(tmp_path / f"a.{target}", images.Image(samples(3), duration=100.0, plays=plays, later=frames[1:]))
    assert images.read(tmp_path / f"a.{target}").plays == plays


def test_a_gif_that_does_not_loop_plays_once(tmp_path: Path) -> None:
    frames = [PIL.Image.new("L", (4, 4), level) for level in (0, 255)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert images.read(tmp_path / "a.gif").plays == 1


def test_a_default_image_stays_one_in_png(tmp_path: Path) -> None:
    frames = [PIL.Image.new("RGB", (4, 4), color) for color in ("red", "blue", "green")]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:], default_image=True, duration=[40, 80])
    image = images.read(tmp_path / "a.png")
    assert image.has_default_image and len(image.frames) == 3
    images.write(tmp_path / "b.png", image)
    with PIL.Image.open(tmp_path / "b.png") as again:
        assert again.info["default_image"] and getattr(again, "n_frames", 0) == 3
        again.seek(1)
        assert again.info["duration"] == 40


@pytest.mark.parametrize("target", ["gif", "webp", "avif"])
def test_a_default_image_is_no_frame_of_another_format(target: str, tmp_path: Path) -> None:
    frames = [PIL.Image.new("RGB", (16, 16), color) for color in ("red", "blue", "lime")]
    times = [40, 80]
    options: Any = {"append_images": frames[1:], "default_image": True, "duration": times, "loop": 3}
    frames[0].save(tmp_path / "a.png", save_all=True, **options)
    name = tmp_path / f"b.{target}"
    written = images.write(name, images.read(tmp_path / "a.png"), options=images.Options(lossless=target != "gif"))
    left_out = f"its picture for programs that show no animation is left out; {target.upper()} has no place for it"
    assert written == ((left_out,), ())
    pixels, durations, _ = shown(name)
    assert durations == times and images.read(name).plays == 3
    colors = np.array([frame[0, 0, :3] for frame in pixels], int)
    assert np.abs(colors - [[0, 0, 255], [0, 255, 0]]).max() <= 2  # AVIF's YCbCr rounds


@pytest.mark.parametrize("target", ["gif", "png"])
def test_a_default_image_that_is_read_alone_is_written(target: str, tmp_path: Path) -> None:
    frames = [PIL.Image.new("RGB", (4, 4), color) for color in ("red", "blue", "lime")]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:], default_image=True)
    name = tmp_path / f"b.{target}"
    assert images.write(name, images.read(tmp_path / "a.png", frame=1)) == ((), ())
    assert images.read(name).pixels[0, 0].tolist() == [255, 0, 0]


def test_gray_and_colored_frames_come_out_alike(tmp_path: Path) -> None:
    frames = [PIL.Image.new("L", (4, 4), 7), PIL.Image.new("RGB", (4, 4), "red")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert [frame.pixels.shape for frame in images.read(tmp_path / "a.gif").frames] == [(4, 4, 3)] * 2


def test_the_pages_of_a_tiff_have_their_own_sizes_types_and_words(tmp_path: Path) -> None:
    pages = [samples(3), samples(1, np.uint16, (9, 4)), samples(4, np.float32, (3, 3))]
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for number, page in enumerate(pages):
            file.write(page, photometric="rgb" if page.ndim == 3 else "minisblack", description=f"page {number}")
    image = images.read(tmp_path / "a.tif")
    assert images.write(tmp_path / "b.tif", image) == ((), ())
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert len(file.pages) == 3
        for number, (stored, pixels) in enumerate(zip(file.pages, pages, strict=True)):
            assert isinstance(stored, tifffile.TiffPage)
            assert np.array_equal(stored.asarray(), pixels)
            assert stored.description == f"page {number}"
    again = images.read(tmp_path / "b.tif")
    assert all(np.array_equal(a.pixels, b) for a, b in zip(again.frames, pages, strict=True))


def test_pages_of_several_sizes_are_no_animation(tmp_path: Path) -> None:
    image = images.Image(samples(3), later=(images.Image(samples(3, size=(9, 9))),))
    with pytest.raises(ImageError, match="its pictures differ in size, which PNG cannot hold"):
        images.write(tmp_path / "a.png", image)


def test_times_that_a_tiff_cannot_hold_are_left_out_with_notice(tmp_path: Path) -> None:
    written = images.write(tmp_path / "b.tif", images.read(animation(tmp_path / "a.gif")))
    assert written == ((), ("its timing has no place in this TIFF",))


def test_a_format_for_one_picture_gets_the_first(tmp_path: Path) -> None:
    path = animation(tmp_path / "a.gif")
    written = images.write(tmp_path / "b.jpg", images.read(path))
    assert written.losses == ("it holds 3 pictures; JPEG holds one, the first",)
    first = images.read(path, several=False)
    assert first.losses == ("it holds 3 pictures; the first is read",) and first.later == ()


@pytest.mark.parametrize("source", ["gif", "png", "webp", "tif"])
def test_one_frame_is_taken(source: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{source}"
    if source == "tif":
        tifffile.imwrite(
            path, np.stack([np.full((4, 5, 3), level, np.uint8) for level in (1, 2, 3)]), photometric="rgb"
        )
    else:
        animation(path)
    whole = images.read(path)
    for number in (1, 2, 3):
        one = images.read(path, frame=number)
        assert np.array_equal(one.pixels, whole.frames[number - 1].pixels)
        assert one.later == () and one.losses == ()
    for number in (0, 4):
        with pytest.raises(ImageError, match=f"it holds 3 pictures; there is no number {number}"):
            images.read(path, frame=number)


def test_a_gif_of_many_colors_is_reduced_with_notice(tmp_path: Path) -> None:
    written = images.write(tmp_path / "a.gif", images.Image(samples(3, size=(40, 40))))
    assert written.losses == ("its colors are reduced to 256 for each picture; GIF has no more",)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_gif_of_few_colors_is_exact(channels: int, tmp_path: Path) -> None:
    pixels = samples(channels, size=(12, 12))
    if channels in (2, 4):
        pixels[:, :, -1] = 255
        pixels[3:6, :, :] = 0
    assert images.write(tmp_path / "a.gif", images.Image(pixels)).losses == ()
    with PIL.Image.open(tmp_path / "a.gif") as again:
        made = np.asarray(again.convert("RGBA"))
    expected = images.convert(images.Image(pixels), "RGBA").pixels
    assert np.array_equal(made[:, :, 3], expected[:, :, 3])
    assert np.array_equal(made[expected[:, :, 3] > 0], expected[expected[:, :, 3] > 0])


def test_half_transparency_in_a_gif_is_reported(tmp_path: Path) -> None:
    pixels = np.full((4, 4, 4), 100, np.uint8)
    written = images.write(tmp_path / "a.gif", images.Image(pixels))
    assert written.losses == ("its transparency is reduced to all or nothing; GIF has no more",)


def test_frames_count_as_pixels(tmp_path: Path) -> None:
    path = animation(tmp_path / "a.gif")
    assert len(images.read(path, max_pixels=24 * 8 * 3).frames) == 3
    with pytest.raises(ImageError, match="it has 576 pixels, more than 575; --max-pixels allows more"):
        images.read(path, max_pixels=575)
    assert images.read(path, max_pixels=575, frame=2).later == ()


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("colors", [0, 1, 3, 20, 100, 200, 255])
def test_a_gifs_transparent_place_is_in_its_palette(colors: int, several: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(colors)
    palette = np.arange(3 * 256, dtype=np.uint16).reshape(256, 3).astype(np.uint8)
    alpha = rng.choice([0, 255] if colors else [0], (32, 32)).astype(np.uint8)
    pixels = np.dstack([palette[rng.integers(0, max(colors, 1), (32, 32))], alpha])
    later = (images.Image(pixels[::-1].copy(), duration=50.0),) if several else ()
    assert images.write(tmp_path / "a.gif", images.Image(pixels, duration=50.0, later=later)).losses == ()
    data = (tmp_path / "a.gif").read_bytes()
    at = data.index(b"!\xf9\x04")
    assert data[at + 3] & 1
    picture = data.index(b",", at + 8)
    local = data[picture + 9]
    assert data[at + 6] < 2 << ((local if local & 0x80 else data[10]) & 7)
    again = images.read(tmp_path / "a.gif")
    for frame, wanted in zip(again.frames, [pixels, pixels[::-1]], strict=False):
        assert np.array_equal(frame.pixels[:, :, -1], wanted[:, :, 3])
        seen = wanted[:, :, 3] > 0
        assert np.array_equal(images.convert(frame, "RGBA").pixels[seen], wanted[seen])


def box(kind: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize(
    ("flags", "all_of_them", "once", "count"),
    [(1, 600, 600, 1), (1, 1800, 600, 3), (1, 1801, 600, 4), (1, -1, 600, 0), (0, 600, 600, 1), (1, 600, 0, 0)],
)
def test_an_avif_plays_as_often_as_its_edit_list_fits_into_its_track(
    version: int, flags: int, all_of_them: int, once: int, count: int
) -> None:
    size = 8 if version else 4

    def number(value: int) -> bytes:
        return (value % (1 << 8 * size)).to_bytes(size, "big")

    head = box(b"tkhd", bytes([version, 0, 0, 1]), bytes(2 * size + 8), number(all_of_them), bytes(60))
    edits = box(b"elst", bytes([version, 0, 0, flags]), struct.pack(">I", 1), number(once), number(0), bytes(4))
    movie = box(b"moov", box(b"trak", head, box(b"edts", edits)))
    assert avif_plays.plays(box(b"ftyp", b"avis") + movie) == count
    assert avif_plays.plays(box(b"ftyp", b"avis") + box(b"moov", box(b"trak", head))) == 0


def test_the_play_count_of_an_avif_is_in_its_movie_and_each_track(tmp_path: Path) -> None:
    frames = [images.Image(np.full((16, 16, 4), level, np.uint8), duration=100.0) for level in (9, 99)]
    images.write(tmp_path / "a.avif", replace(frames[0], plays=3, later=(frames[1],)))
    data = (tmp_path / "a.avif").read_bytes()
    places = [data.index(b"mvhd") + 4 + 24, *(found.start() + 4 + 28 for found in re.finditer(b"tkhd", data))]
    assert [struct.unpack_from(">Q", data, place)[0] for place in places] == [600, 600, 600]
    assert len(shown(tmp_path / "a.avif")[0]) == 2

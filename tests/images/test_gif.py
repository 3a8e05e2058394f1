"""GIFs built here block by block, against a composer that takes one pixel at a time; and GIFs that are damaged."""

from __future__ import annotations

import io
import itertools
import struct
from typing import Any, NamedTuple

import numpy as np
import pytest

from imgcuda import images
from imgcuda.errors import ImageError

RANDOM = np.random.default_rng(5)
WIDTH, HEIGHT = 6, 4
GLOBAL = RANDOM.integers(0, 256, (8, 3), np.uint8)
LOCAL = RANDOM.integers(0, 256, (4, 3), np.uint8)
LOOP = b"!\xff\x0bNETSCAPE2.0\3\1\4\0\0"


class Frame(NamedTuple):
    """The indices of a frame, where it is, and what is said of it."""

    indices: Any
    left: int = 0
    top: int = 0
    disposal: int = 0
    clear: int | None = None
    table: Any = None
    interlaced: bool = False


def compressed(indices: Any) -> bytes:
    """Return indices as LZW that never uses its dictionary: a clear code before the codes would grow."""
    bits = max(2, int(indices.max(initial=0)).bit_length())
    total = count = 0
    flat = [int(index) for index in indices.ravel()]
    for place, index in enumerate(flat):
        codes = [1 << bits, index] if place % ((1 << bits) - 2) == 0 else [index]
        for code in codes:
            total |= code << count
            count += bits + 1
    total |= ((1 << bits) + 1) << count
    data = total.to_bytes((count + bits + 1 + 7) // 8, "little")
    parts = [data[start : start + 255] for start in range(0, len(data), 255)]
    return bytes([bits]) + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def table_flags(table: Any) -> int:
    return 0 if table is None else 0x80 | len(table).bit_length() - 2


def block(frame: Frame) -> bytes:
    height, width = frame.indices.shape
    clear = frame.clear is not None
    control = b"!\xf9\4" + struct.pack("<BHBB", frame.disposal << 2 | clear, 7, frame.clear or 0, 0)
    rows = frame.indices
    if frame.interlaced:
        rows = np.concatenate([rows[first::step] for first, step in ((0, 8), (4, 8), (2, 4), (1, 2))])
    place = struct.pack(
        "<HHHHB", frame.left, frame.top, width, height, table_flags(frame.table) | frame.interlaced << 6
    )
    return control + b"," + place + (b"" if frame.table is None else frame.table.tobytes()) + compressed(rows)


def screen(table: Any = GLOBAL, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    made = b"GIF89a" + struct.pack("<HHBBB", width, height, table_flags(table), 1, 0)
    return made + (b"" if table is None else table.tobytes())


def gif(*frames: Frame, table: Any = GLOBAL, size: tuple[int, int] = (WIDTH, HEIGHT), extra: bytes = LOOP) -> bytes:
    return screen(table, *size) + extra + b"".join(block(frame) for frame in frames) + b";"


def read(data: bytes, **options: Any) -> images.Image:
    return images.read(io.BytesIO(data), **options)


def rgba(image: images.Image) -> Any:
    """Return the pixels as RGBA, black where they are transparent."""
    made = images.convert(image, "RGBA").pixels
    return made * (made[:, :, 3:] > 0)


def composed(frames: tuple[Frame, ...], size: tuple[int, int] = (WIDTH, HEIGHT)) -> list[Any]:
    """Return what is seen of each frame: (0, 0, 0, 0) where nothing is drawn."""
    canvas = dict.fromkeys(itertools.product(range(size[1]), range(size[0])), (0, 0, 0, 0))
    seen = []
    for frame in frames:
        before, table = dict(canvas), GLOBAL if frame.table is None else frame.table
        places = [(y + frame.top, x + frame.left) for y, x in np.ndindex(frame.indices.shape)]
        for place, index in zip(places, frame.indices.ravel(), strict=True):
            if place in canvas and index != frame.clear:
                color = table[index] if index < len(table) else (0, 0, 0)
                canvas[place] = (*(int(value) for value in color), 255)  # type: ignore[assignment]
        seen.append(np.array(list(canvas.values())).reshape(size[1], size[0], 4))
        for place in places:
            if place in canvas and frame.disposal >= 2:
                canvas[place] = (0, 0, 0, 0) if frame.disposal == 2 else before[place]
    return seen


def part(width: int, height: int, colors: int = 8) -> Any:
    return RANDOM.integers(0, colors, (height, width), np.uint8)


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("clear", [None, 0, 3])
@pytest.mark.parametrize(("first", "second"), list(itertools.product(range(5), repeat=2)))
def test_frames_are_laid_together_as_the_specification_has_it(
    first: int, second: int, clear: int | None, local: bool
) -> None:
    table, colors = (LOCAL, 4) if local else (None, 8)
    for whole, (left, top) in itertools.product((True, False), ((0, 0), (3, 2), (5, 3))):
        frames = (
            Frame(part(WIDTH, HEIGHT) if whole else part(3, 2), 0, 0, first),
            Frame(part(3, 2, colors), left, top, second, clear, table),
            Frame(part(2, 3), 1, 1, 0, clear, None, True),
        )
        image = read(gif(*frames))
        assert len(image.frames) == 3 and image.losses == ()
        for frame, wanted in zip(image.frames, composed(frames), strict=True):
            assert frame.pixels.dtype == np.uint8
            assert np.array_equal(rgba(frame), wanted)


def test_what_the_only_frame_does_not_cover_is_transparent() -> None:
    frame = Frame(part(2, 2), 3, 1)
    image = read(gif(frame))
    assert image.pixels.shape == (HEIGHT, WIDTH, 4) and image.duration is None
    assert np.array_equal(rgba(image), composed((frame,))[0])


@pytest.mark.parametrize("clear", [None, 2])
@pytest.mark.parametrize("interlaced", [False, True])
def test_a_frame_that_covers_all_is_its_colors(clear: int | None, interlaced: bool) -> None:
    frame = Frame(part(9, 13), clear=clear, interlaced=interlaced)
    image = read(gif(frame, size=(9, 13)))
    assert image.pixels.shape == (13, 9, 3 if clear is None else 4)
    assert np.array_equal(rgba(image), composed((frame,), (9, 13))[0])


def test_opaque_frames_have_no_alpha_though_parts_of_them_are_left_clear() -> None:
    frames = Frame(part(WIDTH, HEIGHT)), Frame(part(WIDTH, HEIGHT), clear=1)
    assert [frame.pixels.shape[2] for frame in read(gif(*frames)).frames] == [3, 3]


def test_without_any_color_table_indices_are_grays() -> None:
    indices = part(WIDTH, HEIGHT)
    image = read(gif(Frame(indices), Frame(indices[::-1].copy()), table=None))
    assert np.array_equal(image.pixels, np.dstack([indices] * 3))
    assert np.array_equal(rgba(read(gif(Frame(indices), table=None)))[:, :, 0], indices)


def test_an_index_beyond_the_table_is_black() -> None:
    frames = Frame(part(WIDTH, HEIGHT)), Frame(part(WIDTH, HEIGHT), table=LOCAL)
    assert np.array_equal(rgba(read(gif(*frames)).later[0]), composed(frames)[1])


def test_frames_beyond_the_picture_are_cut_off_but_the_first_makes_room() -> None:
    frames = (
        Frame(part(4, 3), 5, 3),
        Frame(part(5, 5), 6, 4),
        Frame(part(2, 2), 60000, 60000),
        Frame(part(3, 0)),
        Frame(part(1, 1), 0, 0),
    )
    image = read(gif(*frames))
    for frame, wanted in zip(image.frames, composed(frames, (9, 6)), strict=True):
        assert np.array_equal(rgba(frame), wanted)
    alone = read(gif(Frame(part(3, 2)), size=(0, 0)))
    assert alone.pixels.shape == (2, 3, 3)


@pytest.mark.parametrize(("block", "plays"), [(b"", 1), (LOOP, 5), (LOOP.replace(b"\1\4", b"\1\0"), 0),
                                              (LOOP.replace(b"NETSCAPE2.0", b"ANIMEXTS1.0"), 5),
                                              (LOOP.replace(b"\3\1\4\0", b"\5\2\0\0\0\0\3\1\4\0"), 5),
                                              (LOOP.replace(b"\3\1\4\0", b""), 1)])  # fmt: skip
def test_how_often_and_how_long_it_plays_is_read(block: bytes, plays: int) -> None:
    image = read(gif(Frame(part(WIDTH, HEIGHT)), Frame(part(2, 2)), extra=block))
    assert image.plays == plays and [frame.duration for frame in image.frames] == [70, 70]


def test_comments_profile_and_xmp_are_read_wherever_they_are() -> None:
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    trailer = b"\1" + bytes(range(255, -1, -1)) + b"\0"
    said = b"!\xff\x0bXMP DataXMP" + xmp + trailer + b"!\xff\x0bICCRGBG1012\3abc\2de\0"
    for frames in ((Frame(part(WIDTH, HEIGHT)),), (Frame(part(2, 2)), Frame(part(1, 1)))):
        data = gif(*frames, extra=b"!\xfe\2Gr\4\xc3\xbc\xc3\x9f\1e\0" + said)
        image = read(data[:-1] + b"\0\0!\xfe\3two\0!\x01\3any\0;")
        assert image.text == (("Comment", "Grüße\ntwo"),)
        assert (image.xmp, image.icc, image.losses) == (xmp, b"abcde", ())


def test_one_frame_is_what_it_is_in_all() -> None:
    frames = [Frame(part(WIDTH, HEIGHT)), Frame(part(3, 2), 1, 1, 2), Frame(part(2, 2), 2, 2, 3), Frame(part(1, 1))]
    data = gif(*frames)
    for number, wanted in enumerate(composed(tuple(frames)), start=1):
        assert np.array_equal(rgba(read(data, frame=number)), wanted)
    assert read(data, several=False).losses == ("it holds 4 pictures; the first is read",)


# Damage


def test_the_frame_that_a_file_ends_in_is_dropped_with_notice() -> None:
    frames = Frame(part(WIDTH, HEIGHT)), Frame(part(WIDTH, HEIGHT))
    first, whole = screen() + block(frames[0]), screen() + block(frames[0]) + block(frames[1])
    counts = set()
    for end in range(len(first), len(whole) + 1):
        image = read(whole[:end])
        assert image.losses == ("it is cut short; pictures may be missing",)
        assert np.array_equal(rgba(image), composed(frames)[0])
        counts.add(len(image.frames))
    assert counts == {1, 2}
    for end in range(6, len(first) - 20):
        with pytest.raises(ImageError, match="cut short"):
            read(first[:end])


def test_what_is_no_block_ends_the_pictures_and_its_place_is_reported() -> None:
    made = screen() + block(Frame(part(WIDTH, HEIGHT)))
    image = read(made + b"\0\0x" + block(Frame(part(2, 2))) + b";")
    assert image.losses == (f"it is damaged at byte {len(made) + 2}; pictures may be missing",)
    with pytest.raises(ImageError, match="it is damaged: it holds no picture"):
        read(screen() + b";")
    with pytest.raises(ImageError, match="it is damaged: its header says that it has 0 x 0 pixels"):
        read(gif(Frame(part(0, 0)), size=(0, 0)))


def test_pixels_are_counted_before_there_is_room_for_them() -> None:
    with pytest.raises(ImageError, match="4,294,836,225 pixels, more than"):
        read(gif(Frame(part(1, 1)), size=(65535, 65535)))
    frames = [Frame(part(1, 1)), Frame(part(WIDTH, HEIGHT))] * 3
    with pytest.raises(ImageError, match="it has 75 pixels, more than 74"):  # 6 of 1 x 1, and 23 more in 3 of them
        read(gif(*frames, size=(1, 1)), max_pixels=74)
    assert len(read(gif(*frames, size=(1, 1)), max_pixels=75).frames) == 6
    assert read(gif(*frames), max_pixels=24, frame=6).pixels.shape == (HEIGHT, WIDTH, 3)


def test_a_frame_with_too_few_pixels_is_refused() -> None:
    data = gif(Frame(part(2, 2)))
    place = data.index(b",", 40)
    with pytest.raises(ImageError, match="it is damaged"):
        read(data[: place + 5] + struct.pack("<HH", 6, 4) + data[place + 9 :])

"""EXIF byte for byte: only the tags that must change do. The tests read it without the code that they test."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
import tifffile

from imgcuda import images
from imgcuda.images import exif, metadata
from support.picture_files import RGB, chunk, png

ARTIST, MAKE, ORIENTATION, SOFTWARE, PROCESSING = 0x13B, 0x10F, 0x112, 0x131, 0x0B
EXIF, GPS, NOTE, INTEROP = 0x8769, 0x8825, 0x927C, 0xA005
NAME = "Jürgen Ødegård 山田".encode()
FORMATS = ["jpg", "png", "tif", "webp", "avif"]
JPEG_BYTES = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()

Tags = dict[int, tuple[int, bytes]]
"""Of tags: the type and the value."""

LENGTH = {13: 4, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}


def block(order: str, *directories: dict[int, Any], thumbnail: bytes = b"", padding: int = 0) -> bytes:
    """Return EXIF with IFD0, and where a tag's value is a dict, the directory that it leads to."""
    data = bytearray((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + padding) + bytes(padding))

    def write(tags: dict[int, Any]) -> int:
        start = len(data)
        data.extend(bytes(2 + 12 * len(tags) + 4))
        struct.pack_into(order + "H", data, start, len(tags))
        for number, (tag, given) in enumerate(sorted(tags.items())):
            kind, value = (4, struct.pack(order + "I", write(given))) if isinstance(given, dict) else given
            if len(value) > 4:
                place = len(data)
                data.extend(value + bytes(len(value) % 2))
                value = struct.pack(order + "I", place)
                count = len(given[1]) // LENGTH[kind]
            else:
                count = max(1, len(value) // LENGTH[kind])
            struct.pack_into(order + "HHI", data, start + 2 + 12 * number, tag, kind, count)
            data[start + 10 + 12 * number : start + 14 + 12 * number] = value.ljust(4, b"\0")
        return start

    first = write(directories[0])
    if thumbnail:
        link = first + 2 + 12 * len(directories[0])
        place = len(data) + 2 + 24 + 4
        struct.pack_into(order + "I", data, link, len(data))
        data.extend(
            struct.pack(order + "HHHIIHHIII", 2, 0x201, 4, 1, place, 0x202, 4, 1, len(thumbnail), 0) + thumbnail
        )
    return bytes(data)


def read(data: bytes, at: int | None = None) -> Tags:
    """Return a directory of EXIF, the first one unless `at` says another."""
    order = "<" if data[:2] == b"II" else ">"
    at = struct.unpack_from(order + "I", data, 4)[0] if at is None else at
    found = {}
    for place in range(at + 2, at + 2 + 12 * struct.unpack_from(order + "H", data, at)[0], 12):
        tag, kind, count = struct.unpack_from(order + "HHI", data, place)
        size = LENGTH.get(kind, 1) * count
        start = place + 8 if size <= 4 else struct.unpack_from(order + "I", data, place + 8)[0]
        found[tag] = (kind, data[start : start + size])
    return found


def sub(data: bytes, *way: int) -> Tags:
    """Return the directory that tags lead to, one after the other."""
    found = read(data)
    for tag in way:
        found = read(data, struct.unpack(("<" if data[:2] == b"II" else ">") + "I", found[tag][1])[0])
    return found


def in_file(path: Path) -> bytes:
    """Return the EXIF of a file that is searched for it."""
    data = path.read_bytes()
    if path.suffix == ".tif":
        return data
    if path.suffix == ".png":
        at = data.index(b"eXIf")
        return data[at + 4 : at + 4 + struct.unpack_from(">I", data, at - 4)[0]]
    at = min(place for place in (data.find(b"II*\0"), data.find(b"MM\0*")) if place >= 0)
    return data[at:]


class Unchanged(PIL.Image.Exif):
    """EXIF that Pillow's AVIF encoder does not write anew."""

    def __init__(self, found: bytes) -> None:
        super().__init__()
        self.found = found

    def __bool__(self) -> bool:
        return True

    def tobytes(self, offset: int = 8) -> bytes:
        return self.found


def saved(path: Path, found: bytes) -> Path:
    """Save a picture of 7 x 5 with EXIF."""
    if path.suffix == ".png":
        path.write_bytes(png(RGB, before=chunk(b"eXIf", found)))
    elif path.suffix == ".tif":
        path.write_bytes(as_tiff(found))
    else:
        given = Unchanged(found) if path.suffix == ".avif" else b"Exif\0\0" + found
        PIL.Image.fromarray(RGB).save(path, exif=given)
    return path


def as_tiff(found: bytes) -> bytes:
    """Return a TIFF that begins with a block of EXIF, with the pixels behind it."""
    order = "<" if found[:2] == b"II" else ">"
    first = struct.unpack_from(order + "I", found, 4)[0]
    raws = {}
    for k in range(struct.unpack_from(order + "H", found, first)[0]):
        raw = found[first + 2 + 12 * k : first + 14 + 12 * k]
        raws[struct.unpack_from(order + "H", raw)[0]] = raw
    data = bytearray(found + bytes(len(found) % 2))
    bits, pixels = len(data), len(data) + 6
    data += struct.pack(order + "3H", 8, 8, 8) + RGB.tobytes() + bytes(1)
    layout = {256: (3, 1, 7), 257: (3, 1, 5), 258: (3, 3, bits), 259: (3, 1, 1), 262: (3, 1, 2), 273: (4, 1, pixels)}
    layout |= {277: (3, 1, 3), 278: (3, 1, 5), 279: (4, 1, 105)}
    for tag, (kind, count, value) in layout.items():
        short = kind == 3 and count == 1
        last = struct.pack(order + ("HH" if short else "I"), *((value, 0) if short else (value,)))
        raws[tag] = struct.pack(order + "HHI", tag, kind, count) + last
    struct.pack_into(order + "I", data, 4, len(data))
    return bytes(data + struct.pack(order + "H", len(raws)) + b"".join(raws[tag] for tag in sorted(raws)) + bytes(4))


def copied(tmp_path: Path, found: bytes, source: str, target: str) -> tuple[bytes, images.Written]:
    """Return the EXIF that a picture has after it was read from one format and written to another."""
    image = images.read(saved(tmp_path / f"a.{source}", found))
    written = images.write(tmp_path / f"b.{target}", image)
    return in_file(tmp_path / f"b.{target}"), written


def rich(order: str) -> bytes:
    """Return EXIF as a camera writes it, its maker note with an offset to the name in it."""
    number = struct.Struct(order + "I")
    at = 8 + 2 + 5 * 12 + 4 + len(NAME) + 1 + 6  # of the EXIF directory
    at += at % 2
    note_at = at + 2 + 3 * 12 + 4
    note = struct.pack(order + "HHHII", 1, 9, 2, 6, note_at + 18) + bytes(4) + b"owner\0"
    return block(order, {
        MAKE: (2, b"Canon\0"), ARTIST: (2, NAME + b"\0"), ORIENTATION: (3, struct.pack(order + "H", 1)),
        EXIF: {NOTE: (7, note), 0x9286: (7, b"UNICODE\0\x71\x5c"), INTEROP: {1: (2, b"R98\0")}},
        GPS: {2: (5, number.pack(51) + number.pack(1) + number.pack(28) + number.pack(1) + number.pack(0) * 2)},
    })  # fmt: skip


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", FORMATS)
def test_every_tag_keeps_its_bytes_and_maker_notes_their_offsets(
    source: str, target: str, order: str, tmp_path: Path
) -> None:
    before = rich(order)
    after, written = copied(tmp_path, before, source, target)
    assert written == ((), ())
    first = read(after)
    for tag in (MAKE, ARTIST):
        assert first[tag] == read(before)[tag]
    assert first.get(ORIENTATION, (3, struct.pack(order + "H", 1))) == (3, struct.pack(order + "H", 1))
    assert sub(after, GPS) == sub(before, GPS)
    assert sub(after, EXIF, INTEROP) == sub(before, EXIF, INTEROP)
    noted = sub(after, EXIF)
    assert noted[NOTE] == sub(before, EXIF)[NOTE] and noted[0x9286] == sub(before, EXIF)[0x9286]
    place = struct.unpack_from(order + "I", noted[NOTE][1], 10)[0]
    assert after[place : place + 6] == b"owner\0"  # where the maker note says that it is


@pytest.mark.parametrize("target", ["jpg", "png", "webp"])
def test_a_block_in_which_nothing_must_change_is_the_same(target: str, tmp_path: Path) -> None:
    before = rich(">")
    assert copied(tmp_path, before, "jpg", target)[0][: len(before)] == before


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("source", ["jpg", "png", "tif"])
def test_what_says_the_size_and_the_orientation_follows_the_picture(source: str, order: str, tmp_path: Path) -> None:
    number = struct.Struct(order + "I").pack
    turned = block(order, {
        ORIENTATION: (3, struct.pack(order + "H", 6)),
        282: (5, number(300) + number(1)), 283: (5, number(150) + number(1)),
        EXIF: {0xA002: (3, struct.pack(order + "H", 7)), 0xA003: (4, number(5)), 0x9214: (3, bytes(4)),
               INTEROP: {0x1001: (4, number(7)), 0x1002: (4, number(5))}},
    })  # fmt: skip
    after, _ = copied(tmp_path, turned, source, "jpg")
    first, inner, relation = read(after), sub(after, EXIF), sub(after, EXIF, INTEROP)
    assert first[ORIENTATION] == (3, struct.pack(order + "H", 1))
    assert (first[282][1], first[283][1]) == (number(150) + number(1), number(300) + number(1))
    assert inner[0xA002] == (4, number(5)) and inner[0xA003] == (3, struct.pack(order + "H", 7))
    assert (relation[0x1001][1], relation[0x1002][1]) == (number(5), number(7))
    assert 0x9214 not in inner  # where the subject was
    image = images.read(tmp_path / f"a.{source}")
    images.write(tmp_path / "c.jpg", image.filtered([np.zeros((70000 // 2, 2, 3), np.uint8)]))
    inner = sub(in_file(tmp_path / "c.jpg"), EXIF)
    assert struct.unpack(order + "I", inner[0xA002][1].ljust(4, b"\0"))[0] in (2, 2 << 16)
    assert inner[0xA003] == (3, struct.pack(order + "H", 35000))


def test_previews_of_the_unfiltered_picture_stay_behind(tmp_path: Path) -> None:
    preview = JPEG_BYTES
    found = block("<", {MAKE: (2, b"Canon\0"), EXIF: {NOTE: (7, b"note" + preview + b"rest")}}, thumbnail=preview)
    after, written = copied(tmp_path, found, "jpg", "png")
    assert written == ((), ())
    assert sub(after, EXIF)[NOTE] == (7, b"note" + bytes(len(preview)) + b"rest")
    assert preview[:20] not in after and b"\xff\xd8" not in after
    assert len(after) < len(found) - len(preview)  # the thumbnail was the last
    assert struct.unpack_from("<I", after, 8 + 2 + 2 * 12)[0] == 0  # no IFD1


def test_a_tiff_keeps_its_maker_note_in_place_or_says_that_it_cannot(tmp_path: Path) -> None:
    near, far = (block("<", {EXIF: {NOTE: (7, b"absolute" * 4)}}, padding=size) for size in (40_000, 80_000))
    after, written = copied(tmp_path, near, "tif", "tif")
    assert written == ((), ())
    place = near.index(b"absolute")
    assert after[place : place + 32] == b"absolute" * 4
    image = images.read(saved(tmp_path / "far.tif", far))
    assert image.losses == (exif.MOVED,)
    movable = block("<", {EXIF: {NOTE: (7, b"Nikon\0\2" + bytes(40))}}, padding=80_000)
    after, _ = copied(tmp_path, movable, "tif", "jpg")
    assert sub(after, EXIF)[NOTE] == (7, b"Nikon\0\2" + bytes(40))


def test_later_pages_of_a_tiff_keep_their_tags_in_the_order_of_the_first(tmp_path: Path) -> None:
    pages = [images.read(saved(tmp_path / f"{k}.jpg", rich(order))) for k, order in enumerate("<>")]
    written = images.write(tmp_path / "a.tif", replace(pages[0], later=(pages[1],)))
    assert written.left_out == (exif.MOVED,)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        for page in file.pages:
            assert isinstance(page, tifffile.TiffPage)
            tags = page.tags
            assert page.asarray().shape == (5, 7, 3)
            assert tags[MAKE].value == "Canon" and tags[ORIENTATION].value == 1
            assert tags[GPS].value["GPSLatitude"] == (51, 1, 28, 1, 0, 0)


def test_exif_that_is_too_long_for_a_jpeg_loses_its_largest_values(tmp_path: Path) -> None:
    found = block("<", {ARTIST: (2, NAME + b"\0"), EXIF: {NOTE: (7, bytes(70_000)), 0x9286: (7, b"comment" * 9)}})
    after, written = copied(tmp_path, found, "png", "jpg")
    assert read(after)[ARTIST] == (2, NAME + b"\0") and sub(after, EXIF) == {0x9286: (7, b"comment" * 9)}
    assert written.left_out == ("its EXIF is longer than a JPEG's may be; tag 0x927C is left out",)


@pytest.mark.parametrize("change", ["value beyond the end", "loop", "loop of Interop", "no directory", "cut short"])
@pytest.mark.parametrize("source", ["jpg", "png", "webp", "tif"])
def test_damaged_exif_costs_what_is_damaged_with_notice(change: str, source: str, tmp_path: Path) -> None:
    good = bytearray(rich("<"))
    at = {tag: good.index(struct.pack("<H", tag)) for tag in (ARTIST, EXIF, INTEROP)}
    if change == "value beyond the end":
        struct.pack_into("<I", good, at[ARTIST] + 8, 1 << 24)
    elif change == "loop" and source != "tif":
        struct.pack_into("<I", good, at[EXIF] + 8, 8)
    elif change == "loop of Interop":
        struct.pack_into("<I", good, at[INTEROP] + 8, struct.unpack_from("<I", good, at[EXIF] + 8)[0])
    elif change == "no directory" and source != "tif":
        struct.pack_into("<I", good, 4, 1 << 20)
    elif source != "tif":
        good = good[: at[EXIF] + 12]
    else:
        return
    image = images.read(saved(tmp_path / f"a.{source}", bytes(good)))
    assert len(image.losses) == 1 and image.losses[0].startswith("its EXIF is damaged")
    assert np.abs(image.pixels.astype(int) - RGB).max() < 60
    images.write(tmp_path / "b.tif", image)
    images.write(tmp_path / "b.avif", image)


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_program_that_wrote_is_named_and_the_one_before_kept(order: str) -> None:
    found = exif.ExifBlock(block(order, {SOFTWARE: (2, b"Camera 1.0\0"), MAKE: (2, b"Canon\0")}))
    found.name_software(b"imgcuda 0.1.0 #00000000")
    once = read(bytes(found)[6:])
    assert once == {
        PROCESSING: (2, b"Camera 1.0\0"),
        SOFTWARE: (2, b"imgcuda 0.1.0 #00000000\0"),
        MAKE: (2, b"Canon\0"),
    }
    found.name_software(b"imgcuda 0.1.0 #12345678")
    again = read(bytes(found)[6:])
    assert again == once | {SOFTWARE: (2, b"imgcuda 0.1.0 #12345678\0")}


@pytest.mark.parametrize(
    ("unit", "density", "dpi"), [(1, (300, 150), (300, 150)), (2, (118, 118), (299.72, 299.72)), (0, (2, 1), None)]
)
def test_a_density_keeps_its_unit_and_its_number(
    unit: int, density: tuple[int, int], dpi: tuple[float, float] | None, tmp_path: Path
) -> None:
    head = b"JFIF\0\1\1" + struct.pack(">BHH", unit, *density)
    (tmp_path / "a.jpg").write_bytes(JPEG_BYTES[:6] + head + JPEG_BYTES[18:])
    image = images.read(tmp_path / "a.jpg")
    assert image.dpi == (pytest.approx(dpi) if dpi else None)
    images.write(tmp_path / "b.jpg", image)
    assert (tmp_path / "b.jpg").read_bytes()[6:18] == head
    images.write(tmp_path / "b.tif", image)
    images.write(tmp_path / "b.png", images.read(tmp_path / "b.tif"))
    images.write(tmp_path / "c.jpg", images.read(tmp_path / "b.png"))
    found = struct.unpack(">BHH", (tmp_path / "c.jpg").read_bytes()[13:18])
    assert found == (unit, *density)


def test_a_density_beyond_jfif_is_said_and_within_it_in_another_unit_kept(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", RGB, resolution=(40_000, 40_000), resolutionunit=3)
    assert images.write(tmp_path / "a.jpg", images.read(tmp_path / "a.tif")) == ((), ())
    assert (tmp_path / "a.jpg").read_bytes()[13:18] == struct.pack(">BHH", 2, 40_000, 40_000)
    written = images.write(tmp_path / "b.jpg", images.Image(RGB, dpi=(1e6, 1e6)))
    assert written.left_out == ("its resolution has no place in this JPEG",)
    assert (tmp_path / "b.jpg").read_bytes()[13:18] == struct.pack(">BHH", 0, 1, 1)


def test_mutated_exif_is_read_or_said(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    good = rich("<") + b""
    kept = 0
    for _ in range(2000):
        data = bytearray(good)
        for place in random.integers(0, len(data), 6):
            data[place] = (0, 1, 8, 255, int(random.integers(256)))[random.integers(5)]
        found, said = metadata.block(bytes(data[: random.integers(8, len(data) + 1)]))
        if found:
            again = exif.ExifBlock(found)
            assert bytes(again) == found and not again.is_damaged
            kept += 1
        else:
            assert said == [metadata.DAMAGED]
    assert kept > 200


def pointed(data: bytes, at: int, *subs: int) -> dict[int, tuple[int, bytes]]:
    """Return the entries of a TIFF's directory, or of one that its tags lead to, by the offsets alone: the type and the
    four bytes of each."""
    order = "<" if data[:2] == b"II" else ">"
    count = struct.unpack_from(order + "H", data, at)[0]
    assert 0 < count < 64 and at + 2 + 12 * count + 4 <= len(data)
    found = {}
    for place in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(order + "HH", data, place)
        found[tag] = (kind, data[place + 8 : place + 12])
    return pointed(data, struct.unpack(order + "I", found[subs[0]][1])[0], *subs[1:]) if subs else found


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("note", [False, True])
def test_a_tiff_has_interop_and_is_little_endian_unless_a_note_is_not(order: str, note: bool, tmp_path: Path) -> None:
    number = struct.Struct(order + "I").pack
    inner: Any = {0x9003: (2, b"2020:01:02 03:04:05\0"), 0x829A: (5, number(1) + number(250)), 0x9000: (7, b"0232"),
                  0xA002: (4, number(7)), INTEROP: {1: (2, b"R98\0"), 2: (7, b"0100")}}  # fmt: skip
    inner |= {NOTE: (7, b"offsets!" * 4)} if note else {}
    found = block(order, {ORIENTATION: (3, struct.pack(order + "H", 1)), ARTIST: (2, NAME + b"\0"), EXIF: inner})
    images.write(tmp_path / "b.tif", images.read(saved(tmp_path / "a.jpg", found)))
    data = (tmp_path / "b.tif").read_bytes()
    made = order if note else "<"
    assert data[:2] == (b"II" if made == "<" else b"MM")
    first = struct.unpack_from(made + "I", data, 4)[0]
    assert pointed(data, first, EXIF, INTEROP) == {1: (2, b"R98\0"), 2: (7, b"0100")}
    exposure = struct.unpack(made + "I", pointed(data, first, EXIF)[0x829A][1])[0]
    assert struct.unpack_from(made + "II", data, exposure) == (1, 250)
    assert pointed(data, first, EXIF)[0xA002] == (4, struct.pack(made + "I", 7))
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        page = file.pages[0]
        assert isinstance(page, tifffile.TiffPage) and page.asarray().shape == (5, 7, 3)


@pytest.mark.parametrize(
    "entry",
    [{0x9286: (7, b"UNICODE\0\0a")}, {0xA302: (7, b"\0\2\0\2\0\1\1\2")}, {0xC634: (4, b"\0\0\0\x20")},
     {0xFDE8: (13, b"\0\0\0\x20")}],
)  # fmt: skip
def test_values_of_unknown_order_keep_their_bytes_in_a_tiff(entry: Any, tmp_path: Path) -> None:
    found = block(">", {ARTIST: (2, NAME + b"\0"), EXIF: entry})
    after, _ = copied(tmp_path, found, "jpg", "tif")
    assert after[:2] == b"MM"
    for tag, value in entry.items():
        assert sub(after, EXIF)[tag] == value

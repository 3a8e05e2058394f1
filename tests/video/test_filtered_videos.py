"""Videos from Python: frames as arrays, arrays as videos, and filters over all frames, compared with arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import Filter, ImageError, ParameterError, Pipeline, functions, video

pytest.importorskip("av")

import av

from support.installed import installed
from support.video_files import COUNT, drawn, make, packets, times

LOSSLESS = video.VideoOptions(codec="ffv1")
BRIGHTER = Pipeline.from_text("brightness:factor=1.2")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video with sound, turned by 90 degrees, with frames at uneven times."""
    return make(tmp_path_factory.mktemp("video") / "in.mp4", rotation=90, sound="aac")


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of 10 bits."""
    return make(tmp_path_factory.mktemp("video") / "deep.mp4", "libx265", "yuv420p10le")


def info(path: Path) -> Any:
    """Return the context of the decoder of a video's frames."""
    with av.open(path) as source:
        context = source.streams.video[0].codec_context
        colors = ["colorspace", "color_range", "color_primaries", "color_trc"]
        names = [*colors, "pix_fmt", "sample_aspect_ratio", "width", "height", "name"]
        return {name: getattr(context, name) for name in names}


def same(wanted: Iterable[npt.NDArray[Any]], made: Iterable[npt.NDArray[Any]]) -> bool:
    """Return whether the frames are the same, to the last bit."""
    return all(np.array_equal(one, other) for one, other in zip(wanted, made, strict=True))


# Arrays


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_arrays_come_back_from_a_lossless_video(dtype: Any, tmp_path: Path) -> None:
    most = np.iinfo(dtype).max
    given = [np.random.default_rng(number).integers(0, most, (33, 45, 3), dtype, True) for number in range(5)]
    video.write(tmp_path / "a.mkv", given, rate=12.5, codec="ffv1")
    made = list(video.frames(tmp_path / "a.mkv"))
    assert len(made) == 5
    assert same(given, made)
    assert times(tmp_path / "a.mkv")[1] == pytest.approx(0.08)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "h264"), ("a.mp4", "hevc"), ("a.mp4", "av1"), ("a.mov", "h264"), ("a.webm", "vp9"), ("a.mkv", "vp9")],
)
def test_every_codec_shows_nearly_the_arrays(name: str, codec: str, tmp_path: Path, capfd: Any) -> None:
    video.write(tmp_path / name, map(drawn, range(4)), codec=codec, quality=90)
    made = list(video.frames(tmp_path / name))
    assert [frame.dtype for frame in made] == [np.dtype(np.uint8)] * 4
    assert max(np.abs(drawn(number) - frame.astype(float)).mean() for number, frame in enumerate(made)) < 4
    assert capfd.readouterr() == ("", "")


def test_gray_arrays_become_gray_frames(tmp_path: Path) -> None:
    video.write(tmp_path / "a.mkv", [drawn(0)[:, :, 0], drawn(1)[:, :, :1]], codec="ffv1")
    (first, second) = video.frames(tmp_path / "a.mkv")
    assert np.array_equal(first, np.repeat(drawn(0)[:, :, :1], 3, 2))
    assert np.array_equal(second, np.repeat(drawn(1)[:, :, :1], 3, 2))


def test_an_array_that_is_no_frame_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    cases: list[tuple[list[npt.NDArray[Any]], str]] = [
        ([], "at least one frame"),
        ([np.zeros((4, 4, 4), np.uint8)], "RGB"),
        ([np.zeros((4, 4), np.float32)], "uint8 or uint16; got float32"),
        ([drawn(0), drawn(0, 50)], "from 64x48 to 64x50"),
        ([drawn(0), drawn(0).astype(np.uint16)], "one of them has uint16"),
        ([drawn(0, 47)], "resize:width=64,height=48"),
    ]
    for arrays, words in cases:
        with pytest.raises(ImageError, match=words):
            video.write(tmp_path / "a.mp4", arrays)
    assert list(tmp_path.iterdir()) == []


def test_quality_is_a_scale_from_small_to_good(tmp_path: Path) -> None:
    noise = [np.random.default_rng(number).integers(0, 256, (48, 64, 3), np.uint8) for number in range(3)]
    sizes = []
    for quality in (1, 30, 65, 95):
        video.write(tmp_path / "a.mp4", noise, quality=quality)
        sizes.append((tmp_path / "a.mp4").stat().st_size)
    assert sizes == sorted(set(sizes))
    with pytest.raises(ParameterError, match="ffv1 loses nothing"):
        video.write(tmp_path / "b.mkv", noise, codec="ffv1", quality=50)


def test_a_codec_that_the_container_does_not_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"--codec for webm is one of vp9, av1; got 'h264'"):
        video.write(tmp_path / "a.webm", [drawn(0)], codec="h264")


# Filters


def test_each_frame_is_filtered_as_an_array_is(plain: Path, tmp_path: Path) -> None:
    made = video.filter_video([BRIGHTER, installed().create("blur", {})], plain, tmp_path / "out.mkv", LOSSLESS)
    assert (made.frames, made.lost_in_reading, made.lost_in_writing) == (COUNT, (), ())
    chain = Pipeline([BRIGHTER, installed().create("blur", {})])
    wanted = [chain(frame) for frame in video.frames(plain)]
    assert same(wanted, video.frames(tmp_path / "out.mkv"))


def test_no_filter_gives_the_same_pixels_in_a_lossless_codec(plain: Path, tmp_path: Path) -> None:
    video.filter_video([], plain, tmp_path / "out.mkv", LOSSLESS)
    assert same(video.frames(plain), video.frames(tmp_path / "out.mkv"))


def test_a_video_of_ten_bits_is_filtered_as_uint16(deep: Path, tmp_path: Path) -> None:
    assert {frame.dtype for frame in video.frames(deep)} == {np.dtype(np.uint16)}
    video.filter_video([BRIGHTER], deep, tmp_path / "out.mkv", LOSSLESS)
    wanted = [BRIGHTER(frame) for frame in video.frames(deep)]
    assert same(wanted, video.frames(tmp_path / "out.mkv"))
    video.filter_video([BRIGHTER], deep, tmp_path / "out.mp4")
    assert (info(tmp_path / "out.mp4")["name"], info(tmp_path / "out.mp4")["pix_fmt"]) == ("hevc", "yuv420p10le")


def test_depth_chooses_the_type_of_the_frames(deep: Path, plain: Path, tmp_path: Path) -> None:
    assert next(video.frames(deep, depth="8")).dtype == np.uint8
    assert next(video.frames(plain, depth="16")).dtype == np.uint16
    video.filter_video([], deep, tmp_path / "out.mp4", video.VideoOptions(depth="8"))
    assert info(tmp_path / "out.mp4")["pix_fmt"] == "yuv420p"


def test_frames_have_the_colors_of_their_matrix_and_range(plain: Path) -> None:
    errors = [np.abs(frame - drawn(number).astype(float)) for number, frame in enumerate(video.frames(plain))]
    assert max(error.mean() for error in errors) < 3  # with the matrix of BT.601 it would be 7


def test_noise_differs_from_frame_to_frame_and_not_from_run_to_run(plain: Path, tmp_path: Path) -> None:
    noise = installed().create("add-noise", {"amount": 0.1, "seed": 7})
    for name in ("one.mkv", "other.mkv"):
        video.filter_video([noise], plain, tmp_path / name, LOSSLESS)
    given, made = list(video.frames(plain)), list(video.frames(tmp_path / "one.mkv"))
    wanted = [functions.add_noise(frame, amount=0.1, seed=7 + number) for number, frame in enumerate(given)]
    assert same(wanted, made)
    assert (tmp_path / "one.mkv").read_bytes() == (tmp_path / "other.mkv").read_bytes()


def test_a_filter_of_ones_own_gets_the_number_of_its_frame() -> None:
    class Numbered(imgcuda.PointFilter):
        """Say which frame it is for."""

        seed: int = imgcuda.param(default=0, help="its number")

        def for_frame(self, number: int) -> Filter:
            return Numbered(seed=self.seed + number)

    chain = Pipeline([Numbered(seed=3), installed().create("invert", {})])
    assert chain.for_frame(4).filters == (Numbered(seed=7), chain.filters[1])


# What is kept


def test_frames_are_shown_at_the_same_times(plain: Path, tmp_path: Path) -> None:
    for name in ("out.mp4", "out.mov", "out.mkv"):
        video.filter_video([BRIGHTER], plain, tmp_path / name)
        assert times(tmp_path / name)[:-1] == pytest.approx(times(plain)[:-1], abs=0.0011)


def test_sound_and_metadata_are_copied_as_they_are(plain: Path, tmp_path: Path) -> None:
    for name in ("out.mp4", "out.mkv"):
        video.filter_video([BRIGHTER], plain, tmp_path / name)
        assert packets(tmp_path / name, "audio") == packets(plain, "audio")
        with av.open(tmp_path / name) as made:
            assert made.metadata["title"] == "A title"
            assert made.streams.audio[0].metadata["language"] == "deu"


def test_rotation_colors_and_the_shape_of_pixels_are_kept(plain: Path, tmp_path: Path) -> None:
    before = info(plain)
    for name in ("out.mp4", "out.mkv"):
        video.filter_video([BRIGHTER], plain, tmp_path / name)
        assert info(tmp_path / name) == before
        with av.open(tmp_path / name) as made:
            assert next(made.decode(video=0)).rotation == 90


def test_colors_that_are_not_halved_stay_so(tmp_path: Path) -> None:
    for layout in ("yuv422p", "yuv444p"):
        video.filter_video([], make(tmp_path / f"{layout}.mkv", layout=layout), tmp_path / f"{layout}.mp4")
        assert info(tmp_path / f"{layout}.mp4")["pix_fmt"] == layout


def test_subtitles_and_chapters_are_copied_where_there_is_a_place(tmp_path: Path) -> None:
    source = _with_subtitles(make(tmp_path / "plain.mkv"), tmp_path / "in.mkv")
    made = video.filter_video([], source, tmp_path / "out.mkv")
    assert made.lost_in_writing == ()
    assert packets(tmp_path / "out.mkv", "subtitle") == packets(source, "subtitle") == [b"Hello"]
    with av.open(tmp_path / "out.mkv") as again:
        assert [chapter["metadata"]["title"] for chapter in again.chapters()] == ["First"]
    lost = video.filter_video([], source, tmp_path / "out.mp4").lost_in_writing
    assert lost == ("mp4 cannot hold its subtitles (srt): left out",)


def _with_subtitles(plain: Path, target: Path) -> Path:
    with av.open(plain) as source, av.open(target, "w") as output:
        copy = output.add_stream_from_template(source.streams.video[0], opaque=True)
        words = output.add_mux_stream("subrip", time_base=Fraction(1, 1000))
        base = Fraction(1, 1000)
        output.set_chapters([{"id": 1, "start": 0, "end": 500, "time_base": base, "metadata": {"title": "First"}}])
        packet = av.Packet(b"Hello")
        packet.stream, packet.pts, packet.dts, packet.duration, packet.time_base = words, 100, 100, 500, base
        output.mux(packet)
        for each in source.demux(video=0):
            if each.size:
                each.stream = copy
                output.mux(each)
    return target


def test_strip_leaves_metadata_out_and_strict_refuses_losses(plain: Path, tmp_path: Path) -> None:
    video.filter_video([], plain, tmp_path / "out.mp4", video.VideoOptions(strip=True))
    with av.open(tmp_path / "out.mp4") as made:
        assert "title" not in made.metadata
    with pytest.raises(ImageError, match=r"webm cannot hold its sound \(aac\): left out"):
        video.filter_video([], plain, tmp_path / "out.webm", video.VideoOptions(strict=True))
    assert not (tmp_path / "out.webm").exists()


@pytest.mark.parametrize("name", ["in.avi", "in.ts", "in.flv", "in.mkv", "in.mov"])
def test_videos_are_read_by_content_whatever_they_are_called(name: str, tmp_path: Path) -> None:
    codec = "mpeg4" if name == "in.avi" else "libx264"
    source = make(tmp_path / name, codec)
    source.rename(tmp_path / "unnamed")
    assert len(list(video.frames(tmp_path / "unnamed"))) == COUNT


def test_a_gif_becomes_a_video(tmp_path: Path) -> None:
    shades = [np.full((20, 30, 3), 40 * number, np.uint8) for number in range(4)]
    first, *later = (imgcuda.Image(shade, duration=50 + 50 * (number % 2)) for number, shade in enumerate(shades))
    imgcuda.write(tmp_path / "in.gif", imgcuda.Image(first.pixels, duration=50, later=tuple(later)))
    video.filter_video([], tmp_path / "in.gif", tmp_path / "out.mkv", LOSSLESS)
    assert [int(frame[0, 0, 0]) for frame in video.frames(tmp_path / "out.mkv")] == [0, 40, 80, 120]
    assert times(tmp_path / "out.mkv")[:4] == pytest.approx([0, 0.05, 0.15, 0.2])
    video.filter_video([], tmp_path / "in.gif", tmp_path / "out.mp4")
    assert times(tmp_path / "out.mp4")[-1] == pytest.approx(0.1)  # how long the last is shown


# What goes wrong


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no video in a known format"),
        (b"ffconcat version 1.0\nfile in.mp4\n", "no video in a known format"),
        (b"#EXTM3U\n#EXTINF:1,\nin.mp4\n", "no video in a known format"),
        (b"\0\0\0\x1cftypisom" + bytes(500), "damaged or cut short"),
        (b"\x1aE\xdf\xa3" + bytes(500), "damaged or cut short"),
    ],
)
def test_what_is_no_video_is_refused_in_a_sentence(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "in.mp4").write_bytes(content)
    (tmp_path / "out.mp4").write_bytes(b"old")
    with pytest.raises(ImageError, match=f"in.mp4 cannot be read: .*{words}") as caught:
        video.filter_video([], tmp_path / "in.mp4", tmp_path / "out.mp4", video.VideoOptions(clobber=True))
    assert "\n" not in str(caught.value)
    assert (tmp_path / "out.mp4").read_bytes() == b"old"


def test_a_picture_and_a_file_with_sound_alone_are_no_videos(tmp_path: Path) -> None:
    imgcuda.write(tmp_path / "in.png", drawn(0))
    with pytest.raises(ImageError, match=r"it is a picture \(PNG\), not a video"):
        next(video.frames(tmp_path / "in.png"))
    with av.open(tmp_path / "in.mkv", "w") as output:
        sound: Any = output.add_stream("pcm_s16le", 48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 2000), np.int16), layout="stereo")
        frame.sample_rate = 48000
        output.mux(sound.encode(frame))
    with pytest.raises(ImageError, match="it has no video, only sound"):
        next(video.frames(tmp_path / "in.mkv"))


def test_a_video_that_is_cut_short_is_told_or_refused(plain: Path, tmp_path: Path) -> None:
    video.filter_video([], plain, tmp_path / "whole.mkv")
    data = (tmp_path / "whole.mkv").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) // 3])
    made = video.filter_video([], tmp_path / "cut.mkv", tmp_path / "out.mkv")
    assert 0 < made.frames < COUNT
    assert made.lost_in_reading[0].startswith("it is cut short: ")
    with pytest.raises(ImageError, match=r"cut.mkv cannot be read: it is cut short"):
        video.filter_video([], tmp_path / "cut.mkv", tmp_path / "other.mkv", video.VideoOptions(strict=True))
    assert len(list(video.frames(tmp_path / "out.mkv"))) == made.frames


def test_damaged_data_ends_with_a_sentence_and_the_old_file(plain: Path, tmp_path: Path) -> None:
    data = bytearray(plain.read_bytes())
    for place in range(200, len(data) - 4500, 97):
        data[place] ^= 0x5A
    (tmp_path / "bad.mp4").write_bytes(data)
    with pytest.raises(ImageError, match=r"bad.mp4 cannot be read: it is damaged or cut short"):
        video.filter_video([], tmp_path / "bad.mp4", tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.mp4"]


def test_an_error_of_a_filter_comes_through_as_it_is(plain: Path, tmp_path: Path) -> None:
    large = installed().create("resize", {"width": 1000, "height": 1000})
    with pytest.raises(ImageError, match=r"^resize would make 1000x1000"):
        video.filter_video([large], plain, tmp_path / "out.mp4", video.VideoOptions(max_pixels=10_000))
    assert list(tmp_path.iterdir()) == []


def test_an_error_while_arrays_are_made_comes_through(tmp_path: Path) -> None:
    def arrays() -> Iterator[npt.NDArray[Any]]:
        yield drawn(0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        video.write(tmp_path / "out.mp4", arrays())
    assert list(tmp_path.iterdir()) == []

"""Small videos, made by PyAV: with sound, subtitles, a rotation, frames at uneven times, and more than 8 bits."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

STEPS = (20, 20, 35)
"""How long the frames are shown, in turns, in 1/600 s."""
COUNT = 24


def drawn(number: int, height: int = 48, width: int = 64) -> npt.NDArray[np.uint8]:
    """Return a frame without sharp edges, another for each number."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 3 + number, y * 4, x + y + number], -1).astype(np.uint8)


def make(
    path: Path, codec: str = "libx264", layout: str = "yuv420p", *, rotation: int = 0, sound: str = "", matrix: int = 1
) -> Path:
    """Write a video of COUNT frames, with a title, whose colors are BT.709 of limited range."""
    with av.open(path, "w") as output:
        output.metadata["title"] = "A title"
        video: Any = output.add_stream(codec, 24, options={"x265-params": "log-level=none"})
        video.width, video.height, video.pix_fmt = 64, 48, layout
        video.codec_context.time_base = Fraction(1, 600)
        video.codec_context.colorspace, video.codec_context.color_range = matrix, 1
        video.codec_context.color_primaries = video.codec_context.color_trc = 1
        video.codec_context.sample_aspect_ratio = Fraction(4, 3)
        if rotation:
            video.set_display_rotation(rotation)
        audio: Any = output.add_stream(sound, 48000) if sound else None
        if audio:
            audio.metadata["language"] = "deu"
        pts = 0
        for number in range(COUNT):
            frame = av.VideoFrame.from_ndarray(drawn(number)).reformat(format=layout, dst_colorspace=1)
            frame.pts, frame.time_base = pts, Fraction(1, 600)
            pts += STEPS[number % 3]
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        if audio:
            for frame in _noise(audio):
                output.mux(audio.encode(frame))
            output.mux(audio.encode(None))
    return path


def _noise(audio: Any) -> list[Any]:
    context = audio.codec_context
    resampler = av.AudioResampler(context.format.name, "stereo", 48000)
    samples = np.random.default_rng(0).standard_normal((1, 2 * 48000)).astype(np.float32) * 0.1
    frame = av.AudioFrame.from_ndarray(samples, format="flt", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
    fifo = av.AudioFifo()
    for made in resampler.resample(frame):
        fifo.write(made)
    return fifo.read_many(context.frame_size or 1024, partial=True)


def packets(path: Path, kind: str) -> list[bytes]:
    """Return the encoded data of a file's first stream of a kind."""
    with av.open(path) as source:
        stream = next(each for each in source.streams if each.type == kind)
        return [bytes(packet) for packet in source.demux(stream) if packet.size]


def times(path: Path) -> list[float]:
    """Return when a video's frames are shown, in seconds after the first, and for how long the last is."""
    with av.open(path) as source:
        frames: list[Any] = list(source.decode(video=0))
    at = [float(frame.pts * frame.time_base) for frame in frames]
    return [each - at[0] for each in at] + [float(frames[-1].duration * frames[-1].time_base)]

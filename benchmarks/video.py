"""Frames per second of a video that is filtered, beside FFmpeg's own filter with the same codec, both through PyAV.

python benchmarks/video.py [--frames 120] [--size 1920x1080] [--runs 3]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import av
import av.filter
import numpy as np

import imgcuda
from imgcuda import video

FILTERS = {
    "": "null",
    "invert": "negate",
    "blur:sigma=3": "gblur=sigma=3:steps=3",
    "median:radius=1": "median=radius=1",
}
"""Ours, and FFmpeg's that do about the same; FFmpeg's filter the video's YUV, ours convert to RGB and back."""


def drawn(number: int, width: int, height: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a frame with moving shades and a little noise."""
    y, x = np.mgrid[:height, :width]
    noise = np.random.default_rng(number).integers(0, 8, (height, width, 3))
    return (np.stack([x // 4 + number, y // 3, x // 5 + y // 5 + number], -1) % 240 + noise).astype(np.uint8)


def by_imgcuda(text: str, source: Path, target: Path) -> None:
    chain = imgcuda.Pipeline.from_text(text)
    video.filter_video([chain], source, target, video.VideoOptions(clobber=True))


def by_ffmpeg(text: str, source: Path, target: Path) -> None:
    """Filter a video by FFmpeg's own filter, with the encoder and the quality of imgcuda's default."""
    with av.open(source) as given, av.open(target, "w") as made:
        stream = given.streams.video[0]
        stream.thread_type = "AUTO"
        out: Any = made.add_stream("libx264", stream.average_rate, options={"crf": "18"})
        out.width, out.height, out.pix_fmt = stream.width, stream.height, "yuv420p"
        graph = av.filter.Graph()
        name, _, arguments = text.partition("=")
        graph.link_nodes(graph.add_buffer(template=stream), graph.add(name, arguments), graph.add("buffersink"))
        graph.configure()
        for frame in given.decode(video=0):
            graph.push(frame)
            made.mux(out.encode(graph.vpull()))
        made.mux(out.encode(None))


def least(run: Callable[[], None], times: int) -> tuple[float, float]:
    """Return the least seconds by the clock and of all cores that a run took."""
    found = []
    for _ in range(times):
        clock, used = time.perf_counter(), os.times()
        run()
        now = os.times()
        found.append((time.perf_counter() - clock, now.user + now.system - used.user - used.system))
    return min(clock for clock, _ in found), min(used for _, used in found)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--frames", type=int, default=120)
    options.add_argument("--size", default="1920x1080")
    options.add_argument("--runs", type=int, default=3)
    asked = options.parse_args()
    width, height = map(int, asked.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.mp4"), Path(folder, "out.mp4")
        video.write(source, (drawn(number, width, height) for number in range(asked.frames)))
        print("| filter | frames/s | FFmpeg's | CPU ms a frame | FFmpeg's |\n|---|---|---|---|---|")
        for ours, theirs in FILTERS.items():
            clock, used = least(partial(by_imgcuda, ours, source, target), asked.runs)
            other_clock, other_used = least(partial(by_ffmpeg, theirs, source, target), asked.runs)
            rates = f"{asked.frames / clock:.1f} | {asked.frames / other_clock:.1f}"
            each = f"{1000 * used / asked.frames:.1f} | {1000 * other_used / asked.frames:.1f}"
            print(f"| {ours or 'none'} | {rates} | {each} |", flush=True)


if __name__ == "__main__":
    main()

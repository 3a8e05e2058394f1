"""Runs a chain of filters over the frames of a video, for a command: with its progress, deadline and reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

import imgcuda
from imgcuda import devices, images, video
from imgcuda.batch.progress import Display, NoDisplay
from imgcuda.batch.tally import duration, speed
from imgcuda.cli import run_file, streams
from imgcuda.cli.batch_report import display
from imgcuda.cli.job import Job
from imgcuda.cli.timeout import Deadline
from imgcuda.errors import ImageError, ParameterError
from imgcuda.filters import Filter

FOR_PICTURES = {"convert", "linear", "frame", "auto_orient", "compress", "lossless", "progressive"}
"""The options without a meaning for videos."""


class FrameTally:
    """Counts the frames that are done."""

    def __init__(self) -> None:
        self.finished = 0
        self.total: int | None = None
        self.current: Mapping[int, Path] = {}
        self._began = time.monotonic()

    def tell(self, finished: int, total: int | None) -> None:
        """Store how many frames are done, and about how many there are."""
        self.finished, self.total = finished, total

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def progress(self) -> str:
        """Return how far the video is: "120 of 1000 frames; 25 frames/s; 35 s left"."""
        if not self.finished:
            return "0 frames"
        rate = self.finished / max(self.seconds, 1e-9)
        if self.total is None:
            return f"{self.finished} frames; {speed(rate, 'frames')}"
        left = duration(max(0, self.total - self.finished) / rate)
        return f"{self.finished} of {self.total} frames; {speed(rate, 'frames')}; {left} left"


@streams.ours_only()
def filter_frames(make: Callable[[], Sequence[Filter]], job: Job) -> None:
    """Read a video, run the filters over its frames and write the result; report losses on stderr.

    `make` returns the filters; it may read files that their parameters name.
    """
    deadline = Deadline(job.timeout)
    _check(job)
    filters = run_file.filters_of(make, job, deadline)
    chosen, tally = run_file.device(job.device), FrameTally()
    limit = deadline.limits(run_file.doing(job.in_path, filters))
    with devices.checked() if job.check else nullcontext(), limit, _display(tally, job):
        options = _options(job)
        made = video.filter_video(filters, job.in_path, job.out_path, options, device=chosen.name, tell=tally.tell)
    if not job.quiet:
        run_file.note(job.in_path, made.lost_in_reading)
        run_file.note(job.out_path, made.lost_in_writing)
    if job.verbose:
        streams.say(f"device: {chosen.name} ({chosen.description})")
        streams.say(f"frames: {made.frames}; {' -> '.join(dict.fromkeys([made.given, made.made]))}")
        streams.say(f"time:   {duration(tally.seconds, tenths=True)}; {speed(made.frames / tally.seconds, 'frames')}")


def _display(tally: FrameTally, job: Job) -> Display:
    return NoDisplay(streams.say) if job.quiet else display(tally)


def _check(job: Job) -> None:
    """Raise an error for an option or an input that only pictures may have."""
    if job.in_path == run_file.STANDARD:
        raise ImageError("a video is read from a file, not from standard input")
    refused = [option for name, option in job.given().items() if name in FOR_PICTURES]
    if others := ["--depth float"] * (job.depth == "float") + refused:
        remedy = "; --codec ffv1 loses nothing" if others == ["--lossless"] else ""
        raise ParameterError(f"{others[0]} is for pictures, and {job.out_path} is a video{remedy}")
    if run_file.same_file(job):
        raise ImageError(f"{job.out_path} is the input itself, which its codec would change; write to another file")


def _options(job: Job) -> video.VideoOptions:
    return video.VideoOptions(
        codec=job.codec,
        quality=job.quality,
        depth=job.depth,
        strip=job.strip,
        strict=job.strict,
        clobber=run_file.clobber_rule(job),
        software="" if job.strip else f"imgcuda {imgcuda.__version__}",
        max_pixels=job.max_pixels or images.MAX_PIXELS,
    )

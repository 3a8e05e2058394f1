"""Runs the task of a command by what its files hold: a picture, a video or Zarr."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from imgcuda.cli.job import Job

if TYPE_CHECKING:
    from imgcuda.file_run import Examine
    from imgcuda.filters import Filter


def run_job(make: Callable[[], Sequence[Filter]], job: Job, examine: Examine | None = None) -> None:
    """Filter a picture, or a video if OUT has the extension of one, or Zarr if IN or OUT is a folder of it."""
    from imgcuda.cli.run_file import filter_file  # imports all that reads, filters and writes
    from imgcuda.images.formats import VIDEOS
    from imgcuda.zarr_images.metadata_files import is_zarr

    if job.out_path.suffix.lower() in VIDEOS and not job.format:
        from imgcuda.cli.run_video import filter_frames

        filter_frames(make, job)
    elif is_zarr(job.in_path) or is_zarr(job.out_path):
        from imgcuda.cli.run_zarr import filter_zarr

        filter_zarr(make, job)
    else:
        filter_file(make, job, examine)

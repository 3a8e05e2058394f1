"""Runs a chain from or to Zarr for a command: with its deadline and reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from imgcuda import images
from imgcuda.cli import run_file, streams
from imgcuda.cli.job import Job
from imgcuda.cli.timeout import Deadline
from imgcuda.errors import ParameterError
from imgcuda.filters import Filter
from imgcuda.zarr_images.metadata_files import is_zarr
from imgcuda.zarr_images.zarr_run import ZarrOptions, run_zarr

TAKEN = {"device", "timeout", "verbose", "quiet", "overwrite", "no_clobber", "max_pixels"}
OF_FILES = {"frame", "auto_orient", "strict"}
"""The options that say how an image file is read."""


@streams.ours_only()
def filter_zarr(make: Callable[[], Sequence[Filter]], job: Job) -> None:
    """Read an image, run the filters over it and write the result; report what was left out on stderr.

    `make` returns the filters; it may read files that their parameters name.
    """
    deadline = Deadline(job.timeout)
    _check(job, TAKEN if is_zarr(job.in_path) else TAKEN | OF_FILES)
    filters = run_file.filters_of(make, job, deadline)
    options = ZarrOptions(
        run_file.device(job.device),
        run_file.clobber_rule(job),
        job.max_pixels or images.MAX_PIXELS,
        job.frame,
        job.auto_orient,
        job.strict,
    )
    with deadline.holds(run_file.doing(job.in_path, filters)):
        left_out = run_zarr(filters, job.in_path, job.out_path, options)
    if not job.quiet:
        run_file.note(job.in_path, left_out)


def _check(job: Job, taken: set[str]) -> None:
    """Raise ParameterError for an option that is given and has no meaning for Zarr, ImageError for other misuse."""
    if run_file.STANDARD in (job.in_path, job.out_path):
        raise ParameterError("Zarr is a folder, so neither standard input nor standard output can be used with it")
    for name, option in job.given().items():
        if name not in taken:
            raise ParameterError(f"{option} is not for Zarr")
    run_file.is_in_place(job)

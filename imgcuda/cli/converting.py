"""`imgcuda convert`: a file in another format, depth or mode, without filters."""

from __future__ import annotations

import inspect
from typing import Any

from imgcuda.cli.filtering import COMMON
from imgcuda.cli.job import Job
from imgcuda.cli.run_job import run_job

OF_FILTERS = {"device", "check", "linear"}
"""The fields of a Job that say how filters run."""


def convert(**job: Any) -> None:
    """Convert an image: to the format of OUT, and as the options say. No filter runs."""
    run_job(tuple, Job(**job, device="cpu"))


_OWN = [each for name, each in COMMON.items() if name not in OF_FILTERS]
convert.__signature__ = inspect.Signature(_OWN)  # type: ignore[attr-defined]

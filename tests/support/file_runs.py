"""Filters a file on the CPU, in the test's own process, by a chain that is written as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from imgcuda import Pipeline, devices
from imgcuda.file_run import FileOptions, FileResult, on_device, run_file


def run(source: Path, target: Path, text: str, **options: Any) -> FileResult:
    """Filter a file by a chain, such as "blur:sigma=2 | flip", with these FileOptions."""
    filters, device, chosen = Pipeline.from_text(text).filters, devices.choose("cpu"), FileOptions(**options)
    return run_file(
        filters, source, target, chosen, on_device(filters, device, chosen.max_pixels), device=lambda: device
    )

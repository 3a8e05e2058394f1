"""The command `imgcuda worker`: this machine makes files for batches of a Dask cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imgcuda.cli import streams
from imgcuda.errors import ParameterError

Address = Annotated[
    str, typer.Argument(metavar="[ADDRESS]", help="The scheduler, as tcp://HOST:8786.", show_default=False)
]
SchedulerFile = Annotated[
    Path | None,
    typer.Option("--scheduler-file", metavar="FILE", help="The file that the scheduler writes its address to."),
]
Device = Annotated[str, typer.Option(help="auto, cuda, cuda:N, cuda:N,M or cpu; by default all GPUs, else all cores.")]
Files = Annotated[
    int,
    typer.Option(metavar="COUNT", help="How many files a worker makes at once; by default one a GPU, or one a core."),
]


def worker(
    address: Address = "", scheduler_file: SchedulerFile = None, device: Device = "auto", files: Files = 0
) -> None:
    """Make files for `imgcuda batch --scheduler ADDRESS`, until Ctrl-C: one worker a GPU, or one for all cores."""
    if bool(address) == bool(scheduler_file):
        raise ParameterError("which scheduler? Name its address, as tcp://HOST:8786, or its --scheduler-file")
    from imgcuda.cli.batch_workers import require_distributed

    require_distributed("imgcuda worker")
    from imgcuda.batch.cluster import nannies

    workers = nannies.plans(device, files or None)
    at_once = sum(each.files for each in workers)
    what = f"{at_once} file{'s' * (at_once > 1)} at once in {len(workers)} worker{'s' * (len(workers) > 1)}"
    nannies.serve(
        address or None, scheduler_file, workers, lambda found: streams.say(f"Working for {found}: {what}; Ctrl-C ends")
    )

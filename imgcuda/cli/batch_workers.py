"""Chooses what makes the files of a batch: this machine, or the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from imgcuda import devices
from imgcuda.batch import footprint
from imgcuda.batch.batch_run import Workers
from imgcuda.batch.interruption import Interruption
from imgcuda.batch.local_run import LastingWorkers, Limits, run
from imgcuda.batch.processing import Work
from imgcuda.batch.software import Software
from imgcuda.cli import run_file, streams
from imgcuda.errors import DeviceError, ParameterError, PluginError

if TYPE_CHECKING:
    from imgcuda.cli.batch import Order
    from imgcuda.cli.job import Job


@contextmanager
def workers(
    order: Order, work: Work, software: Software, folder: Path, interruption: Interruption
) -> Iterator[Workers]:
    """Yield what makes the files. Workers of a cluster find the work in the folder."""
    limits = _limits(order)
    if not on_cluster(order):
        yield partial(run, work=work, limits=limits, interruption=interruption)
        return
    require_distributed("--scheduler")
    from imgcuda.batch.cluster.submission import connected

    with connected(order.scheduler or None, order.scheduler_file, software, folder) as cluster:
        if not cluster.workers and not order.quiet:
            streams.say("Note: the scheduler has no workers yet; the batch waits for them")
        yield partial(cluster.run, work=work, limits=limits, interruption=interruption)


@contextmanager
def lasting_workers(
    order: Order, work: Work, software: Software, folder: Path, interruption: Interruption
) -> Iterator[tuple[Workers, Callable[[], None]]]:
    """Yield a function that makes arriving files, and one to call while none arrives, which ends idle workers."""
    if on_cluster(order):
        with workers(order, work, software, folder, interruption) as makers:
            yield makers, lambda: None
    else:
        with LastingWorkers(work, _limits(order), interruption) as lasting:
            yield lasting.run, lasting.end_if_idle


def _limits(order: Order) -> Limits:
    return Limits(order.timeout, footprint.size(order.memory) if order.memory else None)


def device(order: Order, job: Job) -> str | None:
    """Return the name of the device for the work. On a cluster, each worker chooses one of its own devices."""
    if not on_cluster(order):
        found = run_file.device(job.device)
        if order.codecs == "gpu" and (why := devices.no_codecs(found)):
            raise DeviceError(f"--codecs gpu: {why}")
        return found.name
    if order.codecs == "gpu":
        raise ParameterError("--codecs gpu is for the GPUs of this machine; it goes without --scheduler")
    with suppress(DeviceError):  # this machine need not have it
        run_file.device(job.device)
    return None if job.device == "auto" else job.device


def on_cluster(order: Order) -> bool:
    """Return whether a cluster makes the files. Raises ParameterError if two are named."""
    if order.scheduler and order.scheduler_file:
        raise ParameterError("--scheduler and --scheduler-file name the same thing; leave one out")
    return bool(order.scheduler or order.scheduler_file)


def require_distributed(what: str) -> None:
    """Raise PluginError if Dask's scheduler is not installed."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise PluginError(f"{what} needs Dask: pip install 'imgcuda[cluster]'") from None

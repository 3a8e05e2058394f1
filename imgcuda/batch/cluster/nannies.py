"""Starts the Dask workers of one machine: one for each GPU, or one for all cores. A nanny replaces one that ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import dask
from distributed import Nanny

from imgcuda import devices
from imgcuda.cores import cores
from imgcuda.errors import DeviceError


@dataclass(frozen=True)
class WorkerPlan:
    """A Dask worker to start."""

    files: int
    """How many files it makes at once."""
    variables: dict[str, str]
    """What its environment has besides."""


def plans(device: str | None, files: int | None) -> list[WorkerPlan]:
    """Return the workers for a device: each GPU has its own, which makes one file at a time; cores have one together,
    which makes as many as there are cores. Raises DeviceError if there is no such device."""
    found = devices.choose("cuda:all" if device in (None, "auto") and not devices.no_gpu() else device)
    numbers = [each.name.partition(":")[2] for each in devices.members(found) if each.name.startswith("cuda")]
    if not numbers:
        return [WorkerPlan(files or cores(), {"IMGCUDA_DEVICE": "cpu"})]
    visible = [each for each in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if each]
    names = [visible[int(number or 0)] if visible else number or "0" for number in numbers]
    return [WorkerPlan(files or 1, {"CUDA_VISIBLE_DEVICES": name, "IMGCUDA_DEVICE": "cuda"}) for name in names]


def serve(
    address: str | None, scheduler_file: Path | None, workers: Sequence[WorkerPlan], ready: Callable[[str], None]
) -> None:
    """Start workers, and return when a signal ends them or their scheduler has ended. `ready` gets the scheduler's
    address. Raises DeviceError if the scheduler does not answer."""
    with dask.config.set({"distributed.worker.daemon": False}):  # a worker starts processes of its own
        asyncio.run(_serve(address, scheduler_file, workers, ready))


async def _serve(
    address: str | None, scheduler_file: Path | None, workers: Sequence[WorkerPlan], ready: Callable[[str], None]
) -> None:
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    async with AsyncExitStack() as stack:
        nannies = [
            Nanny(
                address,
                scheduler_file=str(scheduler_file) if scheduler_file else None,
                nthreads=each.files,
                env=each.variables,
                death_timeout=60,
            )
            for each in workers
        ]
        try:
            await asyncio.gather(*map(stack.enter_async_context, nannies))
        except (OSError, TimeoutError) as error:
            raise DeviceError(f"no scheduler answers at {address or scheduler_file}") from error
        ready(str(nannies[0].scheduler_addr))
        ends = [asyncio.ensure_future(nanny.finished()) for nanny in nannies]
        await asyncio.wait([*ends, asyncio.ensure_future(over.wait())], return_when=asyncio.FIRST_COMPLETED)

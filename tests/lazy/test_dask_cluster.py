"""Dask arrays on a cluster of processes, of which one is killed on the way."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import Pipeline

da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

Array = npt.NDArray[Any]


def slowly(block: Array) -> Array:
    time.sleep(0.1)
    return block


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")  # distributed warns of what happens to its own processes
def test_a_killed_worker_costs_only_time(random_image: Callable[..., Array]) -> None:
    image = random_image((2000, 120, 3))
    pipeline = Pipeline.from_text("auto-contrast | blur:sigma=2 | equalize")
    wanted = pipeline(image, device="cpu")
    lazy = da.from_array(image, chunks=(50, 120, 3)).map_blocks(slowly, dtype=image.dtype)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        victim, *_ = client.run(os.getpid).values()
        future = client.compute(pipeline(lazy, device="cpu"))
        time.sleep(2)
        assert not future.done()
        os.kill(victim, signal.SIGKILL)
        assert np.array_equal(future.result(timeout=120), wanted)
        assert victim not in client.run(os.getpid).values()

"""Runs a kernel over one pixel on every device, and compares the result with the expected one."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import numpy as np

from imgcuda import devices
from imgcuda.diagnosis.finding import Finding
from imgcuda.engine.memory_limit import limited
from imgcuda.engine.protocol import Device
from imgcuda.errors import ImgcudaError
from imgcuda.filters import PointFilter
from imgcuda.pipeline import Pipeline

GIVEN, EXPECTED = (10, 20, 30), (30, 235, 10)
"""A pixel, and what it must become."""

ENOUGH = 1 << 24
"""Bytes of memory that a pixel needs at most."""

CURES = {"cpu": "pip install --force-reinstall imgcuda llvmlite", "cuda": "nvidia-smi"}
"""By the kind of a device: the command that cures it, or that tells more about its fault."""


class Probe(PointFilter):
    """Exchange red and blue, and turn green into its negative."""


def pixels() -> Iterator[Finding]:
    """Yield for each device whether it computes a pixel rightly; the processor does it once more, checked."""
    for device in devices.find():
        yield _tried(device, device.name)
    with devices.checked():
        yield _tried(devices.choose("cpu"), "cpu, checked")


def _tried(device: Device, name: str) -> Finding:
    began = perf_counter()
    facts = {"device": name}
    cure = CURES.get(device.name.partition(":")[0], "")
    try:
        with limited(ENOUGH):  # a variable with another limit is reported by itself
            made = Pipeline([Probe()])(np.full((1, 1, 3), GIVEN, np.uint8), device=device.name)
    except ImgcudaError as error:
        return Finding("pixel", f"{name}: {error}", "wrong", cure, facts)
    result = tuple(made[0, 0].tolist())
    if result != EXPECTED:
        return Finding("pixel", f"{name} computes {result} of {GIVEN}, not {EXPECTED}", "wrong", cure, facts)
    milliseconds = 1000 * (perf_counter() - began)
    return Finding("pixel", f"{name} is right, in {milliseconds:.0f} ms", facts={**facts, "ms": round(milliseconds, 1)})

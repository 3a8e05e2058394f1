"""Two-phase filters that read pixels around a pixel, as cartoon does: in strips, in files, and in lazy arrays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import Pipeline, devices, images, large_files
from imgcuda.execution import in_rows
from imgcuda.execution.in_rows import RowsOfResult
from imgcuda.execution.schedule import Schedule
from imgcuda.testing import assert_close
from support.matrix import exhaustive

Array = npt.NDArray[Any]
Make = Callable[..., Array]

CARTOON = "cartoon:radius=4"
CHAINS = [
    f"flip | {CARTOON}",
    exhaustive(f"blur:sigma=2 | {CARTOON} | equalize"),
    exhaustive(f"flip | {CARTOON} | resize:width=30"),
]
DECIDED = exhaustive(f"trim | {CARTOON}")
WHOLE = [exhaustive(f"{CARTOON},border=wrap"), "blur:sigma=2,border=wrap | auto-contrast"]


def test_each_phase_reads_the_rows_around_its_own() -> None:
    (cartoon,) = Pipeline.from_text(CARTOON)
    (strip,) = Schedule([cartoon], 50, 1000).strips(320, 384, 64)
    halo = 4 * 5 / np.sqrt(2 * np.log(255))
    assert (strip.read.first, strip.read.last) == (320 - 32, 384 + int(halo + 0.5))
    assert Pipeline([cartoon]).halo is None  # all of the image counts


@pytest.mark.parametrize("text", [*CHAINS, DECIDED])
def test_rows_that_are_read_later_give_the_whole(
    text: str, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, chain = random_image((700, 50, 1)), Pipeline.from_text(text)
    whole = chain(image, device="cpu")
    monkeypatch.setattr(in_rows, "STRIP_BYTES", 1 << 12)
    made = RowsOfResult(devices.members(devices.choose("cpu")), chain.filters, image)
    assert len(made.strips) > 2
    assert_close(np.concatenate(list(made.in_strips())), whole)


@pytest.mark.parametrize("text", WHOLE)
def test_a_chain_that_is_not_divided_is_measured_whole(text: str, random_image: Make) -> None:
    image, chain = random_image((200, 50, 1)), Pipeline.from_text(text)
    made = RowsOfResult(devices.members(devices.choose("cpu")), chain.filters, image)
    assert_close(np.concatenate(list(made.in_strips())), chain(image, device="cpu"))


@pytest.mark.parametrize("text", [*CHAINS, *WHOLE])
@pytest.mark.parametrize("rows", [64, exhaustive(5)])
def test_a_dask_array_gives_the_bytes_of_the_whole(text: str, rows: int, random_image: Make) -> None:
    da = pytest.importorskip("dask.array")
    image, chain = random_image((300, 50)), Pipeline.from_text(text)
    made = chain(da.from_array(image, chunks=(rows, 50)), device="cpu")
    assert_close(made.compute(scheduler="synchronous"), chain(image, device="cpu"))


def test_a_large_file_is_written_as_in_one_piece(
    random_image: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imgcuda.cli import run

    source, whole, strips = (tmp_path / name for name in ("in.tif", "whole.tif", "strips.tif"))
    images.write(source, images.Image(random_image((700, 50))))
    assert run(["cartoon", str(source), str(whole), "--device", "cpu"]) == 0
    monkeypatch.setattr(large_files, "LARGE", 0)
    monkeypatch.setattr(in_rows, "STRIP_BYTES", 1 << 12)
    assert run(["cartoon", str(source), str(strips), "--device", "cpu"]) == 0
    assert strips.read_bytes() == whole.read_bytes()

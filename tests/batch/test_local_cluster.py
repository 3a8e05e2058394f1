"""Batches on a cluster whose scheduler and worker are threads of this process, which start quickly."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from imgcuda import Registry
from imgcuda.batch.cluster.shared_work import SharedWork, UnfitWorker, WorkOrder, read, written
from imgcuda.batch.interruption import Interruption
from imgcuda.batch.local_run import Limits
from imgcuda.batch.processing import Work
from imgcuda.batch.software import Software
from imgcuda.batch.units import FileUnit, Outcome
from imgcuda.cli import build, run
from imgcuda.errors import DeviceError
from imgcuda.file_run import FileOptions
from imgcuda_plugins import Invert
from support.killed_batches import contents

SAMPLE = Path(__file__).parents[2] / "sample_images" / "horse.png"
WORK = Work((Invert(),), FileOptions(), "cpu")
SOFTWARE = Software.of([Invert()], {})


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    distributed = pytest.importorskip("distributed", reason="imgcuda[cluster] is not installed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0", protocol="tcp://"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for name in "abc":
        shutil.copy(SAMPLE, tmp_path / "in" / f"{name}.png")
    return tmp_path / "in"


def made(scheduler: str, units: Iterable[FileUnit], folder: Path, software: Software = SOFTWARE) -> Iterator[Outcome]:
    """Yield the outcomes of units on the cluster."""
    from imgcuda.batch.cluster.submission import connected

    with connected(scheduler, None, software, folder) as cluster:
        yield from cluster.run(units, WORK, Limits(), Interruption())


def test_a_cluster_makes_the_same_bytes_and_the_same_reports(
    scheduler: str, folder: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.png").write_bytes(SAMPLE.read_bytes()[:400])
    told: list[Any] = []
    for out, options in (("one", []), ("two", ["--scheduler", scheduler])):
        words = ["batch", str(folder), "-o", str(folder.parent / out), "-f", "blur:sigma=2", "--device", "cpu"]
        code = run([*words, *options, "--quiet"], build(registry))
        told.append((code, contents(folder.parent / out), capsys.readouterr()))
    assert told[0] == told[1]
    assert (told[0][0], sorted(told[0][1])) == (1, ["a.png", "b.png", "c.png"])


def test_a_worker_that_sees_another_input_fails_the_file(scheduler: str, folder: Path) -> None:
    missing = folder / "only-here.png"
    units = [
        FileUnit(1, folder / "a.png", folder / "out" / "a.png", times=(1, 2)),
        FileUnit(2, missing, folder / "out" / "b.png"),
        FileUnit(3, folder / "c.png", folder / "out" / "c.png"),
    ]
    outcomes = sorted(made(scheduler, units, folder), key=lambda outcome: outcome.unit.index)
    assert [outcome.state for outcome in outcomes] == ["failed", "failed", "done"]
    assert "sees another size or time of it than the command: it changed, or is another file" in outcomes[0].error
    assert "does not see it: inputs must be on a file system that all machines share" in outcomes[1].error


def test_units_are_taken_only_as_workers_are_free(scheduler: str, folder: Path) -> None:
    taken: list[FileUnit] = []

    def units() -> Iterator[FileUnit]:
        for number in range(20):
            taken.append(FileUnit(number, folder / "a.png", folder / "out" / f"{number}.png"))
            yield taken[-1]

    for finished, outcome in enumerate(made(scheduler, units(), folder), 1):
        assert outcome.error == ""
        assert len(taken) - finished <= 2 * 2 + 1
    assert len(contents(folder / "out")) == 20


def test_workers_with_other_versions_are_refused(scheduler: str, folder: Path) -> None:
    other = Software((("imgcuda", "9.0"), ("of-nobody", "1.0")), (("imgcuda", "0"), ("of_nobody", "0")))
    with pytest.raises(DeviceError) as found:
        list(made(scheduler, [FileUnit(1, folder / "a.png", folder / "out.png")], folder, other))
    assert "it has imgcuda 0.1.0, not 9.0, no of-nobody, not 1.0, other source files of 'imgcuda'," in str(found.value)
    assert "no package 'of_nobody'; install the same as where the command runs" in str(found.value)


def test_a_worker_that_does_not_see_the_output_folder_is_told_so(folder: Path) -> None:
    with written(folder, WorkOrder(WORK, Limits(), ""), SOFTWARE) as shared:
        assert read(shared).work == WORK
        elsewhere = SharedWork(str(folder.parent), shared.digest, shared.software)
        with pytest.raises(UnfitWorker, match="all machines must have the folders of inputs and outputs"):
            read(elsewhere)
        (file,) = folder.glob(".imgcuda-work-*")
        file.write_bytes(b"something else")
        with pytest.raises(UnfitWorker, match="it reads something else in"):
            read(shared)
    assert sorted(path.name for path in folder.iterdir()) == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (
            ["--scheduler-file", "none.json"],
            1,
            "there is no none.json; `dask scheduler --scheduler-file none.json` writes it",
        ),
        (["--scheduler", "tcp://127.0.0.1:9"], 1, "no scheduler answers at tcp://127.0.0.1:9: "),
        (["--scheduler", "gopher://x"], 1, "no scheduler answers at gopher://x: ValueError: unknown address scheme"),
        (["--scheduler", "a", "--codecs", "gpu"], 2, "--codecs gpu is for the GPUs of this machine"),
        (["--scheduler", "a", "--scheduler-file", "b"], 2, "--scheduler and --scheduler-file name the same thing"),
    ],
)
def test_a_scheduler_that_is_none_is_said_before_any_work(
    options: list[str],
    code: int,
    sentence: str,
    folder: Path,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submission = pytest.importorskip("imgcuda.batch.cluster.submission", reason="imgcuda[cluster] is not installed")
    monkeypatch.setattr(submission, "PATIENCE", 0.3)
    assert run(["batch", str(folder), "-o", str(folder / "out"), *options], build(registry)) == code
    assert sentence in capsys.readouterr().err
    assert not (folder / "out").exists()

"""Batches on a Dask cluster, with a real scheduler and workers that are processes of their own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import trap
from support.installation import Installation
from support.killed_batches import contents
from support.processes import Running, are_gone, runs, started_by, wait_for

pytest.importorskip("distributed", reason="imgcuda[cluster] is not installed")

from support.dask_cluster import DaskCluster

SAMPLE = Path(__file__).parents[2] / "sample_images" / "horse.png"

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation with the plugin that has every fault."""
    made = Installation(tmp_path_factory.mktemp("trap"))
    trap.install(made)
    return made


@pytest.fixture
def cluster(installation: Installation, tmp_path: Path) -> Iterator[DaskCluster]:
    """A scheduler with two workers, which make one file at a time each."""
    (tmp_path / "cluster").mkdir()
    with DaskCluster(installation, tmp_path / "cluster") as made:
        made.add_worker()
        made.add_worker()
        yield made


def pictures(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        shutil.copy(SAMPLE, folder / f"{number:03}.png")
    return folder


def kill(process: int) -> None:
    """Kill a process with all that it has started, as a machine that is switched off does."""
    for each in [process, *started_by(process)]:
        os.kill(each, signal.SIGKILL)


def test_a_worker_that_is_killed_costs_time_only(
    cluster: DaskCluster, installation: Installation, running: Running, tmp_path: Path
) -> None:
    source = pictures(tmp_path / "many", 60)
    alone = installation.run("batch", source, "-o", tmp_path / "alone", "-f", "blur:sigma=2", "--device", "cpu")
    assert alone.returncode == 0, alone.stderr
    out = tmp_path / "out"
    process = running.start(
        installation, "batch", source, "-o", out, "-f", "blur:sigma=2", "--scheduler-file", cluster.file
    )
    wait_for(lambda: len(contents(out)) >= 5)
    kill(cluster.workers[0].pid)
    wait_for(lambda: len(contents(out)) >= 20)
    _, dask_worker, *_ = sorted([cluster.workers[1].pid, *started_by(cluster.workers[1].pid)])
    os.kill(dask_worker, signal.SIGKILL)  # which its nanny replaces
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert "60 done in" in stderr
    assert contents(out) == contents(tmp_path / "alone")
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == [".imgcuda-batch.jsonl"]
    again = installation.run("batch", source, "-o", out, "-f", "blur:sigma=2", "--device", "cpu")
    assert "0 done, 60 kept" in again.stderr


def test_each_fault_costs_its_own_file_as_without_a_cluster(
    cluster: DaskCluster, installation: Installation, folder: Path
) -> None:
    sentences = {**trap.SENTENCES, "fill": "it takes more than 540 MiB of memory; --memory allows more"}
    faulty = {fate: trap.picture(folder / f"{fate}.png", fate) for fate in sentences}
    before = [started_by(worker.pid) for worker in cluster.workers]
    out = folder.parent / "out"
    options = ("--timeout", "8", "--memory", "700M", "--scheduler-file", cluster.file)
    done = installation.run("batch", folder, "-o", out, "-f", "trap", *options)
    errors = sorted(line for line in done.stderr.splitlines() if line.startswith("Error: "))
    assert errors == sorted(f"Error: {path}: {sentences[fate]}" for fate, path in faulty.items())
    assert done.returncode == 1
    assert sorted(contents(out)) == [f"good-{number}.png" for number in range(8)]
    assert all(runs(each) for workers in before for each in workers)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_the_cluster_too(
    number: int, code: int, cluster: DaskCluster, installation: Installation, folder: Path, running: Running
) -> None:
    for place in range(2):
        trap.picture(folder / f"hang-{place}.png", "hang")
    out = folder.parent / "out"
    before = {each for worker in cluster.workers for each in started_by(worker.pid)}
    process = running.start(installation, "batch", folder, "-o", out, "-f", "trap", "--scheduler-file", cluster.file)
    wait_for(lambda: len(contents(out)) == 8)
    time.sleep(0.5)
    began = time.monotonic()
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    assert time.monotonic() - began < running.patience
    assert process.returncode == code
    assert re.search(r"Stopped: 8 done in \d.* files/(s|min)\n\Z", stderr)
    servers = 2 * 2  # of each worker: the server that forks processes, and the tracker of its resources
    end = time.monotonic() + running.patience
    while len(left := {each for worker in cluster.workers for each in started_by(worker.pid)} - before) > servers:
        assert time.monotonic() < end, left
        time.sleep(0.05)
    assert sorted(contents(out)) == [f"good-{place}.png" for place in range(8)]
    again = installation.run("batch", SAMPLE, "-o", out, "-f", "invert", "--scheduler-file", cluster.file)
    assert again.returncode == 0, again.stderr


def test_fail_fast_stops_at_the_first_file_that_fails(
    cluster: DaskCluster, installation: Installation, folder: Path
) -> None:
    (folder / "a-broken.png").write_bytes(SAMPLE.read_bytes()[:400])
    for number in range(60):
        trap.picture(folder / f"later-{number}.png", "good")
    out = folder.parent / "out"
    done = installation.run("batch", folder, "-o", out, "-f", "trap", "--fail-fast", "--scheduler-file", cluster.file)
    assert done.returncode == 1
    assert "Stopped: " in done.stderr
    assert len(contents(out)) < 20


def test_a_scheduler_that_ends_is_said_and_the_rest_is_made_later(
    cluster: DaskCluster, installation: Installation, running: Running, tmp_path: Path
) -> None:
    source, out = pictures(tmp_path / "many", 60), tmp_path / "out"
    process = running.start(installation, "batch", source, "-o", out, "--scheduler-file", cluster.file)
    wait_for(lambda: len(contents(out)) >= 5)
    cluster.scheduler.kill()
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Error: the connection to the scheduler is lost; the same command goes on from where it was\n" in stderr
    again = installation.run("batch", source, "-o", out)
    assert again.returncode == 0
    assert " kept in" in again.stderr


def test_a_worker_with_another_plugin_is_refused_in_a_sentence(
    installation: Installation, folder: Path, tmp_path: Path
) -> None:
    places = [tmp_path / name for name in ("cluster", "none", "other")]
    for place in places:
        place.mkdir()
    without, other = Installation(places[1]), Installation(places[2])
    trap.install(other)
    (other.folder / "trap.cu").write_text("// another kernel\n")
    with DaskCluster(installation, places[0]) as cluster:
        command = ("batch", folder, "-o", tmp_path / "out", "-f", "trap", "--scheduler-file", cluster.file)
        for worker, why in ((without, "no trap, not 0.3, no package 'trap'"), (other, "other source files of 'trap'")):
            process = cluster.add_worker(worker)
            done = installation.run(*command)
            assert done.returncode == 1
            sentence = f"it has {re.escape(why)}; install the same as where the command runs"
            assert re.search(rf"^Error: worker tcp://127.0.0.1:\d+: {sentence}$", done.stderr, re.MULTILINE)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
    assert not contents(tmp_path / "out")


def test_workers_end_with_their_command_and_leave_nothing(cluster: DaskCluster) -> None:
    processes = [each for worker in cluster.workers for each in started_by(worker.pid)]
    assert len(processes) >= 2
    for worker in cluster.workers:
        worker.send_signal(signal.SIGINT)
    assert [worker.wait(20) for worker in cluster.workers] == [0, 0]
    assert are_gone(processes, 2)

"""The cache on disk: what is put in comes out, what is damaged does not, and it stays small."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from imgcuda import diskcache


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("IMGCUDA_CACHE", str(folder))
    return folder


def age(path: Path, seconds: float) -> None:
    """Make a file as old as that."""
    when = time.time() - seconds
    os.utime(path, (when, when))


@pytest.mark.parametrize("data", [b"", b"code", bytes(range(256)) * 1000])
def test_what_is_put_in_comes_out(data: bytes) -> None:
    diskcache.put("cpu-1", data)
    assert diskcache.get("cpu-1") == data


def test_what_was_not_put_in_is_a_miss() -> None:
    assert diskcache.get("cpu-1") is None


def test_the_last_one_put_in_counts() -> None:
    diskcache.put("cpu-1", b"old")
    diskcache.put("cpu-1", b"new")
    assert diskcache.get("cpu-1") == b"new"


@pytest.mark.parametrize(
    "damage",
    [
        lambda stored: b"",
        lambda stored: stored[:20],
        lambda stored: stored[:-1],
        lambda stored: stored[:-1] + b"!",
        lambda stored: stored + b"!",
    ],
    ids=["empty", "short", "cut off", "one byte changed", "one byte more"],
)
def test_a_damaged_entry_is_a_miss_and_can_be_made_anew(cache: Path, damage: type) -> None:
    diskcache.put("cpu-1", b"machine code")
    (cache / "cpu-1").write_bytes(damage((cache / "cpu-1").read_bytes()))
    assert diskcache.get("cpu-1") is None
    diskcache.put("cpu-1", b"machine code")
    assert diskcache.get("cpu-1") == b"machine code"


def test_a_write_that_fails_leaves_nothing_behind(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    diskcache.put("cpu-1", b"old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "replace", fail)
    diskcache.put("cpu-1", b"new")
    assert [path.name for path in cache.iterdir()] == ["cpu-1"]
    assert diskcache.get("cpu-1") == b"old"


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_no_error(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("IMGCUDA_CACHE", str(tmp_path / place))
    diskcache.put("cpu-1", b"data")
    assert diskcache.get("cpu-1") is None


def test_without_a_choice_it_is_in_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("IMGCUDA_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert diskcache.folder().name == "imgcuda" or "imgcuda" in diskcache.folder().parts


def test_the_longest_unused_are_dropped_when_it_is_full(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        diskcache.put(f"cpu-{number}", b"x" * 1000)
        age(cache / f"cpu-{number}", 100 - number)
    assert diskcache.get("cpu-0") is not None  # now the latest used
    monkeypatch.setattr(diskcache, "LARGEST", 3500)
    diskcache.put("cpu-4", b"x" * 1000)
    assert sorted(path.name for path in cache.iterdir()) == ["cpu-0", "cpu-3", "cpu-4"]


def test_what_a_killed_process_left_is_dropped_in_time(cache: Path) -> None:
    cache.mkdir()
    for name, seconds in ((".new-old", 4000), (".new-now", 10)):
        (cache / name).write_bytes(b"half")
        age(cache / name, seconds)
    diskcache.put("cpu-1", b"data")
    assert sorted(path.name for path in cache.iterdir()) == [".new-now", "cpu-1"]


def test_files_that_are_not_the_caches_are_left_alone(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.mkdir()
    (cache / "thesis.txt").write_bytes(b"x" * 1000)
    (cache / "photos").mkdir()
    age(cache / "thesis.txt", 1000)
    monkeypatch.setattr(diskcache, "LARGEST", 500)
    diskcache.put("cpu-1", b"data")
    assert {path.name for path in cache.iterdir()} == {"thesis.txt", "photos", "cpu-1"}


def test_processes_that_write_at_once_do_not_disturb_each_other() -> None:
    code = """if True:
        import sys
        from imgcuda import diskcache
        mine = sys.argv[1].encode() * 200_000
        for _ in range(60):
            diskcache.put("cpu-1", mine)
            found = diskcache.get("cpu-1")
            assert found is not None and len(set(found)) == 1 and len(found) == 200_000, found and len(found)
    """
    running = [
        subprocess.Popen([sys.executable, "-c", code, letter], stderr=subprocess.PIPE, text=True) for letter in "abc"
    ]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    found = diskcache.get("cpu-1")
    assert found is not None
    assert found[:1] * 200_000 == found

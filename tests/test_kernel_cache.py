"""The cache on disk: it returns what was stored, ignores damaged entries, and stays small."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import platformdirs
import pytest

from imgcuda import PluginError, disabled_plugins, kernel_cache, private_folder
from imgcuda.cpu import code
from imgcuda.private_folder import OwnFolder


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
    kernel_cache.put("cpu-1", data)
    assert kernel_cache.get("cpu-1") == data


def test_what_was_not_put_in_is_a_miss() -> None:
    assert kernel_cache.get("cpu-1") is None


def test_the_last_one_put_in_counts() -> None:
    kernel_cache.put("cpu-1", b"old")
    kernel_cache.put("cpu-1", b"new")
    assert kernel_cache.get("cpu-1") == b"new"


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
    kernel_cache.put("cpu-1", b"machine code")
    (cache / "cpu-1").write_bytes(damage((cache / "cpu-1").read_bytes()))
    assert kernel_cache.get("cpu-1") is None
    kernel_cache.put("cpu-1", b"machine code")
    assert kernel_cache.get("cpu-1") == b"machine code"


def test_a_write_that_fails_leaves_nothing_behind(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel_cache.put("cpu-1", b"old")

    def fail(*given: object, **more: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", fail)
    kernel_cache.put("cpu-1", b"new")
    assert [path.name for path in cache.iterdir()] == ["cpu-1"]
    assert kernel_cache.get("cpu-1") == b"old"


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_no_error(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("IMGCUDA_CACHE", str(tmp_path / place))
    kernel_cache.put("cpu-1", b"data")
    assert kernel_cache.get("cpu-1") is None


@pytest.mark.parametrize(
    ("home", "cache", "expected"),
    [
        ("/home/ada", None, "/home/ada/.cache/imgcuda"),
        ("/home/ada", "/scratch", "/scratch/imgcuda"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="where a cache is, as Linux has it")
def test_without_a_choice_it_is_in_the_users_cache_folder(
    monkeypatch: pytest.MonkeyPatch, home: str, cache: str | None, expected: str
) -> None:
    monkeypatch.delenv("IMGCUDA_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", home)
    if cache:
        monkeypatch.setenv("XDG_CACHE_HOME", cache)
    assert private_folder.path("cache") == Path(expected)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other folders")
@pytest.mark.parametrize("kind", ["cache", "config"])
@pytest.mark.parametrize("base", [None, "", "/elsewhere", "relative"])
def test_the_folder_is_the_one_that_platformdirs_tells(
    kind: Literal["cache", "config"], base: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(f"IMGCUDA_{kind.upper()}", raising=False)
    monkeypatch.setenv("HOME", "/home/someone")
    if base is None:
        monkeypatch.delenv(f"XDG_{kind.upper()}_HOME", raising=False)
    else:
        monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", base)
    find = platformdirs.user_cache_dir if kind == "cache" else platformdirs.user_config_dir
    assert private_folder.path(kind) == Path(find("imgcuda", appauthor=False))


@pytest.mark.parametrize("chosen", ["cache", "./cache", "~/cache", "../cache"])
def test_a_relative_path_is_no_place_and_nothing_is_written(
    chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMGCUDA_CACHE", chosen)
    kernel_cache.put("cpu-1", b"data")
    assert kernel_cache.get("cpu-1") is None
    assert list(tmp_path.iterdir()) == []
    assert kernel_cache.why_unused() == f"IMGCUDA_CACHE must be an absolute path; it is '{chosen}'"


def test_without_any_user_there_is_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*given: object) -> None:
        raise KeyError

    monkeypatch.chdir(tmp_path)
    for name in ("IMGCUDA_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    kernel_cache.put("cpu-1", b"data")
    assert kernel_cache.get("cpu-1") is None
    assert list(tmp_path.iterdir()) == []


# What others wrote


def test_folders_and_entries_are_the_owners_alone(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_CACHE", str(cache / "a" / "b"))
    kernel_cache.put("cpu-1", b"data")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (cache, cache / "a", cache / "a" / "b")]
    assert modes == [0o700] * 3
    assert stat.S_IMODE((cache / "a" / "b" / "cpu-1").stat().st_mode) == 0o600


def test_an_entry_under_another_name_is_a_miss(cache: Path) -> None:
    kernel_cache.put("cpu-1", b"one")
    shutil.copy(cache / "cpu-1", cache / "cpu-2")
    (cache / "cpu-2").chmod(0o600)
    assert kernel_cache.get("cpu-2") is None


@pytest.mark.parametrize("what", ["folder", "entry"])
@pytest.mark.parametrize("mode", [0o020, 0o002])
def test_what_others_may_write_to_is_not_used(cache: Path, what: str, mode: int) -> None:
    kernel_cache.put("cpu-1", b"data")
    path = cache if what == "folder" else cache / "cpu-1"
    path.chmod(0o700 | mode)
    assert kernel_cache.get("cpu-1") is None
    path.chmod(0o700)
    assert kernel_cache.get("cpu-1") == b"data"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
@pytest.mark.parametrize("what", ["folder", "entry"])
def test_what_belongs_to_another_user_is_not_used(cache: Path, what: str) -> None:
    kernel_cache.put("cpu-1", b"data")
    os.chown(cache if what == "folder" else cache / "cpu-1", 54321, 54321)
    assert kernel_cache.get("cpu-1") is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_root_leaves_nothing_in_another_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "ada"
    home.mkdir()
    os.chown(home, 54321, 54321)
    monkeypatch.setenv("IMGCUDA_CACHE", str(home / ".cache" / "imgcuda"))
    monkeypatch.setenv("IMGCUDA_CONFIG", str(home / ".config" / "imgcuda"))
    kernel_cache.put("cpu-1", b"data")
    with pytest.raises(PluginError, match=f"the setting cannot be kept: {home} belongs to another user"):
        disabled_plugins.disable("blur")
    assert list(home.iterdir()) == []


def test_an_entry_that_is_a_link_or_a_pipe_is_a_miss(cache: Path) -> None:
    kernel_cache.put("cpu-1", b"data")
    (cache / "cpu-1").rename(cache / "other")
    (cache / "cpu-1").symlink_to(cache / "other")
    assert kernel_cache.get("cpu-1") is None
    (cache / "cpu-1").unlink()
    os.mkfifo(cache / "cpu-1")
    assert kernel_cache.get("cpu-1") is None


def test_a_link_of_ones_own_may_stand_for_the_folder(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir(0o700)
    (tmp_path / "link").symlink_to(cache)
    monkeypatch.setenv("IMGCUDA_CACHE", str(tmp_path / "link"))
    kernel_cache.put("cpu-1", b"data")
    assert (cache / "cpu-1").is_file()
    assert kernel_cache.get("cpu-1") == b"data"


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"\n",
        b"junk",
        b"3\ncode",
        b'["p", {}]\ncode',
        b"\xff\ncode",
        b"[]\ncode",
        b'[["p"], null, [], 0, 0, [1]]\ncode',
    ],
)
def test_an_entry_that_cannot_be_understood_is_compiled_anew(stored: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_cache, "get", lambda key: stored)
    assert code.stored("cpu-1") is None


def test_the_settings_are_only_taken_from_a_folder_of_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMGCUDA_CONFIG", str(tmp_path / "settings"))
    disabled_plugins.disable("two words")
    assert disabled_plugins.disabled() == {"two words"}
    (tmp_path / "settings").chmod(0o777)
    assert disabled_plugins.disabled() == set()
    monkeypatch.setenv("IMGCUDA_CONFIG", "settings")
    assert disabled_plugins.disabled() == set()
    with pytest.raises(PluginError, match="IMGCUDA_CONFIG must be an absolute path; it is 'settings'"):
        disabled_plugins.disable("blur")


# How much


def test_the_longest_unused_are_dropped_when_it_is_full(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        kernel_cache.put(f"cpu-{number}", b"x" * 1000)
        age(cache / f"cpu-{number}", 100 - number)
    assert kernel_cache.get("cpu-0") is not None  # now the latest used
    monkeypatch.setattr(kernel_cache, "LARGEST", 3500)
    kernel_cache.put("cpu-4", b"x" * 1000)
    assert sorted(path.name for path in cache.iterdir()) == ["cpu-0", "cpu-3", "cpu-4"]


def test_the_cache_is_listed_at_the_first_write_and_then_at_times(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = []
    entries = OwnFolder.entries

    def noted(folder: OwnFolder) -> Iterator[tuple[float, int, str]]:
        listed.append(folder)
        return entries(folder)

    monkeypatch.setattr(OwnFolder, "entries", noted)
    for _ in range(10):
        kernel_cache.put("cpu-1", b"x" * 1000)
    assert len(listed) == 1
    for number in range(4):
        kernel_cache.put(f"cpu-{number}", b"x" * (kernel_cache.LARGEST // 128 + 1))
    assert len(listed) == 3


def test_what_a_killed_process_left_is_dropped_in_time(cache: Path) -> None:
    cache.mkdir(0o700)
    for name, seconds in ((".new-old", 4000), (".new-now", 10)):
        (cache / name).write_bytes(b"half")
        age(cache / name, seconds)
    kernel_cache.put("cpu-1", b"data")
    assert sorted(path.name for path in cache.iterdir()) == [".new-now", "cpu-1"]


def test_files_that_are_not_the_caches_are_left_alone(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.mkdir(0o700)
    (cache / "thesis.txt").write_bytes(b"x" * 1000)
    (cache / "photos").mkdir()
    age(cache / "thesis.txt", 1000)
    monkeypatch.setattr(kernel_cache, "LARGEST", 500)
    kernel_cache.put("cpu-1", b"data")
    assert {path.name for path in cache.iterdir()} == {"thesis.txt", "photos", "cpu-1"}


def test_processes_that_write_at_once_do_not_disturb_each_other() -> None:
    code = """if True:
        import sys
        from imgcuda import kernel_cache
        mine = sys.argv[1].encode() * 200_000
        for _ in range(60):
            kernel_cache.put("cpu-1", mine)
            found = kernel_cache.get("cpu-1")
            assert found is not None and len(set(found)) == 1 and len(found) == 200_000, found and len(found)
    """
    running = [
        subprocess.Popen([sys.executable, "-c", code, letter], stderr=subprocess.PIPE, text=True) for letter in "abc"
    ]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    found = kernel_cache.get("cpu-1")
    assert found is not None
    assert found[:1] * 200_000 == found


MAKING = """
import sys, time
from pathlib import Path
from typing import Literal
from imgcuda import kernel_cache
with kernel_cache.alone("cpu-slow"):
    if kernel_cache.get("cpu-slow") is None:
        Path(sys.argv[1]).open("a").write("made\\n")
        time.sleep(0.5)
        kernel_cache.put("cpu-slow", b"code")
"""


def test_of_several_processes_one_makes_it_and_the_others_wait(cache: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAKING, str(tmp_path / "log")]
    for process in [subprocess.Popen(command) for _ in range(4)]:
        assert process.wait(60) == 0
    assert (tmp_path / "log").read_text() == "made\n"
    assert [path.name for path in cache.iterdir()] == ["cpu-slow"]


def test_a_lock_is_not_waited_for_without_end(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_cache, "PATIENCE", 0.1)
    with kernel_cache.alone("cpu-1"):
        began = time.monotonic()
        with kernel_cache.alone("cpu-1"):
            assert time.monotonic() - began >= 0.1


def test_where_nothing_is_kept_nothing_is_locked(cache: Path) -> None:
    cache.write_text("no folder")
    with kernel_cache.alone("cpu-1"):
        kernel_cache.put("cpu-1", b"code")
    assert cache.read_text() == "no folder"

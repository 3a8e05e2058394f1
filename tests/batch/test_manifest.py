"""The manifest of an output folder: what it keeps, and what it does about everything that can be wrong with it."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imgcuda.batch import stale_drafts, stamps
from imgcuda.batch.manifest import NAME, Manifest, read
from imgcuda.batch.provenance import Provenance
from imgcuda.batch.records import OutputRecord, key, key_of_line
from imgcuda.batch.stamps import Stamp
from imgcuda.errors import ImageError

WORK = Provenance("0" * 32, {"filters": ["invert"]})
OTHER = Provenance("1" * 32, {"filters": ["blur"]})
LONG_AGO = time.time_ns() - 10**12


class Folder:
    """An input and an output that was made from it long ago, and the manifest that says so."""

    def __init__(self, root: Path) -> None:
        self.root, self.out = root, root / "out"
        self.source, self.target = root / "in" / "a.png", self.out / "sub" / "a.png"
        for path, content in ((self.source, b"an input"), (self.target, b"an output")):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            self.age(path)
        with self.opened() as manifest:
            manifest.add(self.source, self.target, stamps.take(self.source), stamps.take(self.target))

    @property
    def path(self) -> Path:
        return self.out / NAME

    def opened(self, work: Provenance = WORK) -> Manifest:
        return Manifest(self.out, work)

    def keeps(self, work: Provenance = WORK) -> bool:
        with self.opened(work) as manifest:
            assert not manifest.problems
            return manifest.keeps(self.source, self.target)

    def sweep(self) -> None:
        with self.opened() as manifest:
            manifest.sweep(self.target.parent)

    @staticmethod
    def age(path: Path, time_ns: int = LONG_AGO) -> None:
        os.utime(path, ns=(time_ns, time_ns))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


# What is kept


def test_an_output_is_kept_if_all_is_as_recorded(folder: Folder) -> None:
    assert folder.keeps()


def test_an_output_without_a_record_is_not_kept(folder: Folder) -> None:
    folder.path.unlink()
    assert not folder.keeps()


def test_an_output_of_other_work_is_not_kept(folder: Folder) -> None:
    assert not folder.keeps(OTHER)


@pytest.mark.parametrize("content", [b"an inpux", b"another input"], ids=["as long", "longer"])
def test_a_changed_input_is_not_kept(folder: Folder, content: bytes) -> None:
    folder.source.write_bytes(content)
    assert not folder.keeps()


def test_an_input_that_was_only_touched_is_kept(folder: Folder) -> None:
    folder.age(folder.source, LONG_AGO + 10**9)
    assert folder.keeps()


def test_a_touched_input_is_hashed_only_once(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.age(folder.source, LONG_AGO + 10**9)
    taken: list[Path] = []
    take = stamps.take

    def noted(path: Path) -> Stamp:
        taken.append(path)
        return take(path)

    monkeypatch.setattr(stamps, "take", noted)
    assert [folder.keeps(), folder.keeps()] == [True, True]
    assert taken == [folder.source]


def test_an_input_changed_within_one_tick_of_the_clock_is_not_kept(folder: Folder) -> None:
    now = time.time_ns()
    folder.age(folder.source, now)
    with folder.opened() as manifest:
        manifest.add(folder.source, folder.target, stamps.take(folder.source), stamps.take(folder.target))
    folder.source.write_bytes(b"an inpux")
    folder.age(folder.source, now)
    assert not folder.keeps()


def test_a_renamed_input_with_the_same_content_is_kept(folder: Folder) -> None:
    folder.source = folder.source.rename(folder.source.with_name("b.png"))
    assert folder.keeps()


def test_another_input_of_the_same_size_and_time_is_not_kept(folder: Folder) -> None:
    folder.source = folder.source.with_name("b.png")
    folder.source.write_bytes(b"an inpux")
    folder.age(folder.source)
    assert not folder.keeps()


def test_a_missing_input_is_not_kept(folder: Folder) -> None:
    folder.source.unlink()
    assert not folder.keeps()


@pytest.mark.parametrize("content", [b"an outpux", b"longer output", b""])
def test_a_changed_output_is_not_kept(folder: Folder, content: bytes) -> None:
    folder.target.write_bytes(content)
    assert not folder.keeps()


def test_a_missing_output_is_not_kept(folder: Folder) -> None:
    folder.target.unlink()
    assert not folder.keeps()


def test_outputs_in_a_copied_folder_are_kept_by_their_content(folder: Folder) -> None:
    folder.age(folder.target, LONG_AGO + 10**9)
    assert folder.keeps()


def test_inputs_and_outputs_can_be_moved_together(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for name in ("in", "out"):
        (tmp_path / name).rename(tmp_path / "there" / name)
    moved = Folder.__new__(Folder)
    moved.out, moved.source = tmp_path / "there" / "out", tmp_path / "there" / "in" / "a.png"
    moved.target = moved.out / "sub" / "a.png"
    assert moved.keeps()


def test_the_last_record_of_an_output_counts(folder: Folder) -> None:
    with folder.opened(OTHER) as manifest:
        manifest.add(folder.source, folder.target, stamps.take(folder.source), stamps.take(folder.target))
    assert folder.keeps(OTHER)
    assert not folder.keeps(WORK)


def test_a_manifest_vouches_for_what_other_work_made(folder: Folder) -> None:
    with folder.opened(OTHER) as manifest:
        assert manifest.vouches(folder.target)
        assert not manifest.vouches(folder.out / "b.png")
    folder.target.write_bytes(b"edited since")
    with folder.opened(OTHER) as manifest:
        assert not manifest.vouches(folder.target)


def test_names_that_are_no_utf_8_are_kept(folder: Folder) -> None:
    target = folder.out / os.fsdecode(b'\xff\xfe " \\ \n.png')
    folder.target = folder.target.rename(target)
    with folder.opened() as manifest:
        manifest.add(folder.source, target, stamps.take(folder.source), stamps.take(target))
    assert folder.keeps()
    assert list(read(folder.out)) == [key("sub/a.png"), key(target.name)]


# What is wrong with the file


@pytest.mark.parametrize("length", range(1, 60, 7))
def test_a_line_cut_short_at_the_end_is_ignored(folder: Folder, length: int) -> None:
    whole = folder.path.read_bytes()
    folder.path.write_bytes(whole + whole.splitlines()[-1][:-length])
    assert folder.keeps()
    assert folder.path.read_bytes() == whole


def test_a_record_cut_short_is_no_record(folder: Folder) -> None:
    folder.path.write_bytes(folder.path.read_bytes()[:-1])
    assert not folder.keeps()


HOSTILE = {
    "no JSON": b"what is this",
    "nested": b"[" * 100_000,
    "a long number": b'{"target": "a", "source": "b", "work": "%s", "source_stamp": [%s, 1, "c"]}'
    % (b"0" * 32, b"9" * 9000),
    "other types": b'{"target": 1, "source": 2, "work": 3, "source_stamp": 4, "target_stamp": 5}',
    "no text": bytes(range(128, 256)),
    "NUL": b"\0" * 1000,
    "a long line": b"x" * 2_000_000,
    "a changed record": None,
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
def test_damaged_lines_are_told_and_ignored(folder: Folder, line: bytes | None) -> None:
    whole = folder.path.read_bytes()
    damaged = line or whole.splitlines()[-1].replace(b'"work"', b'"worm"')
    folder.path.write_bytes(damaged + b"\n" + whole + damaged + b"\n")
    with folder.opened() as manifest:
        assert manifest.problems == [f"{folder.path}: 2 damaged lines are ignored"]
        assert manifest.keeps(folder.source, folder.target)


def test_every_flipped_bit_of_a_record_is_noticed_or_without_effect(folder: Folder) -> None:
    whole = folder.path.read_bytes()
    start = whole.rindex(b"{")
    for place in range(start, len(whole) - 1):
        folder.path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with folder.opened() as manifest:
            kept = manifest.keeps(folder.source, folder.target)
        # Where the content is looked at in place of a path or a time, the output may still be kept.
        assert not kept or re.search(rb'"source": "|_stamp": \[\d, ', whole[start : place + 1])
    folder.path.write_bytes(whole)
    assert folder.keeps()


def test_a_manifest_that_is_a_link_is_refused_and_the_file_stays(folder: Folder, tmp_path: Path) -> None:
    other = tmp_path / "diary"
    other.write_text("dear diary")
    folder.path.unlink()
    folder.path.symlink_to(other)
    with pytest.raises(ImageError, match=r"is not a regular file; remove it"):
        folder.opened()
    assert other.read_text() == "dear diary"


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["a folder", "a pipe"])
def test_a_manifest_that_is_no_file_is_refused(folder: Folder, make: Any) -> None:
    folder.path.unlink()
    make(folder.path)
    with pytest.raises(ImageError, match=r"is not a regular file; remove it"):
        folder.opened()


def test_a_manifest_that_is_too_large_is_refused(folder: Folder) -> None:
    os.truncate(folder.path, 2**30 + 1)
    with pytest.raises(ImageError, match=r"has more than 1,073,741,824 bytes; remove it"):
        folder.opened()


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "sub/../../secret", "..", "", "a\0b", "\ud800"])
def test_a_strangers_records_lead_nowhere(folder: Folder, name: str) -> None:
    line = OutputRecord(name, name, WORK.key, Stamp(1, 1, "0" * 32), Stamp(1, 1, "0" * 32)).line
    assert key_of_line(line) == key(name)
    with folder.path.open("a") as file:
        file.write(line + "\n")
    assert folder.keeps()


# The file while it is open


def test_a_second_run_is_refused_while_the_first_goes_on(folder: Folder) -> None:
    refused = pytest.raises(ImageError, match=r"another `imgcuda batch` is writing to .*out; wait until it ends")
    with folder.opened(), refused:
        folder.opened()
    assert folder.keeps()


def test_a_killed_run_holds_no_lock(folder: Folder) -> None:
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom imgcuda.batch.manifest import Manifest\n"
        "from imgcuda.batch.provenance import Provenance\n"
        "m = Manifest(Path(sys.argv[1]), Provenance('0' * 32, {}))\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code, folder.out], check=False).returncode == -9
    assert folder.keeps()


def test_a_manifest_with_many_old_lines_is_rewritten(folder: Folder) -> None:
    line = folder.path.read_text().splitlines()[-1]
    with folder.path.open("a") as file:
        file.write(f"{line}\n" * 2000)
    with folder.opened() as manifest:
        assert len(folder.path.read_text().splitlines()) == 2
        with pytest.raises(ImageError, match="another"):
            folder.opened()
        manifest.add(folder.source, folder.out / "b.png", Stamp(1, 1, "0" * 32), Stamp(1, 1, "0" * 32))
    assert folder.keeps()
    assert len(folder.path.read_text().splitlines()) == 3
    assert sorted(path.name for path in folder.out.iterdir()) == [NAME, "sub"]


def test_a_full_disk_costs_the_record_and_no_more(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    full = [True]

    def writes_a_part(descriptor: int, data: bytes) -> int:
        if full[0] and not data.startswith(b"{"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data[:20] if full[0] else data)

    with folder.opened() as manifest:
        monkeypatch.setattr(os, "write", writes_a_part)
        for name in ("b.png", "c.png"):
            manifest.add(folder.source, folder.out / name, Stamp(1, 1, "0" * 32), Stamp(1, 1, "0" * 32))
        full[0] = False
        manifest.add(folder.source, folder.out / "d.png", Stamp(1, 1, "0" * 32), Stamp(1, 1, "0" * 32))
        words = os.strerror(errno.ENOSPC).lower()
        again = "a later run makes again what is not recorded"
        assert manifest.problems == [f"{folder.path}: {words}; {again}"] * 2
    assert list(read(folder.out)) == [key("sub/a.png"), key("d.png")]
    assert folder.keeps()


def test_each_line_is_json(folder: Folder) -> None:
    work, record = map(json.loads, folder.path.read_text().splitlines())
    assert work == {"work": WORK.key, "filters": ["invert"]}
    assert (record["target"], record["source"], record["work"]) == ("sub/a.png", "../in/a.png", WORK.key)


def test_a_hundred_thousand_records_are_read_at_once(folder: Folder) -> None:
    lines = (
        OutputRecord(f"a/{i}.png", f"../b/{i}.png", WORK.key, Stamp(i, i, "0" * 32), Stamp(i, i, "0" * 32)).line
        for i in range(100_000)
    )
    with folder.path.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)
    began = time.process_time()
    with folder.opened() as manifest:
        assert manifest.keeps(folder.source, folder.target)
    assert time.process_time() - began < 2  # 0.4 s here


# Drafts


@pytest.fixture
def draft(folder: Folder) -> Iterator[Path]:
    path = folder.target.with_name(".imgcuda-0123456789abcdef")
    path.write_bytes(b"half")
    yield path


def test_old_drafts_of_killed_runs_are_removed(folder: Folder, draft: Path) -> None:
    folder.age(draft, time.time_ns() - (stale_drafts.AGE + 10) * 10**9)
    folder.sweep()
    assert not draft.exists()


def test_young_drafts_may_be_another_commands_and_stay(folder: Folder, draft: Path) -> None:
    folder.sweep()
    assert draft.exists()


def test_other_old_files_stay(folder: Folder, draft: Path) -> None:
    others = [
        draft.with_name(name) for name in (".imgcuda-0123", ".imgcuda-0123456789abcdef.png", "imgcuda-0123456789abcdef")
    ]
    for path in others:
        path.write_bytes(b"mine")
        folder.age(path)
    link = draft.with_name(".imgcuda-1123456789abcdef")
    link.symlink_to(others[0])
    os.utime(link, ns=(LONG_AGO, LONG_AGO), follow_symlinks=False)
    folder.sweep()
    assert all(path.exists() for path in [*others, link])

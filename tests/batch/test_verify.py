"""--verify: outputs are compared with their records, and nothing is made or changed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from imgcuda import Registry
from imgcuda.batch import stamps
from imgcuda.batch.manifest import NAME, Manifest
from imgcuda.batch.provenance import Provenance
from imgcuda.batch.records import OutputRecord
from imgcuda.batch.stamps import Stamp
from imgcuda.batch.verify import verify
from imgcuda.cli import build, run
from imgcuda.errors import ImageError

WORK = Provenance("0" * 32, {})


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder with three outputs that are recorded, one of them in a folder of its own."""
    folder = tmp_path / "out"
    (folder / "sub").mkdir(parents=True)
    with Manifest(folder, WORK) as manifest:
        for name in ("a.png", "b.png", "sub/c.png"):
            (folder / name).write_bytes(name.encode())
            stamp = stamps.take(folder / name)
            manifest.add(tmp_path / name, folder / name, stamp, stamp)
    return folder


def wrong(folder: Path, targets: set[Path] | None = None) -> list[tuple[str, str]]:
    """Return the outputs that are not as they were made, each with what is said of it after its name."""
    found = [each for each in verify(folder, targets) if each.state != "good"]
    return [(os.path.relpath(each.target, folder), each.error.removeprefix(f"{each.target} ")) for each in found]


def test_outputs_as_they_were_made_are_good(out: Path) -> None:
    assert [each.state for each in verify(out)] == ["good"] * 3
    assert wrong(out) == []


def test_missing_and_changed_outputs_are_found_by_their_content(out: Path) -> None:
    (out / "a.png").unlink()
    status = (out / "b.png").stat()
    (out / "b.png").write_bytes(b"x.png")
    os.utime(out / "b.png", ns=(status.st_atime_ns, status.st_mtime_ns))  # which a look at the time does not show
    assert wrong(out) == [("a.png", "is missing"), ("b.png", "was changed after it was made")]


def test_a_touched_output_is_good(out: Path) -> None:
    os.utime(out / "a.png", ns=(1, 1))
    assert wrong(out) == []


def test_only_the_outputs_that_are_asked_for_are_looked_at(out: Path) -> None:
    (out / "a.png").unlink()
    assert wrong(out, {out / "b.png"}) == []
    assert wrong(out, {out / "a.png", out / "new.png"}) == [("a.png", "is missing"), ("new.png", "has no record")]


def test_a_folder_without_records_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"has no record of outputs; `imgcuda batch \.\.\. -o .*` makes them"):
        list(verify(tmp_path))


HOSTILE = ["../secret", "/etc/hostname", "sub/../../secret", "..", "", "a\0b", "\ud800", "link", "linked/secret"]
STRANGE = ["pipe", "sub"]


@pytest.mark.parametrize("name", [*HOSTILE, *STRANGE])
def test_a_strangers_record_reads_nothing_outside_the_folder(
    out: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("secret")
    (out / "link").symlink_to(tmp_path / "secret")
    (out / "linked").symlink_to(tmp_path)
    os.mkfifo(out / "pipe")
    stamp = Stamp(6, 1, "0" * 32)
    with (out / NAME).open("a") as file:
        file.write(OutputRecord(name, name, WORK.key, stamp, stamp).line + "\n")
    opened: list[str] = []
    take = stamps.take

    def noted(path: Path) -> Stamp:
        opened.append(path.name)
        return take(path)

    monkeypatch.setattr(stamps, "take", noted)
    (found,) = wrong(out)
    assert "was changed" not in found[1]  # which would tell something about a file outside
    assert set(opened) <= {"a.png", "b.png", "c.png", "out", "pipe", "sub", "\ud800"}


# The command


def test_the_command_says_what_is_wrong_and_exits_with_1(
    out: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    app = build(registry)
    assert run(["batch", "-o", str(out), "--verify"], app) == 0
    assert capsys.readouterr().err == "3 good\n"
    (out / "a.png").unlink()
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert run(["batch", "-o", str(out), "--verify", "--json"], app) == 1
    said, told = capsys.readouterr()
    assert told == f"Error: {out / 'a.png'} is missing\n2 good, 1 missing\n"
    *files, summary = map(json.loads, said.splitlines())
    assert [each["state"] for each in files] == ["missing", "good", "good"]
    assert summary == {"summary": {"good": 2, "missing": 1, "changed": 0}}
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before

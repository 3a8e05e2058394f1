"""A folder with 300 files of every kind that is read, broken ones among them, as a batch and one by one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from random import Random

import pytest

from imgcuda import Registry
from imgcuda.cli import build, run
from support.broken_files import WHOLE, files
from support.killed_batches import COMMAND, contents, kill_at_random

COUNT, BROKEN = 300, 80
OPTIONS = ("-f", "blur:sigma=2", "--format", "tiff", "--quiet")

pytestmark = pytest.mark.exhaustive


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files, with names that say which are broken on purpose."""
    folder = tmp_path / "in"
    folder.mkdir()
    kinds = list(WHOLE)
    for number in range(COUNT - BROKEN):
        name = kinds[number % len(kinds)]
        (folder / f"{number:03}-{name}").write_bytes(WHOLE[name])
    for number, (name, data) in enumerate(files(BROKEN)):
        (folder / f"broken-{number:02}-{Path(name).name}").write_bytes(data)
    return folder


def test_mixed_files_are_made_as_one_by_one_and_after_forty_kills(
    folder: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each run names all inputs, so that those that cannot be recognized fail, too."""
    root, sources = folder.parent, sorted(folder.iterdir())
    one = root / "one"
    one.mkdir()
    names = {source: f"{source.name.replace('.', '-')}.tif" for source in sources}
    app = build(registry)
    failed = set()
    for source, name in names.items():
        if run(["filter", str(source), str(one / name), *OPTIONS[:-1], "--device", "cpu"], app):
            failed.add(str(source))
    capsys.readouterr()

    command = [*COMMAND, *map(str, sources), "--name", "{stem}-{ext}", *OPTIONS]
    whole = subprocess.run([*command, "-o", str(root / "whole"), "--json"], capture_output=True, text=True, check=False)
    told = [json.loads(line) for line in whole.stdout.splitlines()]
    assert {each["path"] for each in told[:-1] if each["state"] == "failed"} == failed
    assert len(told) == COUNT + 1
    assert 0 < len(failed) <= BROKEN
    assert {Path(name).stem: data for name, data in contents(root / "whole").items()} == {
        Path(name).stem: data for name, data in contents(one).items()
    }

    chance = Random(0)
    for _ in range(40):
        kill_at_random([*command, "-o", str(root / "out")], chance, most=COUNT)
        assert contents(root / "out").items() <= contents(root / "whole").items()
    done = subprocess.run([*command, "-o", str(root / "out"), "--json"], capture_output=True, text=True, check=False)
    summary = json.loads(done.stdout.splitlines()[-1])["summary"]
    assert summary["failed"] == len(failed)
    assert summary["kept"] > 0
    assert contents(root / "out") == contents(root / "whole")
    print(f"{len(failed)} failed; {summary['kept']} kept and {summary['done']} made by the last run")

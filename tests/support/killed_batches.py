"""Batches that are killed at random moments."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

COMMAND = [sys.executable, "-m", "imgcuda", "batch", "--device", "cpu"]


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of the files in a folder by their names, without the manifest, and without drafts: a kill in
    the moment of a rename leaves one."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".imgcuda-"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def kill_at_random(command: Sequence[str], chance: random.Random, most: int = 8) -> int:
    """Start a batch, and kill it some time after fewer than `most` files are finished; return how many that were.

    Its workers are killed with it, or are left to end by themselves.
    """
    finished, wait, workers_too = chance.randrange(0, most), chance.random() * 0.3, chance.random() < 0.5
    with subprocess.Popen(
        [*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        assert process.stdout
        told = [process.stdout.readline() for _ in range(finished)]
        time.sleep(wait)
        (os.killpg if workers_too else os.kill)(process.pid, signal.SIGKILL)
    return sum(line.startswith(b'{"path"') for line in told)

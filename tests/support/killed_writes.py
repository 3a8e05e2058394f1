"""Write a file over another, again and again, and be killed at it. The old file is there then, or the new one, whole.

PYTHONPATH=tests python -m support.killed_writes 200
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from imgcuda import images

WRITE = """
import sys
import numpy as np
from imgcuda import images
print("ready", flush=True)
while True:
    for level in (1, 2):
        images.write(sys.argv[1], images.Image(np.full((300, 400, 3), level, np.uint8)))
"""


def killed(times: int, folder: Path, seed: int = 0) -> Counter[str]:
    """Kill a process that writes, so many times, at random moments; return what was found in the file's place.

    Raises AssertionError where that is neither the old picture nor the new one.
    """
    found: Counter[str] = Counter()
    chance, path = random.Random(seed), folder / "a.png"
    images.write(path, images.Image(np.full((300, 400, 3), 1, np.uint8)))
    for _ in range(times):
        with subprocess.Popen([sys.executable, "-c", WRITE, str(path)], stdout=subprocess.PIPE) as process:
            assert process.stdout and process.stdout.readline() == b"ready\n"
            time.sleep(chance.random() * 0.05)
            os.kill(process.pid, signal.SIGKILL)
        level = np.unique(images.read(path).pixels)
        assert level.tolist() in ([1], [2]), level
        found[f"picture {level[0]}"] += 1
        drafts = [file for file in folder.iterdir() if file != path]
        found["drafts left beside it"] += len(drafts)
        for draft in drafts:
            draft.unlink()
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(dict(killed(int(sys.argv[1]), Path(folder))))

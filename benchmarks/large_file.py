"""Measures the command on a picture that is larger than memory may be: its peak of resident memory, and its seconds.

python benchmarks/large_file.py [side] [folder]    filters a TIFF of side x side RGB pixels (40000), and removes it
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile

CHAINS = ["invert", "blur:sigma=3 | edges", "auto-contrast | resize:width=20000,height=20000"]
TILE = 512


def make(path: Path, side: int) -> None:
    """Write a BigTIFF in tiles of noise over a gradient, without holding it."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 64, (TILE, TILE, 3), np.uint8)
    count = -(-side // TILE)
    tiles = (noise + np.uint8(128 * (row + column) // (2 * count)) for row in range(count) for column in range(count))
    tifffile.imwrite(
        path, tiles, shape=(side, side, 3), dtype=np.uint8, tile=(TILE, TILE), bigtiff=True, photometric="rgb"
    )


def run(source: Path, target: Path, chain: str) -> tuple[float, int]:
    """Run the command; return its seconds, and the most bytes of memory that it had."""
    started = time.perf_counter()
    arguments = ["filter", str(source), str(target), "--max-pixels", "10000000000", "-f", chain]
    process = os.posix_spawn(sys.executable, [sys.executable, "-m", "imgcuda", *arguments], os.environ)
    _, status, used = os.wait4(process, 0)
    if status:
        raise SystemExit(f"imgcuda {' '.join(arguments)} failed")
    return time.perf_counter() - started, used.ru_maxrss * 1024


def main() -> None:
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 40_000
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as folder:
        source, target = Path(folder, "slide.tif"), Path(folder, "out.tif")
        make(source, side)
        print(f"{side} x {side} RGB, {source.stat().st_size / 1e9:.1f} GB")
        for chain in CHAINS:
            seconds, most = run(source, target, chain)
            print(f"{chain:40} {seconds:6.1f} s, {most / 2**20:5.0f} MiB, {target.stat().st_size / 1e9:.1f} GB written")
            target.unlink()


if __name__ == "__main__":
    main()

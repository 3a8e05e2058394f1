"""Measures the command on a picture that is larger than memory may be: its peak of resident memory, and its seconds.

python benchmarks/large_file.py [side] [folder]         filters a TIFF of side x side RGB pixels (40000), and removes it
python benchmarks/large_file.py [side] [folder] --zarr  the same of an OME-Zarr image of three channels and its levels
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

CHAINS = ["invert", "blur:sigma=3 | edges", "auto-contrast | resize:width=20000,height=20000"]
TILE = 512
SHARD = 2048


def make(path: Path, side: int) -> None:
    """Write a BigTIFF in tiles of noise over a gradient, without holding it."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 64, (TILE, TILE, 3), np.uint8)
    count = -(-side // TILE)
    tiles = (noise + np.uint8(128 * (row + column) // (2 * count)) for row in range(count) for column in range(count))
    tifffile.imwrite(
        path, tiles, shape=(side, side, 3), dtype=np.uint8, tile=(TILE, TILE), bigtiff=True, photometric="rgb"
    )


def make_zarr(path: Path, side: int) -> None:
    """Write an OME-Zarr image of three channels and three levels, in shards of 2048 x 2048 with chunks of 512 x 512."""
    import zarr

    rng = np.random.default_rng(0)
    group = zarr.open_group(str(path), mode="w")
    datasets: list[Any] = []
    for level in range(3):
        size = -(-side // 2**level)
        shards = (1, SHARD, SHARD)
        made = group.create_array(
            str(level), shape=(3, size, size), chunks=(1, TILE, TILE), shards=shards, dtype="uint8"
        )
        scale = {"type": "scale", "scale": [1.0, 2.0**level, 2.0**level]}
        datasets.append({"path": str(level), "coordinateTransformations": [scale]})
        for top in range(0, size if not level else 0, SHARD):
            for left in range(0, size, SHARD):
                part = made[:, top : top + SHARD, left : left + SHARD]
                noise = rng.integers(0, 64, np.shape(part), np.uint8) + np.uint8(128 * (top + left) // (2 * side))
                made[:, top : top + SHARD, left : left + SHARD] = noise
    axes = [{"name": name, "type": "channel" if name == "c" else "space"} for name in "cyx"]
    ome: Any = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}
    group.attrs["ome"] = ome


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
    words = [word for word in sys.argv[1:] if word != "--zarr"]
    side, kind = int(words[0]) if words else 40_000, "zarr" if "--zarr" in sys.argv else "tif"
    with tempfile.TemporaryDirectory(dir=words[1] if len(words) > 1 else None) as folder:
        source, target = Path(folder, f"slide.{kind}"), Path(folder, f"out.{kind}")
        (make_zarr if kind == "zarr" else make)(source, side)
        print(f"{side} x {side}, three colors, {size(source) / 1e9:.1f} GB")
        for chain in CHAINS:
            seconds, most = run(source, target, chain)
            print(f"{chain:40} {seconds:6.1f} s, {most / 2**20:5.0f} MiB, {size(target) / 1e9:.1f} GB written")
            (shutil.rmtree if target.is_dir() else os.unlink)(target)


def size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file()) or path.stat().st_size


if __name__ == "__main__":
    main()

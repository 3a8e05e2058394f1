"""Runs README's own filter as it is written there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def block(language: str, containing: str) -> str:
    """Return README's fenced block of a language that contains some words."""
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    return next(text for text in blocks if containing in text)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with README's filter installed in it, as pip would leave it."""
    package, info = tmp_path / "postcard", tmp_path / "imgcuda_postcard-0.1.0.dist-info"
    package.mkdir()
    info.mkdir()
    (package / "__init__.py").write_text(block("python", "class Postcard"))
    (package / "postcard.cu").write_text(block("c", "color postcard"))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: imgcuda-postcard\nVersion: 0.1.0\n")
    entry = re.search(r"\[project.entry-points.imgcuda\]\n(.*)\n", block("toml", "imgcuda-postcard"))
    assert entry is not None
    (info / "entry_points.txt").write_text(f"[imgcuda]\n{entry[1].replace(chr(34), '')}\n")
    return tmp_path


def imgcuda(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "IMGCUDA_DEVICE": "cpu"}
    command = [sys.executable, "-m", "imgcuda", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_the_filter_in_readme_prints_a_picture(site: Path, tmp_path: Path) -> None:
    gray = np.full((3, 5), 200, np.uint8)
    Image.fromarray(gray).save(tmp_path / "in.png")
    done = imgcuda(site, "postcard", str(tmp_path / "in.png"), str(tmp_path / "out.png"))
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "out.png") as made:
        printed = np.asarray(made)
    expected = [211, 191, 182]  # 255 * 0.2 + 200 * 0.8 and so on
    assert printed.shape == (3, 5, 3)
    assert printed[0, 0].tolist() == expected


def test_the_filter_in_readme_has_help_and_ranges(site: Path) -> None:
    shown = imgcuda(site, "info", "postcard").stdout
    assert "imgcuda-postcard 0.1.0" in shown
    refused = imgcuda(site, "postcard", "in.png", "out.png", "--strength", "7")
    assert refused.returncode == 2
    assert "strength" in refused.stderr


def test_the_filter_in_readme_stands_in_a_chain(site: Path, tmp_path: Path) -> None:
    coffee = ROOT / "sample_images" / "coffee.png"
    out = tmp_path / "out.png"
    done = imgcuda(site, "filter", str(coffee), str(out), "-f", "postcard:strength=0.5", "-f", "blur")
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(out) as made, Image.open(coffee) as given:
        assert made.size == given.size

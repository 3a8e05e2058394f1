"""What each kind of command imports: no more than it needs, however many filters are installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[2] / "sample_images" / "chelsea.png"
NEVER = {"pydantic", "rich", "scipy", "cv2", "llvmlite.binding", "pycuda"}
"""What no command needs that filters nothing, and none that finds its kernel in the cache."""


def imported(*arguments: object) -> set[str]:
    """Return the modules that a command has imported when it ends."""
    code = "import sys; from imgcuda.cli import run; run(sys.argv[1:]); sys.stderr.write('\\n'.join(sys.modules))"
    command = [sys.executable, "-P", "-c", code, *map(str, arguments)]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines())


@pytest.mark.parametrize("arguments", ["--help", "--version", "list", "list --plain", "info blur", "blur --help"])
def test_what_filters_nothing_imports_nothing_heavy(arguments: str) -> None:
    assert not NEVER & imported(*arguments.split())


@pytest.mark.parametrize("arguments", [["blur"], ["filter", "-f", "blur:sigma=2"]], ids=["blur", "filter"])
def test_a_warm_run_imports_no_compiler_and_no_pydantic(arguments: list[str], tmp_path: Path) -> None:
    command = [arguments[0], SAMPLE, tmp_path / "out.png", *arguments[1:], "--device", "cpu"]
    imported(*command)
    assert (tmp_path / "out.png").exists()
    assert not NEVER & imported(*command)

"""What each kind of command imports: no more than it needs, however many filters are installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from support.installation import Installation, filter_of
from support.matrix import every_third, exhaustive

SAMPLE = Path(__file__).parents[2] / "sample_images" / "chelsea.png"
NEVER = {
    "pydantic",
    "rich",
    "scipy",
    "cv2",
    "llvmlite.binding",
    "pycuda",
    "tomllib",
    "imgcuda.cpu.lowering",
    "imgcuda.frontend.lexer",
}
"""What no command needs that filters nothing, and none that finds its kernel in the cache."""

OF_OTHER_FORMATS = {
    *(f"PIL.{name}ImagePlugin" for name in ("Png", "Gif", "Bmp", "Ppm", "Tiff", "WebP", "Mpo")),
    *(f"imgcuda.images.{name}" for name in ("png", "tga", "tiff_reader", "tiff_writer", "png_reader")),
    *("decimal", "fractions"),
}
ON_OTHER_DAYS = {
    *("typer", "hashlib", "tempfile", "random", "importlib.metadata", "concurrent.futures", "multiprocessing"),
    *(f"imgcuda.{name}" for name in ("images.linear", "images.coded", "registry.filter_checks", "recipes.chain_text")),
}
"""What a filter's own command does not need for a plain file, in the user's own folders, on the CPU."""


def imported(*arguments: object) -> set[str]:
    """Return the modules that a command has imported when it ends."""
    code = "import sys; from imgcuda.cli import run; run(sys.argv[1:]); sys.stderr.write('\\n'.join(sys.modules))"
    command = [sys.executable, "-P", "-c", code, *map(str, arguments)]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines())


@pytest.mark.parametrize(
    "arguments",
    every_third(["--help", "--version", "list denoise", "list", "list --plain", "info blur", "blur --help"]),
)
def test_what_filters_nothing_imports_nothing_heavy(arguments: str) -> None:
    assert not NEVER & imported(*arguments.split())


@pytest.mark.parametrize("arguments", [exhaustive(["blur"]), ["filter", "-f", "blur:sigma=2"]], ids=["blur", "filter"])
def test_a_warm_run_imports_no_compiler_and_no_pydantic(arguments: list[str], tmp_path: Path) -> None:
    command = [arguments[0], SAMPLE, tmp_path / "out.png", *arguments[1:], "--device", "cpu"]
    imported(*command)
    assert (tmp_path / "out.png").exists()
    assert not NEVER & imported(*command)


def test_a_batch_imports_no_compiler_and_no_pydantic(tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = imported(
        "batch", SAMPLE, SAMPLE.with_name("camera.png"), "-o", out, "-f", "blur:sigma=2", "--device", "cpu"
    )
    assert (out / "camera.png").exists()
    assert not NEVER & found


def test_a_warm_run_of_a_jpeg_imports_nothing_for_other_files(tmp_path: Path) -> None:
    jpeg = tmp_path / "in.jpg"
    with Image.open(SAMPLE) as picture:
        picture.convert("RGB").save(jpeg)
    command = ["blur", jpeg, tmp_path / "out.jpg", "--device", "cpu"]
    imported(*command)
    (tmp_path / "out.jpg").unlink()
    needless = (NEVER | OF_OTHER_FORMATS | ON_OTHER_DAYS) & imported(*command)
    assert not needless


AT_THE_END = """
    import atexit, threading, time
    atexit.register(lambda: print("what was registered ran"))
    def later():
        time.sleep(0.3)
        print("the thread ended")
"""


@pytest.mark.parametrize("thread", [exhaustive(False), True])
def test_a_command_ends_when_all_that_is_registered_has_run(thread: bool, tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    installation.add(filter_of() + AT_THE_END + "    threading.Thread(target=later).start()\n" * thread)
    installation.listed()
    done = installation.run("info", "postcard")
    assert done.returncode == 0
    assert done.stderr.endswith("what was registered ran\n")
    assert ("the thread ended" in done.stdout + done.stderr) == thread


def test_a_failed_command_tells_its_error_and_has_its_exit_code(tmp_path: Path) -> None:
    files = [str(tmp_path / "none.png"), str(tmp_path / "out.png")]
    command = [sys.executable, "-P", "-m", "imgcuda", "blur", *files, "--device", "cpu"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")


TELLING = """
    import gc
    def told(self):
        print(gc.isenabled(), os.environ.get("OPENBLAS_NUM_THREADS"))
    Postcard.__post_init__ = told
"""


@pytest.mark.parametrize("call", [exhaustive("postcard IN OUT"), "filter IN OUT -f postcard"])
def test_a_filter_runs_in_a_process_as_any_other(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set while modules are imported, for their sake, is set back before a filter is made."""
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    installation = Installation(tmp_path)
    installation.add(filter_of() + TELLING)
    installation.listed()
    installation.variables["IMGCUDA_DEVICE"] = "cpu"
    arguments = call.replace("IN", str(SAMPLE)).replace("OUT", str(tmp_path / "out.png")).split()
    assert "True None\n" in installation.run(*arguments).stderr
    assert "True 3\n" in installation.run(*arguments, OPENBLAS_NUM_THREADS="3").stderr


def test_imgcuda_as_a_library_changes_nothing_of_the_process() -> None:
    code = "import gc, os, imgcuda; imgcuda.Filter; print(gc.isenabled(), os.environ.get('OPENBLAS_NUM_THREADS'))"
    variables = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
    assert done.stdout == "True None\n"

"""What the command says where `ulimit -v` leaves too little memory to load its libraries."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from imgcuda.startup import no_memory_to_load

resource = pytest.importorskip("resource", reason="no limits on memory here")

NOT_OURS = re.compile(
    r"OpenBLAS error|Fatal Python error(?!: Segmentation)|Error in sys.excepthook|error while loading shared libraries|"
    r"Segmentation fault\n(?s:.)*numpy.{1,2}_core.{1,2}multiarray.py"
)
"""What is said before any code of imgcuda runs, by Python that has no memory for an error, or by a library that ends
the process, as NumPy 2.4 does at times."""
ONE_SENTENCE = re.compile(r"Error: .*\n")
"""Mostly about memory; but Python itself may report something else where it has too little."""
BY_PYTHON = re.compile(r"Exception ignored .*\n(?:Traceback .*\n(?:  .*\n)*)?|MemoryError.*\n")
"""What Python adds about an error that it cannot raise, as when it closes a generator or ends."""


def _run(command: list[str], **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run a command; again if it hangs, as a library may that gets no memory for a thread. What hangs twice is ours."""
    with suppress(subprocess.TimeoutExpired):
        return subprocess.run(command, capture_output=True, text=True, timeout=30, **settings)
    return subprocess.run(command, capture_output=True, text=True, timeout=30, **settings)


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS does not limit a process here")
def test_too_little_memory_to_start_is_one_sentence(tmp_path: Path) -> None:
    PIL.Image.new("RGB", (300, 200)).save(tmp_path / "in.png")
    command = [sys.executable, "-X", "faulthandler", "-m", "imgcuda", "blur", "in.png", "out.png", "--device", "cpu"]
    said = []
    for megabytes in range(24, 136, 8):

        def limit(size: int = megabytes << 20) -> None:
            resource.setrlimit(resource.RLIMIT_AS, (size, size))

        variables = {"PATH": "/usr/bin:/bin", "IMGCUDA_CACHE": str(tmp_path / "cache")}
        done = _run(command, cwd=tmp_path, env=variables, preexec_fn=limit)
        if done.returncode and not NOT_OURS.search(done.stderr):
            said.append(BY_PYTHON.sub("", done.stderr))
            assert (done.returncode, bool(ONE_SENTENCE.fullmatch(said[-1]))) == (1, True), (megabytes, done.stderr)
            assert not (tmp_path / "out.png").exists()
    sentence = "Error: imgcuda cannot start: there is no memory to load NumPy; allow the process more (ulimit -v)\n"
    assert sentence in said


@pytest.mark.parametrize(
    "error",
    [
        ImportError("DLL load failed while importing _imaging: The paging file is too small for this operation"),
        OSError("libc.so.6: cannot map zero-fill pages"),
        OSError(12, "Cannot allocate memory"),
        MemoryError(),
    ],
    ids=repr,
)
def test_a_lack_of_memory_is_told_by_any_words_for_it(error: Exception) -> None:
    said = "there is no memory to load a library; allow the process more (ulimit -v)"
    assert no_memory_to_load(error) == said
    outer = ImportError("Importing the C-extensions failed.")
    outer.__cause__ = error
    assert no_memory_to_load(outer) == said


@pytest.mark.parametrize(
    "error",
    [
        ImportError("No module named 'numpy'"),
        ImportError("x.so: cannot allocate memory in static TLS block"),
        ImportError("x.so: failed to map segment from shared object: Operation not permitted"),
        RuntimeError("out of memory"),
    ],
    ids=repr,
)
def test_other_errors_of_libraries_are_not_about_memory(error: Exception) -> None:
    assert no_memory_to_load(error) is None

"""What Clang has answered is kept on disk, by text, macros and Clang's version."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from imgcuda import kernels
from imgcuda.cpu.cxx import clang
from imgcuda.cpu.cxx.clang import syntax_tree
from imgcuda.cpu.cxx.nodes import Node
from imgcuda.errors import Mistake
from support.cxx import NEEDS_CLANG

pytestmark = NEEDS_CLANG

TEXT = """\
template <typename T> struct pair {
    T a, b;
    __device__ pair(T a, T b) : a(a), b(b) {}
    __device__ T sum() const { return a + b; }
};
constexpr float weights[2] = {0.5f, 2.0f};
template <typename T> __global__ void k(T *o)
{
    pair<T> p[2] = {pair<T>(1, 2), pair<T>(ADDED, threadIdx.x)};
    const char *name = "k";
    o[threadIdx.x] = p[0].sum() + p[1].sum() * weights[name[0] == 'k'];
}
"""
PROGRAM = """\
import json, sys
import numpy as np
from imgcuda import kernels
from imgcuda.cpu.cxx import clang
asked, ask = [], clang.syntax_tree
clang.syntax_tree = lambda *given: asked.append(1) or ask(*given)
text, block, defines = json.loads(sys.argv[1])
out = np.zeros(64, np.float32)
kernels.compile(text, defines, device="cpu")["k<float>"](out, grid=1, block=block)
print(json.dumps([len(asked), out.tolist()]))
"""


def another_process(block: int, defines: Mapping[str, int]) -> tuple[int, list[float]]:
    """Return how often Clang was asked in another process, and what the kernel has written there."""
    command = [sys.executable, "-c", PROGRAM, json.dumps([TEXT, block, dict(defines)])]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    asked, out = json.loads(done.stdout)
    return asked, out


def test_another_process_does_not_ask_clang_again() -> None:
    wanted = 3 + 2 * (3 + np.arange(64, dtype=np.float32))
    first, second = another_process(64, {"ADDED": 3}), another_process(32, {"ADDED": 3})
    assert first == (1, wanted.tolist())
    assert second == (0, [*wanted[:32].tolist(), *[0.0] * 32])


def test_other_macros_are_asked_for_anew() -> None:
    assert another_process(64, {"ADDED": 5})[0] == 1


def test_another_version_of_clang_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    assert another_process(64, {"ADDED": 7})[0] == 1
    asked: list[str] = []

    def noting(text: str, name: str, expressions: Sequence[str]) -> tuple[Node, list[Mistake]]:
        asked.append(name)
        return syntax_tree(text, name, expressions)

    monkeypatch.setattr(clang, "syntax_tree", noting)
    monkeypatch.setattr(clang, "edition", lambda: "another")
    module = kernels.compile(TEXT, {"ADDED": 7}, device="cpu")
    module["k<float>"](np.zeros(64, np.float32), grid=1, block=32)
    assert asked == ["kernels.cu"]

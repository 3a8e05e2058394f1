"""Kernels of the built-in filters give the same bytes by Clang as by our own front end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from imgcuda import PointFilter
from imgcuda.cpu.cxx import clang
from imgcuda.cpu.cxx.clang import syntax_tree
from imgcuda.cpu.cxx.nodes import Node
from imgcuda.errors import Mistake
from imgcuda.execution import chain_plan
from imgcuda.filters import snake
from imgcuda.programs.source import Source
from support.cxx import NEEDS_CLANG
from support.installed import installed, some_values
from support.matrix import exhaustive

pytestmark = NEEDS_CLANG

INSTALLED = installed()
PLAIN = ["median", "edges", "lens-blur", "clahe", "resize", "bilateral", "canny", "affine"]
FILTERS = {name: INSTALLED.create(name, some_values(name)) for name in INSTALLED}
NAMES = [
    name if name in PLAIN else exhaustive(name)
    for name, filter in FILTERS.items()
    # The kernels of point filters are fused, and kept for equal filters; `text` applies another filter.
    if not isinstance(filter, PointFilter) and name != "text"
]
LAMBDA = "\n{{ auto only_for_{} = [] {{ return 0; }};\n"
"""How each function begins: with what our own front end refuses, and what changes nothing. Each filter has its own."""
PICTURE = np.random.default_rng(3).integers(0, 256, (23, 37, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", NAMES)
def test_filters_give_the_same_bytes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    filter = INSTALLED.create(name, some_values(name))
    own = np.asarray(filter(PICTURE, device="cpu"))
    source = filter.source()
    changed = Source(source.name, source.text.replace("\n{\n", LAMBDA.format(snake(name))), source.contract)
    asked: list[str] = []

    def noting(text: str, name: str, expressions: Sequence[str]) -> tuple[Node, list[Mistake]]:
        asked.append(name)
        return syntax_tree(text, name, expressions)

    monkeypatch.setattr(type(filter), "source", staticmethod(lambda: changed))
    monkeypatch.setattr(clang, "syntax_tree", noting)
    chain_plan.forget()  # in which the launches of the filter's own kernels are kept
    by_clang = INSTALLED.create(name, some_values(name))(PICTURE, device="cpu")
    np.testing.assert_array_equal(np.asarray(by_clang), own)
    assert source.name in asked

"""The examples of docs/large-data.md, run in order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("dask.array")
pytest.importorskip("xarray")

PAGE = Path(__file__).parents[2] / "docs" / "large-data.md"


def test_the_examples_of_the_page_hold() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    assert {"small", "clean"} <= set(names)

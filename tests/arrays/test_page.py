"""The examples of docs/arrays.md run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imgcuda import devices

PAGE = (Path(__file__).parents[2] / "docs" / "arrays.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: code.split()[1])
def test_an_example_of_the_page_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "import torch" in code:
        pytest.importorskip("torch")
    if "DeviceImage" in code and devices.no_gpu():
        pytest.skip("no GPU")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "arrays.md", "exec"), {})


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 4

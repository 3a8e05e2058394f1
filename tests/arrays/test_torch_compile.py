"""Filters in code that torch.compile compiles: they run eagerly, between two graphs."""

from __future__ import annotations

from typing import Any

import pytest

from imgcuda import functions

torch = pytest.importorskip("torch")


@pytest.mark.filterwarnings("ignore")  # of Dynamo, about lru_cache
def test_compiled_code_calls_a_filter_as_it_is() -> None:
    def network(image: Any) -> Any:
        return functions.blur(image * 0.5, sigma=2, layout="CHW") + 1

    image = torch.rand(3, 24, 32)
    torch.compiler.reset()
    assert torch.equal(torch.compile(network, backend="aot_eager")(image), network(image))

"""The installed filters as functions and classes: `blur(array, sigma=3)`, `Blur(sigma=3)`.

`imgcuda.functions.blur(array, sigma=3)` is `imgcuda.functions.Blur(sigma=3)(array)`.

A function has the filter's name or an alias, with underscores, as `unsharp_mask`; a class is called `UnsharpMask`.
A plugin is imported with the first of its filters that is asked for. The stub beside this file tells type checkers and
editors of the built-in filters; `python docs/check.py --write` generates it.
"""

from __future__ import annotations

import imgcuda.functions.filter_function as _filter_function


def __getattr__(name: str) -> object:
    value = globals()[name] = _filter_function.named(name)
    return value


def __dir__() -> list[str]:
    return [*_filter_function.names(), *(name for name in globals() if name.startswith("__"))]

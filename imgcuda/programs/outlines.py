"""The outline of a kernel file's text, cached on disk, since reading C at each start would take noticeable time."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from imgcuda import kernel_cache
from imgcuda.digests import digest_of
from imgcuda.frontend.compilers import CPU, Macros
from imgcuda.frontend.outline import Fault, FunctionHead, HeadArgument, Outline


@lru_cache(maxsize=512)
def outline(text: str, file: str, macros: Macros = CPU) -> Outline:
    """Return the outline of a text; `macros` are the ones that its compiler defines before the first line."""
    key = digest_of((edition(), file, macros, text))
    stored = _stored(f"outline-{key}")
    if stored is None:  # imported here, since it is not needed if the outline is in the cache
        from imgcuda.frontend.outline_reader import read_outline

        stored = read_outline(text, file, dict(macros))
        kernel_cache.put(f"outline-{key}", json.dumps(stored).encode())
    return stored


def _stored(key: str) -> Outline | None:
    """Return the outline in the cache under a key; None if there is none, or if it has another form."""
    try:
        stored = json.loads(kernel_cache.get(key) or b"")
        functions, names, macros, typedefs, constants, variables, sized_by_launch, faults = stored
        return Outline(
            tuple(map(_head, functions)),
            tuple((str(name), str(file)) for name, file in names),
            tuple((str(name), str(file)) for name, file in macros),
            tuple((str(name), str(type), int(stars)) for name, type, stars in typedefs),
            tuple((str(name), str(type)) for name, type in constants),
            tuple((str(name), str(type)) for name, type in variables),
            bool(sized_by_launch),
            tuple(Fault(*fault) for fault in faults),
        )
    except (ValueError, TypeError, RecursionError):
        return None


def _head(stored: list[Any]) -> FunctionHead:
    name, file, line, result, words, arguments, fault, defined, parameters = stored
    read = tuple(HeadArgument(*each) for each in arguments)
    of_template = tuple((str(name), str(default)) for name, default in parameters)
    return FunctionHead(name, file, line, result, tuple(words), read, fault and Fault(*fault), defined, of_template)


def edition() -> tuple[tuple[str, int, int], ...]:
    """Return the stamps of the C reader's files, as a part of the cache key."""
    return kernel_cache.stamps(Path(__file__).parents[1] / "frontend")

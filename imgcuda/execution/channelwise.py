"""Whether a fused kernel makes each sample of the result from one sample of the image alone, and from which.

A walk over its syntax tree decides it, so that no author has to promise it. What is not understood is "no". The answer
is cached on disk, since reading C takes longer than loading a compiled kernel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from imgcuda import kernel_cache
from imgcuda.digests import digest_of
from imgcuda.errors import KernelError
from imgcuda.programs import outlines
from imgcuda.programs.source import Program

SAMPLES = ("x", "y", "z", "w")
"""The samples of a pixel, as point.cuh names them."""
_PLACE = "at"
_OF_ONE_COMPILER = r"(?m)\b(__\w*[A-Z]\w*|IMGCUDA_\w*|_WIN\w*)|^\s*#\s*(el)?if.*\b_"
"""A name in capitals that begins with `__`, or a condition on one: a compiler's own macro, in all likelihood."""


@lru_cache(maxsize=256)
def names_a_compiler(sources: tuple[str, ...]) -> bool:
    """Return whether a text may mean one thing to the CPU's compiler, which reads it here, and another to a GPU's."""
    return any(re.search(_OF_ONE_COMPILER, text) for text in sources)


@lru_cache(maxsize=256)
def sources_of(program: Program) -> tuple[int, ...] | None:
    """Return for each sample of a result the sample of a pixel that it depends on, besides the kernel's arguments.

    `program` is the fused kernel as the CPU's compiler reads it. None if a sample depends on several, or on the place.
    """
    parts = outlines.edition(), program.compiler, program.text
    key = f"sources-{digest_of(parts)}"
    stored = kernel_cache.get(key)
    if stored is None:
        stored = _NONE if (found := _decided(program)) is None else bytes(found)
        kernel_cache.put(key, stored)
    return None if stored == _NONE else tuple(stored)


_NONE = b"none"


def _decided(program: Program) -> tuple[int, ...] | None:
    from imgcuda.frontend.dependences import Unknown, dependence  # not needed if the answer is in the cache
    from imgcuda.frontend.parse import parse

    try:
        file = parse(program.text, program.name)
        parameters = next(each for each in file.functions if each.name == "point_pixel").parameters
        image = {name: frozenset([name]) for name in SAMPLES}
        given = [image, {"": frozenset([_PLACE])}, *({} for _ in parameters[2:])]
        made = dependence(file, "point_pixel", given)
    except (KernelError, Unknown, RecursionError):
        return None
    always = made.pop("", frozenset())
    return _one_each({name: always | inputs for name, inputs in made.items()})


def _one_each(made: Mapping[str, frozenset[str]]) -> tuple[int, ...] | None:
    """Return the sample that each sample of a result depends on: its own if it depends on none; else None."""
    found = []
    for number, name in enumerate(SAMPLES[: len(made)]):
        inputs = made.get(name, frozenset([_PLACE]))
        if len(inputs) > 1 or not inputs <= set(SAMPLES):
            return None
        found.append(next(map(SAMPLES.index, inputs), number))
    return tuple(found)

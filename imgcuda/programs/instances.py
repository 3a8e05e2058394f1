"""Instances of kernels that are templates, named as in C++: `scale<float, 3>`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from imgcuda.frontend.outline import FunctionHead
from imgcuda.frontend.type_names import basic_type


def is_instance(kernel: str) -> bool:
    """Return whether a kernel's name is that of an instance of a template."""
    return kernel.endswith(">") and "<" in kernel


def template_of(kernel: str) -> str:
    """Return the name of the template that an instance is of."""
    return kernel.partition("<")[0].strip()


def arguments_of(kernel: str) -> list[str]:
    """Return the arguments of a template in the name of an instance."""
    inside = kernel.partition("<")[2].strip().removesuffix(">")
    return [each for each in map(str.strip, _parts(inside)) if each]


def _parts(text: str) -> Iterator[str]:
    """Yield the parts of a text between commas, apart from those in brackets."""
    depth, start = 0, 0
    for position, character in enumerate(text):
        depth += (character in "<([{") - (character in ">)]}")
        if character == "," and depth == 0:
            yield text[start:position]
            start = position + 1
    yield text[start:]


def types_of(kernel: str, head: FunctionHead) -> Mapping[str, tuple[str, int]] | None:
    """Return the types that a template's parameters stand for in an instance, each with its number of pointers.

    None if the name has too many arguments, or not enough of them.
    """
    given = arguments_of(kernel)
    defaults = [default for _, default in head.parameters[len(given) :]]
    if len(given) > len(head.parameters) or not all(defaults):
        return None
    names = [name for name, _ in head.parameters]
    return {name: _type(text) for name, text in zip(names, [*given, *defaults], strict=True)}


def _type(text: str) -> tuple[str, int]:
    words = [word for word in text.replace("*", " ").split() if word not in ("const", "struct")]
    return basic_type(words) or " ".join(words), text.count("*")

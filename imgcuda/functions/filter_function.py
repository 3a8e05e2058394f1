"""Makes the functions and finds the classes of `imgcuda.functions`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from imgcuda.call_signature import in_lines, keywords
from imgcuda.errors import ImgcudaError
from imgcuda.recipes.parameter_values import in_order
from imgcuda.registry import Meaning, build, installed

if TYPE_CHECKING:
    from imgcuda.filters import Filter

HOME = "imgcuda.functions"

Options = Mapping[str, inspect.Parameter]
"""What a filter's call takes beside the array, by name: the device, for example."""


def identifier(word: str) -> str:
    """Return the name of a filter's function: unsharp_mask for unsharp-mask."""
    return re.sub(r"[.-]", "_", word)


def class_name(word: str) -> str:
    """Return the name of a filter's class, from the filter's name: UnsharpMask for unsharp-mask."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[._-]", word))


def names() -> list[str]:
    """Return the names of the functions and classes of all installed filters, without those of their aliases."""
    words = list(installed())
    made = [*map(identifier, words), *map(class_name, words)]
    return sorted(name for name in made if name.isidentifier() and not iskeyword(name))


def named(name: str) -> Callable[..., Any]:
    """Return the function or the class of a name; AttributeError if no installed filter has it, or several have."""
    if name.startswith("_"):
        raise AttributeError(f"module '{HOME}' has no attribute '{name}'")
    registry = installed()
    try:
        if name[0].isupper():
            return registry[_word(name, class_name, registry.entries)]
        return function(name, registry.meaning(_word(name, identifier, registry.words)))
    except ImgcudaError as error:
        raise AttributeError(f"module '{HOME}' has no attribute '{name}': {error}") from error


def _word(name: str, spelled: Callable[[str], str], words: Iterable[str]) -> str:
    """Return the word among some that is spelled as a name; else the name as a filter's name, which is not there."""
    return next((word for word in words if spelled(word) == name), _as_filter(name))


def _as_filter(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower().replace("_", "-")


def function(name: str, meaning: Meaning) -> Callable[..., Any]:
    """Return the function of a filter: it takes an array, the filter's parameters, and the options of a call."""
    kind, preset = meaning
    options = call_options(kind)

    def run(array: Any, /, **given: Any) -> Any:
        chosen = {option: given.pop(option) for option in options if option in given}
        return build(kind, {**preset, **given})(array, **chosen)

    run.__name__ = run.__qualname__ = name
    run.__module__ = HOME
    run.__doc__ = description(kind)
    run.__dict__["__signature__"] = _signature(kind, preset, options)
    return run


def call_options(kind: type[Filter]) -> Options:
    """Return what a filter's call takes beside the array, without what has the name of one of its parameters."""
    own = {parameter.name for parameter in kind.parameters()}
    options = inspect.signature(kind.__call__).parameters.values()
    return {each.name: each for each in options if each.kind is each.KEYWORD_ONLY and each.name not in own}


def _signature(kind: type[Filter], preset: Mapping[str, Any], options: Options) -> inspect.Signature:
    own = [each.replace(default=preset.get(each.name, each.default)) for each in keywords(in_order(kind))]
    array = inspect.Parameter("array", inspect.Parameter.POSITIONAL_ONLY)
    return inspect.Signature([array, *own, *options.values()])


def description(kind: type[Filter]) -> str:
    """Return the docstring of a filter's function: that of its class, its parameters, and what all functions take."""
    parameters = in_lines(in_order(kind))
    parts = [inspect.cleandoc(kind.__doc__ or ""), *([parameters] if parameters else [])]
    options = ", ".join(f"`{name}`" for name in call_options(kind))
    return "\n\n".join([*parts, f"`array` and {options} are as in imgcuda.Pipeline."])

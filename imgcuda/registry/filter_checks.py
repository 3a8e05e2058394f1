"""Checks a filter class's declarations: names, texts, options and aliases must be possible to type and to show."""

from __future__ import annotations

import inspect
import re

from imgcuda.containment import one_line
from imgcuda.errors import PluginError
from imgcuda.filters import Filter

_NAME = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+([._-][a-z0-9]+)*")


def check_words(filter_class: type[Filter]) -> None:
    """Refuse a name that cannot be typed, and texts with control characters."""
    name = filter_class.name
    if type(name) is not str or not _NAME.fullmatch(name) or inspect.getattr_static(filter_class, "name") != name:
        raise PluginError(
            f"a filter's name is in lower case, with hyphens between words, as warm-glow; it is {one_line(repr(name))}"
        )
    category = filter_class.category
    if type(category) is not str or (category and not _NAME.fullmatch(category)):
        raise PluginError(
            f"{name}: a category is in lower case, with hyphens between words, as blur; "
            f"it is {one_line(repr(category))}"
        )
    texts = {"its docstring": filter_class.__doc__ or ""}
    for parameter in filter_class.parameters():  # this finds wrongly declared fields
        texts[f"the help of {parameter.name}"] = " ".join([parameter.help, *parameter.choices])
    for what, text in texts.items():
        if not all(c.isprintable() or c in "\n\t" for c in text):
            raise PluginError(f"{name}: {what} has control characters")


def check_options(filter_class: type[Filter]) -> None:
    """Refuse a parameter whose option would look like a mistake, and two parameters with the same option."""
    owners: dict[str, str] = {}
    for parameter in filter_class.parameters():
        name = parameter.name
        if name != name.strip("_"):
            raise PluginError(
                f"{filter_class.name}: the parameter {name} would be the option {parameter.options[0]}; "
                "let its name begin and end with a letter or digit"
            )
        for option in parameter.options:
            if option in owners:
                words = f"the parameters {owners[option]} and {name} would have one option, {option}"
                raise PluginError(f"{filter_class.name}: {words}; rename one")
            owners[option] = name


def check_aliases(filter_class: type[Filter]) -> None:
    """Refuse aliases that cannot be typed, or that set parameters to invalid values."""
    known = {parameter.name: parameter for parameter in filter_class.parameters()}
    for word, values in filter_class.aliases.items():
        if not isinstance(word, str) or not re.fullmatch(r"\w[\w.-]{0,63}", word):
            raise PluginError(f"{filter_class.name}: the alias {one_line(repr(word))} is not a word")
        for name, value in values.items():
            if name not in known:
                raise PluginError(f"{filter_class.name}: the alias '{word}' sets '{name}', which is not a parameter")
            known[name].check(value)

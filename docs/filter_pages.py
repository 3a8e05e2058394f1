"""The installed filters in README's table, and each in full in docs/filters.md."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from pictures import PICTURES, SHOTS, Shot, built_in, with_defaults

from imgcuda import Filter, MeasuringFilter, PointFilter
from imgcuda.execution.point import result_channels
from imgcuda.execution.schedule import size_decider
from imgcuda.parameter_text import in_words
from imgcuda.parameters import Parameter
from imgcuda.recipes.parameter_values import in_order, type_in_words
from imgcuda.registry import Registry


def filter_table(registry: Registry) -> str:
    """Return the table of filters by category: name, what it does, other names."""
    lines = ["| filter | what it does | other names |", "|---|---|---|"]
    for category, names in by_category(registry).items():
        lines.append(f"| [**{category}**](docs/filters.md#category-{category}) | | |")
        for name in names:
            words = ", ".join(f"`{word}`" for word in registry[name].aliases)
            lines.append(f"| [`{name}`](docs/filters.md#{name}) | {registry[name].summary()} | {words} |")
    return "\n".join(lines) + "\n"


def filter_reference(registry: Registry) -> str:
    """Return a section for each category, with one for each filter: what it does, before and after, its parameters."""
    made = []
    for category, names in by_category(registry).items():
        made.append(f"## Category: {category}\n")
        made += ["\n".join(_section(registry[name])) for name in names]
    return "\n".join(made)


def by_category(registry: Registry) -> dict[str, list[str]]:
    """Return the names of the built-in filters by category."""
    own = set(built_in(registry))
    found = {category: [name for name in names if name in own] for category, names in registry.categories.items()}
    return {category: names for category, names in found.items() if names}


COLORS = {1: "gray", 2: "gray, alpha", 3: "RGB", 4: "RGB, alpha"}
ALPHA = {
    "color": "stays",
    "premultiplied": "filtered, and weighs the colors",
    "straight": "as the filter itself has it",
}


def filter_modes(registry: Registry) -> str:
    """Return the table of what each filter makes of what the modes are read as; the contract holds filters to it."""
    lines = [f"| filter | of {' | of '.join(COLORS.values())} | alpha |", f"|---|{'---|' * len(COLORS)}---|"]
    for name in built_in(registry):
        filter = with_defaults(registry, name)
        made = [COLORS[result_channels(filter, channels)] for channels in COLORS]
        lines.append(f"| {name} | {' | '.join(made)} | {_alpha(filter)} |")
    return "\n".join(lines) + "\n"


def _alpha(filter: Filter) -> str:
    if filter.result_alpha is not None:
        return "made anew" if filter.result_alpha else "removed"
    stays = isinstance(filter, PointFilter | MeasuringFilter) and not size_decider([filter])
    return ALPHA["color" if stays else filter.alpha_mode]


def pictures_wrong(registry: Registry) -> list[str]:
    """Return which filters lack their picture, and which pictures, or lines of SHOTS, are of no filter, in words."""
    wanted, there = set(built_in(registry)), {path.stem for path in (PICTURES / "filters").glob("*.jpg")}
    return [
        *(f"{name} has no picture; run `python docs/pictures.py {name}`" for name in sorted(wanted - there)),
        *(f"docs/pictures/filters/{name}.jpg is of no filter; remove it" for name in sorted(there - wanted)),
        *(f"docs/pictures.py: the line of '{name}' is of no filter" for name in SHOTS if name not in wanted),
    ]


def _section(filter_class: type[Filter]) -> Iterator[str]:
    name = filter_class.name
    yield f"### {name}\n"
    summary, _, more = inspect.cleandoc(filter_class.__doc__ or "").partition("\n")
    yield f"{escaped(summary)}\n"
    yield f"![{name}: before and after](pictures/filters/{name}.jpg)\n"
    if said := _caption(SHOTS.get(name, Shot())):
        yield f"{said}\n"
    for paragraph in more.strip().split("\n\n") if more.strip() else ():
        yield f"{escaped(paragraph)}\n"
    if filter_class.aliases:
        yield f"Also called {', '.join(_alias(filter_class, word) for word in filter_class.aliases)}.\n"
    parameters = in_order(filter_class)
    if parameters:
        yield "| parameter | its value | what it does |"
        yield "|---|---|---|"
    for parameter in parameters:
        yield f"| `{parameter.name}` | {_value(parameter)} | {table_cell(parameter.help)} |"
    yield "" if parameters else "It has no parameters.\n"


def _caption(shot: Shot) -> str:
    """Return how a picture was made, if not of the sample as it is and with the defaults."""
    after = f"After: `-f {shot.step}`." if shot.step else ""
    return " ".join([*(f"Before: `-f {step}`." for step in shot.before), *([after] if after else [])])


def _value(parameter: Parameter) -> str:
    default = "required" if parameter.required else f"default {in_words(parameter.default)}"
    return table_cell(f"{type_in_words(parameter)}; {default}")


def _alias(filter_class: type[Filter], word: str) -> str:
    values = ", ".join(f"`{name}={in_words(value)}`" for name, value in filter_class.aliases[word].items())
    return f"`{word}` ({values})" if values else f"`{word}`"


def table_cell(text: str) -> str:
    return escaped(text).replace("|", "\\|")


def escaped(text: str) -> str:
    """Return a text that Markdown shows as it is, but for what stands between backquotes, on one line."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(part if part.startswith("`") else re.sub(r"([*_<\[\]])", r"\\\1", part) for part in parts)

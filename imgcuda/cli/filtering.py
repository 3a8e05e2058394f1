"""The commands that filter an image: `filter`, and a command for each filter, made from its fields."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from imgcuda.cli import streams
from imgcuda.cli.chain import DEFAULT, parse_chain
from imgcuda.cli.job import Job
from imgcuda.cli.options import OPTIONS, filter_option
from imgcuda.cli.run_job import run_job
from imgcuda.cli.timeout import Deadline
from imgcuda.recipes.parameter_values import in_order, read_value
from imgcuda.registry import build

if TYPE_CHECKING:
    from imgcuda.file_run import Examine
    from imgcuda.filters import Filter
    from imgcuda.parameters import Parameter
    from imgcuda.recipes.recipe import Recipe
    from imgcuda.registry import Registry
    from imgcuda.registry.entries import Entry, ParameterEntry

Steps = Annotated[
    list[str] | None,
    filter_option(f"A filter to run, or @RECIPE; repeat it for several, in order. Without any, it is {DEFAULT}."),
]
RecipeWord = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        metavar="FILE|NAME",
        help="Run a recipe's filters, before those of -f, with its options where none are given here.",
    ),
]

COMMON = {
    name: field.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[field.annotation, OPTIONS[name]])
    for name, field in inspect.signature(Job).parameters.items()
}
"""The parameters of every command that filters an image, as `Job` and `OPTIONS` declare them."""


def _options(name: str, declared: inspect.Parameter) -> Iterator[str]:
    """Return the options that set a field of `Job`."""
    (info,) = declared.annotation.__metadata__
    # Typer keeps the first name given to Option in the place of a default.
    declared_names = [each for each in (info.default, *(info.param_decls or ())) if isinstance(each, str)]
    for words in declared_names or [f"--{name.replace('_', '-')}"]:
        yield from words.split("/")


_COMMON_OPTIONS = {"--help", *(option for name, each in COMMON.items() for option in _options(name, each))}


def add_options(function: Callable[..., None], names: Iterable[str]) -> None:
    """Give a function, whose last parameter is `**job`, these options of `Job` in its place, as Typer reads them."""
    own = [*inspect.signature(function, eval_str=True).parameters.values()][:-1]
    options = [COMMON[name] for name in names]
    function.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]


def filter_image(ctx: typer.Context, steps: Steps = None, recipe: RecipeWord = None, **job: Any) -> None:
    """Run filters over an image, one after the other."""
    found = None
    if recipe:
        from imgcuda.cli.recipe_options import with_recipe
        from imgcuda.recipes.recipe_reader import read_recipe

        with Deadline(job["timeout"]).holds("reading the recipe"):
            found = read_recipe(recipe)
        job = with_recipe(ctx, job, found)
    run_job(lambda: _chain(ctx.obj, steps or [], found, job["quiet"]), Job(**job))


def _chain(registry: Registry, steps: list[str], recipe: Recipe | None, quiet: bool) -> list[Filter]:
    """Return the filters to run; say so if the command line names none."""
    filters = parse_chain(registry, steps, recipe)
    if not steps and recipe is None and not quiet:
        streams.say(f"Note: without -f the filter is {DEFAULT}; `imgcuda convert` only converts")
    return filters


add_options(filter_image, COMMON)


def command(
    filter_class: type[Filter], values: Mapping[str, Any] | None = None, examine: Examine | None = None
) -> Callable[..., None]:
    """Return the command of one filter: its parameters become options, with other defaults from `values`."""

    def run(**given: Any) -> None:
        job = Job(**{name: given.pop(name) for name in COMMON})
        run_job(lambda: [build(filter_class, given)], job, examine)

    known = [parameter for parameter in in_order(filter_class) if not _taken(parameter.name, parameter.options)]
    own = [_option(each._replace(default=(values or {}).get(each.name, each.default))) for each in known]
    run.__signature__ = inspect.Signature([*own, *COMMON.values()])  # type: ignore[attr-defined]
    run.__doc__ = filter_class.__doc__
    return run


def without_option(filter_class: type[Filter]) -> Iterator[str]:
    """Return the parameters without an option, because every command that filters has another option of that name."""
    return (each.name for each in filter_class.parameters() if _taken(each.name, each.options))


def outline(entry: Entry) -> Callable[..., None]:
    """Return the command of a filter without what it does, for a shell to complete: the index knows enough of it."""

    def run(**given: Any) -> None: ...

    own = [_outlined(each) for each in entry.parameters if not _taken(each.name, each.options)]
    run.__signature__ = inspect.Signature([*own, *COMMON.values()])  # type: ignore[attr-defined]
    return run


def _outlined(parameter: ParameterEntry) -> inspect.Parameter:
    switch, choices = len(parameter.options) == 2, parameter.values
    kind: Any = bool if switch else Literal[choices] if choices else str
    option = typer.Option("/".join(parameter.options), help=parameter.help)
    annotation = Annotated[kind | None, option]
    return inspect.Parameter(parameter.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _taken(name: str, options: Collection[str]) -> bool:
    return name in COMMON or not _COMMON_OPTIONS.isdisjoint(options)


def _option(parameter: Parameter) -> inspect.Parameter:
    """Return a parameter for a function's signature, as Typer reads it."""
    flag = parameter.type is bool
    option = typer.Option(
        "/".join(parameter.options),
        help=parameter.help,
        min=parameter.ge,
        max=parameter.le,
        parser=None if flag else _parser(parameter),
    )
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if parameter.required else parameter.default,
        annotation=Annotated[Literal[parameter.choices] if parameter.choices else parameter.type, option],
    )


def _parser(parameter: Parameter) -> Callable[[Any], Any]:
    """Return a function that reads an option's text, with the same messages as after -f.

    A text that may name a file is returned as it is, and read later, when --timeout is known.
    """

    def value(text: Any) -> Any:
        return (
            read_value(parameter, text) if isinstance(text, str) and parameter.plain else text
        )  # a default is not a text

    return value

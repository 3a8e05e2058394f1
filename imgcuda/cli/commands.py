"""The commands `info`, `devices` and `plugins`."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from imgcuda import disabled_plugins
from imgcuda.cli import completing
from imgcuda.cli.lookup import COMMANDS, other_words
from imgcuda.errors import PluginError, did_you_mean
from imgcuda.parameter_text import in_words
from imgcuda.recipes.chain_text import example
from imgcuda.recipes.parameter_values import in_order, type_in_words
from imgcuda.registry import Plugin, Registry

if TYPE_CHECKING:
    from imgcuda.filters import Filter
    from imgcuda.parameters import Parameter

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The filter's name.", show_default=False, autocompletion=completing.filters),
]
Disable = Annotated[str, typer.Option("--disable", metavar="NAME", help="Do not load this plugin from now on.")]
Enable = Annotated[str, typer.Option("--enable", metavar="NAME", help="Load this plugin again.")]


def info(ctx: typer.Context, name: Name) -> None:
    """Describe a filter and its parameters."""
    filter_class = ctx.obj[name]
    asked, name = name, filter_class.name
    if asked != name:
        typer.echo(f"{_alias(asked, filter_class)} is another name of {name}.\n")
    typer.echo(f"{name}: {inspect.cleandoc(filter_class.__doc__ or '')}\n")
    if parameters := in_order(filter_class):
        typer.echo("Parameters:")
    for parameter in parameters:
        typer.echo("\n".join(_describe(parameter)))
    typer.echo(f"\nReads:    {_reads(filter_class)}")
    if words := other_words(ctx.obj, name):
        typer.echo(f"Also:     {', '.join(_alias(word, filter_class) for word in words)}")
    typer.echo(f"Category: {ctx.obj.category(name)}")
    typer.echo(f"From:     {ctx.obj.sources[name].distribution}, module {filter_class.__module__}")
    for number, line in enumerate(_examples(filter_class)):
        typer.echo(f"{'' if number else 'Example:':10}{line}")


def list_devices() -> None:
    """List the devices: the GPUs, and this machine's cores."""
    from imgcuda import devices, kernel_cache

    found = devices.find()
    width = max(len(device.name) for device in found)
    for device in found:
        typer.echo(f"{device.name:{width}}  {device.description}")
    if why := devices.no_gpu():
        typer.echo(f"No GPU: {why}")
    if why := kernel_cache.why_unused():
        typer.echo(f"Compiled kernels are not kept: {why}")


def list_plugins(ctx: typer.Context, disable: Disable = "", enable: Enable = "") -> None:
    """List the plugins, their filters and their errors; exit 1 if there are errors. Disable or enable one."""
    registry: Registry = ctx.obj
    if disable or enable:
        _switch(registry, disable, enable)
        return
    for distribution, names in _by_distribution(registry).items():
        typer.echo(f"{distribution}: {', '.join(names)}")
    for plugin in registry.disabled:
        typer.echo(
            f"{plugin} is switched off{'' if _lasts(plugin) else f', by the variable {disabled_plugins.VARIABLE}'}"
        )
    for remark in (*only_after_f(registry, _other_commands(ctx)), *registry.problems):
        typer.echo(remark)
    if registry.problems:
        raise typer.Exit(1)


def only_after_f(registry: Registry, commands: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each filter and each parameter without a command or an option of its own."""
    from imgcuda.cli.filtering import without_option

    for name in registry:
        if name in commands:
            yield f"filter '{name}' is reached with -f only: `imgcuda {name}` is another command"
        for parameter in without_option(registry[name]):
            yield f"{name}: parameter '{parameter}' is reached with -f only: --{parameter} is another option"


def _other_commands(ctx: typer.Context) -> Collection[str]:
    """Return the commands that are not filters."""
    commands: Collection[str] = cast(Any, ctx.find_root().command).own
    return commands


def _switch(registry: Registry, disable: str, enable: str) -> None:
    """Switch a plugin off or on for all later runs."""
    known = [*registry.sources.values(), *registry.broken, *registry.disabled]
    words = sorted({word for plugin in known for word in (plugin.name, plugin.project)})
    for name, switch, state in ((disable, disabled_plugins.disable, "off"), (enable, disabled_plugins.enable, "on")):
        if name and name not in words:
            raise PluginError(
                f"there is no plugin '{name}'{did_you_mean(name, words) or '; `imgcuda plugins` lists them'}"
            )
        if name:
            switch(name)
            typer.echo(f"{name} is switched {state}.")


def _lasts(plugin: Plugin) -> bool:
    return disabled_plugins.lasts(plugin.name) or disabled_plugins.lasts(plugin.project)


def _describe(parameter: Parameter) -> Iterator[str]:
    default = "required" if parameter.required else f"default {in_words(parameter.default)}"
    yield f"  {parameter.name}: {type_in_words(parameter)}; {default}"
    yield f"      {parameter.help}"


def _examples(filter_class: type[Filter]) -> Iterator[str]:
    """Yield an example of each way to run a filter: in a chain, by its own command, and in Python."""
    from imgcuda.cli.filtering import without_option

    name, hidden = filter_class.name, set(without_option(filter_class))
    shown = in_order(filter_class)[:2]
    yield f"imgcuda filter in.png out.png -f {example(filter_class)}"
    if name not in COMMANDS and not any(each.name in hidden for each in shown):
        yield " ".join([f"imgcuda {name} in.png out.png", *map(_option, shown)])
    values = ((each, each.some_value()) for each in shown)
    given = [f"{each.name}={value if each.plain and not each.choices else in_words(value)!r}" for each, value in values]
    yield f"imgcuda.apply(array, {', '.join([repr(name), *given])})  # in Python"


def _option(parameter: Parameter) -> str:
    value = parameter.some_value()
    if parameter.type is bool:
        return parameter.options[0 if value else 1]
    return f"{parameter.options[0]} {shlex.quote(in_words(value))}"


def _alias(word: str, filter_class: type[Filter]) -> str:
    """Return an alias of a filter, with the parameters that it sets: "sobel (operator=sobel)"."""
    values = ", ".join(f"{name}={in_words(value)}" for name, value in filter_class.aliases[word].items())
    return f"{word} ({values})" if values else word


def _reads(filter_class: type[Filter]) -> str:
    """Return in words which pixels a filter reads to compute one, with its defaults."""
    from imgcuda.filters import GeometryFilter, MeasuringFilter

    if issubclass(filter_class, MeasuringFilter):
        return "the whole image once, to measure it, and then what the result says"
    if issubclass(filter_class, GeometryFilter):
        return "the rows that lie where the result's are made"
    if any(parameter.required for parameter in filter_class.parameters()):
        return "as far as its parameters say"
    halo = filter_class().halo
    if not halo:
        return "the pixel itself" if halo == 0 else "the whole image"
    return f"up to {halo} pixel{'s' * (halo > 1)} around each, with the defaults"


def _by_distribution(registry: Registry) -> dict[str, list[str]]:
    distributions: dict[str, list[str]] = {}
    for name in registry:
        distributions.setdefault(registry.sources[name].distribution, []).append(name)
    return dict(sorted(distributions.items()))

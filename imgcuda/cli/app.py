"""The app: commands of its own, and one for every filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperGroup

from imgcuda.cli import commands, filtering, listing, new_filter, trying
from imgcuda.cli.lookup import refuse, summary
from imgcuda.cli.plain_values import PlainCommand, with_plain_values
from imgcuda.registry import Registry

HELP = """Filter images, on an NVIDIA GPU or without one.

Each filter is a command: imgcuda NAME IN OUT. Several in a row: imgcuda filter IN OUT -f NAME:PARAM=VALUE,... -f ...
"""

COMMANDS: dict[str, Callable[..., None]] = {
    "filter": filtering.filter_image,
    "list": listing.list_filters,
    "info": commands.info,
    "devices": commands.list_devices,
    "plugins": commands.list_plugins,
    "try": trying.try_filter,
    "new-filter": new_filter.new_filter,
}
SETTINGS = {"try": trying.SETTINGS}


class Commands(TyperGroup):
    """The commands, and the filters under headings by category. A filter's command is made when it is asked for:
    there are many, with many options, and most calls want one."""

    def get_params(self, ctx: Any) -> list[Any]:
        return with_plain_values(super().get_params(ctx))

    def list_commands(self, ctx: Any) -> list[str]:
        return [*COMMANDS, *filters_with_command(ctx.obj)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands and {cmd_name} & {*ctx.obj, *ctx.obj.aliases}:
            filter_class, values = ctx.obj.meaning(cmd_name)
            one = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
            one.command(cmd_name, cls=PlainCommand)(filtering.command(filter_class, values))
            self.commands[cmd_name] = typer.main.get_command(one)
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        known = [*self.list_commands(ctx), *ctx.obj.aliases]
        if not args[0].startswith("-") and args[0] not in known:
            refuse(ctx.obj, args[0], known)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        own = [(name, self.commands[name].get_short_help_str(limit=100)) for name in COMMANDS]
        sections = {"Commands": own}
        for category, names in ctx.obj.categories.items():
            lines = [(name, summary(ctx.obj, name)) for name in names if name not in COMMANDS]
            sections[f"Filters ({category})"] = lines
        for title, lines in sections.items():
            if lines:
                with formatter.section(title):
                    formatter.write_dl(lines)


def build(registry: Registry) -> typer.Typer:
    """Return the app for these filters. A filter that is called as a command is, is reached through -f only."""
    app = typer.Typer(
        cls=Commands,
        help=HELP,
        no_args_is_help=True,
        # Plain text: rich is slow to import, and a table of boxes is hard to read in a pipe.
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"obj": registry, "help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name, function in COMMANDS.items():
        app.command(name, cls=PlainCommand, context_settings=SETTINGS.get(name))(function)
    return app


def filters_with_command(registry: Registry) -> list[str]:
    """Return the filters whose name is not that of another command."""
    return [name for name in registry if name not in COMMANDS]


def _version(asked: bool) -> None:
    if asked:
        from imgcuda import __version__

        typer.echo(f"imgcuda {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")]


def _options(version: Version = False) -> None: ...

"""The Typer app: the fixed commands, and a command for every filter."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperGroup

from imgcuda import startup
from imgcuda.cli import batch_hint
from imgcuda.cli.lookup import COMMANDS, refuse, summary
from imgcuda.cli.plain_values import PlainCommand, with_plain_values
from imgcuda.errors import ImageError, ParameterError
from imgcuda.registry import Registry, advice

HELP = """Filter images, on an NVIDIA GPU or without one.

Each filter is a command: imgcuda NAME IN OUT. Several in a row: imgcuda filter IN OUT -f NAME:PARAM=VALUE,... -f ...
"""

_ABOUT = {"identify", "stats", "list", "info", "devices", "doctor", "plugins", "check", "explain", "bench"}
_PAGES = {"compare", "sweep", "gallery"}
SHORT = _ABOUT | _PAGES | {"worker", "recipe", "new-filter", "studio"}
"""The commands that do not filter an image themselves."""

SETTINGS: dict[str, dict[str, bool]] = {"try": {"allow_extra_args": True, "ignore_unknown_options": True}}
"""The arguments after the file are the filter's own: IN, OUT and its options."""


NOTHING = PlainCommand("", add_help_option=False)
"""The command that stands for an unknown word while a shell completes: it has no options."""


class Commands(TyperGroup):
    """The commands, and the filters under headings by category. A command is built only when it is used, since there
    are many, with many options."""

    own = frozenset(COMMANDS)
    """The commands that are not filters."""

    def get_params(self, ctx: Any) -> list[Any]:
        return with_plain_values(super().get_params(ctx))

    def list_commands(self, ctx: Any) -> list[str]:
        return [*COMMANDS, *filters_with_command(ctx.obj)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands and (cmd_name in COMMANDS or ctx.obj.name_of(cmd_name)):
            function = _function(cmd_name) if cmd_name in COMMANDS else _of_filter(ctx, cmd_name)
            self.commands[cmd_name] = _command(function, cmd_name)
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if not args[0].startswith("-") and not self._knows(ctx, args[0]):
            if ctx.resilient_parsing:
                return args[0], NOTHING, args[1:]
            refuse(ctx.obj, args[0], [*self.list_commands(ctx), *ctx.obj.aliases])
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Complete a word, without importing the filters that match it."""
        for name in filters_with_command(ctx.obj):
            self.commands.setdefault(name, PlainCommand(name=name, help=ctx.obj.entries[name].summary))
        return super().shell_complete(ctx, incomplete)

    def _knows(self, ctx: Any, word: str) -> bool:
        """Return whether a word is a command; the index may not know of the newest filters."""
        if word in COMMANDS or ctx.obj.name_of(word):
            return True
        return word not in ctx.obj.clashes and ctx.obj.look_again() and self._knows(ctx, word)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        stand_ins = (PlainCommand(name=name, help=inspect.getdoc(_function(name))) for name in COMMANDS)
        own = [(each.name, each.get_short_help_str(limit=100)) for each in stand_ins]
        sections = {"Commands": own}
        for category, names in ctx.obj.categories.items():
            lines = [(name, summary(ctx.obj, name)) for name in names if name not in COMMANDS]
            sections[f"Filters ({category})"] = lines
        for title, lines in sections.items():
            if lines:
                with formatter.section(title):
                    formatter.write_dl(lines)


class FilterCommand(PlainCommand):
    """A command that filters: all that it needs is imported before its work begins."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        words, name = list(args), str(self.name)
        try:
            rest = super().parse_args(ctx, args)
        except Exception as error:
            if name != "batch" and (hint := batch_hint.of_error(name, words, error)):
                raise ParameterError(hint) from None
            self._advise(ctx, error)
            raise
        if not ctx.resilient_parsing and (hint := batch_hint.of_folders(name, words, ctx.params)):
            raise ImageError(hint)
        return rest

    def _advise(self, ctx: Any, error: Any) -> None:
        """Let an error about an option that is not known name the option that is meant, by the table of synonyms."""
        if not hasattr(error, "possibilities"):
            return
        known = [option.removeprefix("--") for each in self.get_params(ctx) for option in each.opts]
        if meant := advice.parameter_for(str(error.option_name), [option.replace("-", "_") for option in known]):
            error.possibilities = [f"--{meant.replace('_', '-')}"]

    def invoke(self, ctx: Any) -> Any:
        if self.name == "batch" and import_module("imgcuda.cli.batch").has_workers(ctx.params):
            import_module("imgcuda.batch.fork_server").started()  # it imports beside what follows
        import_module("imgcuda.cli.run_batch" if self.name == "batch" else "imgcuda.cli.run_file")
        startup.started()
        return super().invoke(ctx)


def build(registry: Registry) -> typer.Typer:
    """Return the app for these filters. A filter with the name of a command can only be run with -f."""
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
    return app


def _command(function: Callable[..., None], name: str) -> Any:
    """Return the command that a function is, as Typer reads it."""
    kind = PlainCommand if name in SHORT else FilterCommand
    one = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    one.command(name, cls=kind, context_settings=SETTINGS.get(name))(function)
    return typer.main.get_command(one)


def filters_with_command(registry: Registry) -> list[str]:
    """Return the filters that do not have the name of a command."""
    return [name for name in registry if name not in COMMANDS]


def _function(name: str) -> Callable[..., None]:
    """Return the function of a command."""
    module, _, function = COMMANDS[name].partition(".")
    found: Callable[..., None] = getattr(import_module(f"imgcuda.cli.{module}"), function)
    return found


def _of_filter(ctx: Any, name: str) -> Callable[..., None]:
    from imgcuda.cli import filtering

    registry: Registry = ctx.obj
    if ctx.resilient_parsing:
        return filtering.outline(registry.entries[registry.name_of(name)])
    return filtering.command(*registry.meaning(name))  # which raises, if its plugin fails although the index has it


def _version(asked: bool) -> None:
    if asked:
        from imgcuda import __version__

        typer.echo(f"imgcuda {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")]


def _options(version: Version = False) -> None: ...

"""Values that the command reads without Typer's pydantic: the same values, and the same refusals, as Typer has."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import pytest
import typer
from typer.core import TyperCommand
from typer.testing import CliRunner

from imgcuda.cli.plain_values import PlainCommand, with_plain_values
from imgcuda.errors import ParameterError


def even(text: str) -> int:
    """Return an even number; two kinds of errors for what is none."""
    if not text.isdigit():
        raise ValueError("no digits")
    if int(text) % 2:
        raise ParameterError("it is odd")
    return int(text)


def command(
    path: Annotated[Path, typer.Argument(readable=False)],
    there: Annotated[Path | None, typer.Option(exists=True)] = None,
    word: str = "word",
    count: Annotated[int | None, typer.Option(min=1, max=9)] = None,
    size: Annotated[float, typer.Option(min=0.5)] = 1,
    choice: Annotated[Literal["a", "b"], typer.Option()] = "a",
    steps: Annotated[list[str] | None, typer.Option("-s")] = None,
    twos: Annotated[int, typer.Option(parser=even)] = 2,
    switch: bool = True,
) -> None:
    print([path, there, word, count, size, choice, steps, twos, switch])


def called(kind: type[TyperCommand], arguments: list[str]) -> tuple[int, str, Any]:
    app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    app.command(cls=kind)(command)
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.output, repr(done.exception)


GIVEN = [
    "",
    "--count 1",
    "--count 9",
    "--count 0",
    "--count 10",
    "--count -1",
    "--count x",
    "--count 1.0",
    "--count 1_0",
]
GIVEN += ["--count +3", "--count ٣", "--count 99999999999", "--size 0.5", "--size 0.4", "--size nan", "--choice b"]
GIVEN += ["--choice c", "--choice B", "-s x -s y", "-s x", "--twos 4", "--twos 5", "--twos x", "--no-switch"]
GIVEN += ["--word 7", "--there .", "--there nowhere", "--help", "another", "--sise 3"]


@pytest.mark.parametrize("given", GIVEN)
def test_values_are_read_and_refused_as_typer_does(given: str) -> None:
    arguments = ["somewhere", *given.split()]
    assert called(PlainCommand, arguments) == called(TyperCommand, arguments)


def test_a_typer_without_descriptors_reads_all_values_itself() -> None:
    option = SimpleNamespace(name="level")
    assert with_plain_values([option]) == [option]
    assert vars(option) == {"name": "level"}

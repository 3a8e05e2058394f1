"""The command `imgcuda batch` and its options: filters over many files."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from imgcuda.cli import completing
from imgcuda.cli.filtering import COMMON, RecipeWord
from imgcuda.cli.job import Job
from imgcuda.cli.options import filter_option
from imgcuda.cli.timeout import seconds

Inputs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="INPUTS...",
        help="Files, folders and quoted patterns; - reads a list from standard input.",
        show_default=False,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FOLDER",
        help="The folder to write to; it is made if need be.",
        readable=False,
        autocompletion=completing.files,
    ),
]
Steps = Annotated[
    list[str] | None,
    filter_option("A filter to run, or a recipe, @FILE or @NAME; repeat it for several. Without any: none."),
]
Recursive = Annotated[bool, typer.Option("-r", "--recursive", help="Read the folders in folders, too.")]
Nul = Annotated[bool, typer.Option("-0", "--null", help="The names in the list are separated by NUL bytes, not lines.")]
Exclude = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="PATTERN", help="Pass over files and folders of such names; repeat for several."),
]
Flat = Annotated[bool, typer.Option("--flat", help="Write all files into the one folder, without the inputs' folders.")]
Template = Annotated[
    str,
    typer.Option(
        "--name", metavar="TEMPLATE", help="The outputs' names, of {stem}, {ext}, {parent}, {index} and {recipe}."
    ),
]
InPlace = Annotated[bool, typer.Option("--in-place", help="Replace the inputs themselves; without -o.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be made from what, and make nothing.")]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="Stop at the first file that fails.")]
Force = Annotated[bool, typer.Option("--force", help="Make all files, also those that an earlier run made.")]
Verify = Annotated[
    bool, typer.Option("--verify", help="Check that the files in -o are as they were made; make nothing.")
]
Watch = Annotated[bool, typer.Option("--watch", help="Go on with files that arrive or change, until Ctrl-C.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print errors only.")]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object for each file, and one for all.")]
Codecs = Annotated[
    Literal["cpu", "gpu"],
    typer.Option(help="What decodes and encodes JPEGs: gpu is faster, and its pixels differ by some levels."),
]
Memory = Annotated[
    str, typer.Option(metavar="SIZE", help="The most memory to take, as 4G; by default three quarters of what is free.")
]
Scheduler = Annotated[
    str,
    typer.Option(metavar="ADDRESS", help="Work on a Dask cluster, as tcp://HOST:8786.", show_default=False),
]
SchedulerFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The same, by the file that the scheduler writes its address to.",
        autocompletion=completing.files,
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", parser=seconds, help="Stop a file that takes longer, and go on with the others."),
]

NOT_SHARED = {"in_path", "out_path", "check", "timeout", "quiet"}
"""The fields of a Job that are no options of this command: its files are many, and checked runs too slow;
--timeout and --quiet mean other things here."""


@dataclass(frozen=True)
class Order:
    """What one command orders: the inputs, the names of the outputs, and how the files are made."""

    inputs: Inputs = None
    output: Output = None
    steps: Steps = None
    recipe: RecipeWord = None
    recursive: Recursive = False
    nul: Nul = False
    exclude: Exclude = None
    flat: Flat = False
    template: Template = "{stem}"
    in_place: InPlace = False
    dry_run: DryRun = False
    fail_fast: FailFast = False
    force: Force = False
    verify: Verify = False
    watch: Watch = False
    quiet: Quiet = False
    json: Json = False
    memory: Memory = ""
    timeout: Timeout = None
    codecs: Codecs = "cpu"
    scheduler: Scheduler = ""
    scheduler_file: SchedulerFile = None


def batch(ctx: typer.Context, **given: Any) -> None:
    """Run filters over many files: imgcuda batch INPUTS... -o FOLDER -f NAME:PARAM=VALUE,... -f ..."""
    from imgcuda.cli.run_batch import run_batch  # imports all that reads, filters and writes

    order = Order(**{name: given.pop(name) for name in OWN})
    given |= {"in_path": Path(), "out_path": Path()}
    recipe = None
    if order.recipe:
        from imgcuda.cli.recipe_options import is_given, with_recipe
        from imgcuda.recipes.recipe_reader import read_recipe

        recipe = read_recipe(order.recipe)
        given = with_recipe(ctx, given, recipe)
        if "name" in recipe.options and not is_given(ctx, "template"):
            order = replace(order, template=recipe.options["name"])
    run_batch(ctx.obj, order, Job(**given), recipe)


def has_workers(given: Mapping[str, Any]) -> bool:
    """Return whether a batch with these options most likely starts worker processes on this machine."""
    elsewhere = given["verify"] or given["dry_run"] or given["scheduler"] or given["scheduler_file"]
    inputs = given["inputs"] or []
    return not elsewhere and (len(inputs) > 1 or not all(Path(each).is_file() for each in inputs))


OWN = inspect.signature(Order, eval_str=True).parameters
_SHARED = [parameter for name, parameter in COMMON.items() if name not in NOT_SHARED]
_CONTEXT = inspect.signature(batch, eval_str=True).parameters["ctx"]
_parameters = [_CONTEXT, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in OWN.values()), *_SHARED]
batch.__signature__ = inspect.Signature(_parameters)  # type: ignore[attr-defined]

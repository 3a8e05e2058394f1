"""`imgcuda sweep`: a contact sheet of what a filter makes with several values of its parameters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imgcuda.cli import completing, streams
from imgcuda.cli.filtering import add_options
from imgcuda.cli.job import Job
from imgcuda.cli.options import Frame, filter_option
from imgcuda.cli.page_run import PAGE_OPTIONS, In, Open, PageRun, Show, Size, as_options, open_page, target
from imgcuda.errors import ImgcudaError

if TYPE_CHECKING:
    from imgcuda.images import Image
    from imgcuda.pages.cards import Card
    from imgcuda.recipes.sweeps import Sweep

MOST_PICTURES = 100
WIDEST = 6
"""The most pictures side by side of a sheet with one parameter."""

Sheet = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="SHEET",
        help="The sheet to write: a page if it ends with .html, else a picture.",
        autocompletion=completing.files,
    ),
]
Steps = Annotated[
    list[str],
    filter_option(
        "A filter; a parameter of it may have values: 1..8/8, 8 from 1 to 8, or 0.5|1|2. Repeat it for several.",
        metavar="NAME:PARAM=VALUES,...",
    ),
]


@streams.ours_only()
def sweep(
    ctx: typer.Context,
    in_path: In,
    *,
    steps: Steps,
    out_path: Sheet = None,
    size: Size = 320,
    open: Open = False,
    show: Show = False,
    frame: Frame = 1,
    **job: Any,
) -> None:
    """Show what values of parameters do, side by side: imgcuda sweep IN -f blur:sigma=1..8/8 -o sheet.png."""
    from imgcuda.pages.page_file import is_page
    from imgcuda.recipes.sweeps import parse_sweep

    file = target(out_path, show, open)
    run = PageRun.begin(Job(in_path, file, frame=frame, **job), show)
    run.check(picture=not is_page(file))
    asked = run.reading(lambda: parse_sweep(ctx.obj, steps, MOST_PICTURES))
    given = run.read(in_path)
    cards = {place: _card(run, given, asked, place, size) for place in asked.chains}
    if all(each.picture is None for each in cards.values()):
        raise ImgcudaError(next(iter(cards.values())).error)
    if run.terminal:
        for row in _rows(cards, len(asked.swept) > 1):
            run.terminal.show("", row)
    if run.writes:
        (_write_page if is_page(file) else _write_picture)(run, asked, given, cards)
    if open:
        open_page(file)


def _card(run: PageRun, given: Image, asked: Sweep, place: tuple[int, ...], size: int) -> Card:
    """Return the card of one picture of a sweep."""
    from imgcuda.pages.cards import CardWords

    title = ", ".join(each.label(number) for each, number in zip(asked.swept, place, strict=True))
    chain = asked.chains[place]
    return run.card(given, lambda: chain.filters, CardWords(title, as_options(chain.steps)), size)


def _rows(cards: dict[tuple[int, ...], Card], grid: bool) -> list[list[Card]]:
    """Return the cards of each value of the first parameter of a grid; those of a single parameter are one row."""
    rows: dict[int, list[Card]] = {}
    for place, card in cards.items():
        rows.setdefault(place[0] if grid else 0, []).append(card)
    return [*rows.values()]


def _write_page(run: PageRun, asked: Sweep, given: Image, cards: dict[tuple[int, ...], Card]) -> None:
    from imgcuda.pages.sheet_page import sheet_page

    headings = [[each.heading(number) for number in range(len(each.values))] for each in asked.swept]
    names = " and ".join(f"{each.name} of {each.filter}" for each in asked.swept)
    run.write(sheet_page(f"{run.name}: {names}", f"{len(cards)} pictures of {run.name}", cards, headings, given.icc))


def _write_picture(run: PageRun, asked: Sweep, given: Image, cards: dict[tuple[int, ...], Card]) -> None:
    from imgcuda.pages.sheet_picture import sheet_picture

    last = len(asked.swept[-1].values)
    columns = last if len(asked.swept) > 1 else min(last, WIDEST)
    run.write_picture(sheet_picture([*cards.values()], columns), given.icc)


add_options(sweep, PAGE_OPTIONS)

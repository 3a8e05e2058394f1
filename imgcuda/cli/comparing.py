"""`imgcuda compare`: compares a picture with its filtered self, or with another, on a page or in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imgcuda.cli import completing, streams
from imgcuda.cli.filtering import add_options
from imgcuda.cli.job import Job
from imgcuda.cli.options import Frame
from imgcuda.cli.page_run import PAGE_OPTIONS, In, Open, Out, PageRun, Show, Steps, open_page, target
from imgcuda.errors import ParameterError

if TYPE_CHECKING:
    from imgcuda.cli.in_terminal import Terminal
    from imgcuda.images import Image
    from imgcuda.pages.compare_page import Side

Other = Annotated[
    Path | None,
    typer.Argument(
        metavar="[OTHER]",
        help="The image to compare IN with, or with -f what the filters make of IN.",
        show_default=False,
        autocompletion=completing.files,
    ),
]

SHOWN = 1024
"""The most pixels across and down of a picture that is drawn in the terminal."""


@streams.ours_only()
def compare(
    ctx: typer.Context,
    in_path: In,
    other: Other = None,
    *,
    out_path: Out = None,
    steps: Steps = None,
    open: Open = False,
    show: Show = False,
    frame: Frame = 1,
    **job: Any,
) -> None:
    """Compare a picture with its filtered self, or with another, on a page: imgcuda compare IN -f blur -o page.html."""
    from imgcuda.cli.chain import parse_chain
    from imgcuda.pages.compare_page import compare_page
    from imgcuda.recipes.chain_text import write_chain

    if not steps and other is None:
        raise ParameterError("compare IN with what? Write -f NAME for a filter, or the name of another image")
    file = target(out_path, show, open)
    run = PageRun.begin(Job(in_path, file, frame=frame, **job), show)
    run.check()
    filters = run.reading(lambda: parse_chain(ctx.obj, steps)) if steps else []
    given = run.read(in_path)
    pictures = [(run.name, given)]
    if filters:
        pictures.append((write_chain(filters), run.filtered(given, filters)))
    if other:
        pictures.append((other.name, run.read(other)))
    if run.terminal:
        _draw(run.terminal, *pictures[-2:])
    if run.writes:
        left, right = (_side(run, *each) for each in pictures[-2:])
        run.write(compare_page(left, right, run.command(filters) if filters else ""))
    if open:
        open_page(file)


def _draw(terminal: Terminal, left: tuple[str, Image], right: tuple[str, Image]) -> None:
    """Draw both pictures and their difference in the terminal, and tell the difference in numbers."""
    from imgcuda.images.preview import smaller
    from imgcuda.pages.cards import Card, CardWords
    from imgcuda.pages.compare_page import difference_words
    from imgcuda.pages.differences import difference

    apart = difference(left[1].pixels, right[1].pixels)
    shown = [(name, image.pixels) for name, image in (left, right)]
    shown += [("Difference", apart.picture)] if apart else []
    terminal.show("", [Card(CardWords(name, ""), smaller(pixels, SHOWN)) for name, pixels in shown])
    terminal.say(difference_words(left[1].pixels, right[1].pixels, apart))


def _side(run: PageRun, name: str, image: Image) -> Side:
    """Return a picture with the statistics of its channels."""
    from imgcuda import devices
    from imgcuda.pages.compare_page import Side
    from imgcuda.pixels import as_image
    from imgcuda.statistics.channels import channel_statistics

    return Side(name, image, channel_statistics(devices.members(run.device), as_image(image.pixels)))


add_options(compare, PAGE_OPTIONS)

"""`imgcuda gallery`: shows the result of every installed filter on one picture, on a page or in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from imgcuda.cli import streams
from imgcuda.cli.filtering import add_options
from imgcuda.cli.job import Job
from imgcuda.cli.listing import Words, found_filters
from imgcuda.cli.lookup import summary
from imgcuda.cli.options import Frame
from imgcuda.cli.page_run import PAGE_OPTIONS, In, Open, Out, PageRun, Show, Size, as_options, open_page, target
from imgcuda.registry import Registry

if TYPE_CHECKING:
    from imgcuda.filters import Filter
    from imgcuda.images import Image
    from imgcuda.pages.cards import Card


@streams.ours_only()
def gallery(
    ctx: typer.Context,
    in_path: In,
    words: Words = None,
    *,
    out_path: Out = None,
    size: Size = 320,
    open: Open = False,
    show: Show = False,
    frame: Frame = 1,
    **job: Any,
) -> None:
    """Show what every filter makes of a picture, with its defaults, on a page: imgcuda gallery IN -o page.html."""
    from imgcuda.images.preview import smaller
    from imgcuda.pages.cards import Card, CardWords
    from imgcuda.pages.gallery_page import gallery_page

    registry: Registry = ctx.obj
    file = target(out_path, show, open)
    run = PageRun.begin(Job(in_path, file, frame=frame, **job), show)
    run.check()
    wanted = found_filters(registry, words or [])
    given = run.read(in_path)
    preview = smaller(given.pixels, size)
    small = given.filtered([preview]) if max(given.pixels.shape[:2]) > size else given
    original = Card(CardWords(run.name, "", "As it is"), preview)
    categories = {
        category: [_card(run, small, registry, name, size) for name in names if name in wanted]
        for category, names in registry.categories.items()
        if not wanted.keys().isdisjoint(names)
    }
    if run.terminal:
        for heading, cards in {"": [original], **categories}.items():
            run.terminal.show(heading, cards)
    if run.writes:
        run.write(gallery_page(run.name, original, categories, registry.problems, given.icc))
    if open:
        open_page(file)


def _card(run: PageRun, image: Image, registry: Registry, name: str, size: int) -> Card:
    """Return the card of a filter."""
    from imgcuda.pages.cards import CardWords

    words = CardWords(name, as_options([_step(registry, name)]), summary(registry, name))
    return run.card(image, partial(_filters, registry, name), words, size)


def _filters(registry: Registry, name: str) -> Sequence[Filter]:
    """Return a filter with its defaults, and with an example of each parameter that has none."""
    from imgcuda.parameters import needed_values

    return [registry.create(name, needed_values(registry[name].parameters()))]


def _step(registry: Registry, name: str) -> str:
    """Return a filter as after -f: by its name, if that is enough, else with its first parameters."""
    from imgcuda.errors import ImgcudaError
    from imgcuda.recipes.chain_text import example

    try:
        found = registry[name]
        return example(found) if any(each.required for each in found.parameters()) else name
    except ImgcudaError:  # its plugin cannot be imported, as the card tells
        return name


add_options(gallery, PAGE_OPTIONS)

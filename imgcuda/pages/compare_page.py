"""The page that compares two pictures: one over the other with an edge to drag, their difference, and histograms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isinf

from imgcuda.errors import ImageError
from imgcuda.images import Image, Pixels, describe
from imgcuda.images.preview import png
from imgcuda.pages.differences import Difference, difference
from imgcuda.pages.document import copied, document, heading
from imgcuda.pages.histogram import histograms, numbers
from imgcuda.pages.inline_picture import inline_picture
from imgcuda.pages.markup import Markup, joined, tag
from imgcuda.statistics.channels import ChannelStatistics

MOST_PIXELS = 40_000_000
"""The most pixels of a picture on a page; a browser would take long to show more."""

VIEWS = {"slider": "Both", "left": "First", "right": "Second", "difference": "Difference"}
GAINS = (1, 4, 16, 64, 255)
ZOOMS = (1, 2, 4, 8, 16, 32)
KEYS = (
    "Keys in the picture: arrows move to a pixel (with Shift by 10), + and - zoom, 0 fits the picture to the page, "
    "1 shows both, 2 the first, 3 the second, 4 the difference."
)


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two pictures, its name, and the statistics of its channels."""

    name: str
    image: Image
    statistics: Sequence[ChannelStatistics]

    @property
    def size(self) -> tuple[int, int]:
        """Its width and height."""
        height, width = self.image.pixels.shape[:2]
        return width, height

    @property
    def words(self) -> str:
        return f"{self.name} ({describe(self.image.pixels)})"


def compare_page(left: Side, right: Side, command: str = "") -> str:
    """Return the page; `command` makes the second picture from the first. Raises ImageError for too large pictures."""
    for side in (left, right):
        if (count := side.size[0] * side.size[1]) > MOST_PIXELS:
            raise ImageError(
                f"{side.name} has {count:,} pixels, and a page shows at most {MOST_PIXELS:,} of a picture; "
                "put a filter that crops or shrinks it first"
            )
    apart = difference(left.image.pixels, right.image.pixels)
    lines = [joined("First: ", left.words), joined("Second: ", right.words)]
    lines += [copied(command, "the command")] if command else []
    body = [
        heading(f"{left.name} and {right.name}", *lines),
        tag("main", _viewer(left, right, apart), *_below(left, right, apart)),
    ]
    return document(f"{left.name} | {right.name}", joined(*body), "compare")


def _viewer(left: Side, right: Side, apart: Difference | None) -> Markup:
    """Return the pictures, with the controls above and below them."""
    views = {name: words for name, words in VIEWS.items() if apart or name != "difference"}
    width, height = max(left.size[0], right.size[0]), max(left.size[1], right.size[1])
    if _is_scaled(left, right):
        width, height = left.size
    layers = [_layer("left", left, width, height, left), _layer("right", right, width, height, left)]
    if apart:
        layers.append(inline_picture(png(apart.picture), "The difference of both", id="difference"))
    size = f"--w:{width};--h:{height}"
    line = tag("div", id="line", aria_hidden="true")
    frame = tag("div", *layers, line, id="frame", style=size, data_width=width, data_height=height)
    about = {"role": "group", "aria_label": "The pictures", "aria_describedby": "keys"}
    stage = tag("div", frame, id="stage", data_view="slider", tabindex=0, **about)
    edge = tag("input", type="range", id="edge", min=0, max=1000, value=500)
    below = tag("div", tag("label", "Edge between both ", edge), tag("output", id="pixel", aria_live="polite"))
    return tag("section", _tools(views, bool(apart)), stage, below, tag("p", KEYS, id="keys", class_="note"))


def _layer(id: str, side: Side, width: int, height: int, first: Side) -> Markup:
    """Return a picture as a layer; one of another size has its own scale, unless it is the first one scaled."""
    scaled = side.size == (width, height) or _is_scaled(first, side)
    style = None if scaled else f"width:{100 * side.size[0] / width:.6g}%;height:{100 * side.size[1] / height:.6g}%"
    return inline_picture(png(side.image.pixels, side.image.icc), side.name, id=id, style=style)


def _is_scaled(first: Side, second: Side) -> bool:
    """Return whether two pictures of different sizes have the same shape, to within a pixel."""
    (width, height), (wide, high) = first.size, second.size
    return abs(width * high - wide * height) <= max(width, height, wide, high)


def _tools(views: dict[str, str], has_difference: bool) -> Markup:
    """Return the controls above the pictures."""
    radios = (
        tag("label", tag("input", type="radio", name="view", value=name, checked=name == "slider"), f" {words}")
        for name, words in views.items()
    )
    zooms = [("0", "fit"), *((str(each), f"{each}x") for each in ZOOMS)]
    parts = [tag("fieldset", tag("legend", "Show"), *radios), tag("label", "Zoom ", _select("zoom", zooms))]
    if has_difference:
        gains = [(str(each), f"{each}x") for each in GAINS]
        parts.append(tag("label", "Difference times ", _select("gain", gains)))
    return tag("div", *parts, class_="tools")


def _select(id: str, options: Sequence[tuple[str, str]]) -> Markup:
    return tag("select", *(tag("option", words, value=value) for value, words in options), id=id)


def _below(left: Side, right: Side, apart: Difference | None) -> Iterator[Markup]:
    """Yield the difference in numbers, the histograms and the statistics."""
    yield tag("h2", "Difference")
    yield tag("p", difference_words(left.image.pixels, right.image.pixels, apart), id="apart")
    yield tag("h2", "Histograms")
    yield tag("p", "Areas are the first picture, lines the second; heights are square roots.", class_="note")
    yield histograms(left.statistics, right.statistics)
    yield tag("h2", "Numbers")
    yield numbers(left.statistics, right.statistics)


def difference_words(one: Pixels, other: Pixels, apart: Difference | None) -> str:
    """Return the difference of two pictures in a sentence or two."""
    if apart is None:
        (height, width), (high, wide) = one.shape[:2], other.shape[:2]
        return f"The pictures have different sizes, {width} x {height} and {wide} x {high} pixels."
    if isinf(apart.psnr):
        return "The pictures are equal."
    return (
        f"{apart.share:.2%} of the pixels differ: by at most {apart.largest:.6g}, where white is {apart.white}, "
        f"and by {apart.mean:.4g} on average over all samples. The PSNR is {apart.psnr:.2f} dB."
    )

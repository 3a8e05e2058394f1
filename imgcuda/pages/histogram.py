"""The histograms of two pictures, drawn as SVG: one drawing for each channel, and a table of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt

from imgcuda.pages.markup import Markup, joined, tag
from imgcuda.pixels import CHANNEL_NAMES
from imgcuda.statistics.channels import BINS, ChannelStatistics

HEIGHT = 100
COLUMNS = ("min", "max", "mean", "std", "median")

Channels = Sequence[ChannelStatistics]


def histograms(left: Channels, right: Channels) -> Markup:
    """Return a drawing for each channel: the first picture's histogram as an area, the second's as a line above it.

    The heights are square roots of the counts, so that few pixels are seen beside many.
    """
    pairs = _pairs(left, right)
    return tag("div", *(_drawing(name, *both) for name, *both in pairs), class_="histograms")


def numbers(left: Channels, right: Channels) -> Markup:
    """Return the table of both pictures' statistics."""
    head = tag("tr", tag("th", "channel"), tag("th", "picture"), *(tag("th", each, scope="col") for each in COLUMNS))
    rows = [
        _row(name, which, statistics)
        for name, *both in _pairs(left, right)
        for which, statistics in zip(("first", "second"), both, strict=True)
        if statistics is not None
    ]
    table = tag("table", tag("thead", head), tag("tbody", *rows))
    return tag("div", table, class_="wide", tabindex=0, role="region", aria_label="Statistics of each channel")


def _pairs(left: Channels, right: Channels) -> Iterator[tuple[str, ChannelStatistics | None, ChannelStatistics | None]]:
    """Yield each channel's name with its statistics in both pictures; None where a picture does not have it."""
    one = dict(zip(CHANNEL_NAMES[len(left)], left, strict=True))
    other = dict(zip(CHANNEL_NAMES[len(right)], right, strict=True))
    for name in dict.fromkeys([*one, *other]):
        yield name, one.get(name), other.get(name)


def _drawing(name: str, one: ChannelStatistics | None, other: ChannelStatistics | None) -> Markup:
    present = [(each, which) for each, which in ((one, "first"), (other, "second")) if each]
    shapes = [_path(each, which) for each, which in present]
    means = " and ".join(f"{each.mean:.4g} in the {which}" for each, which in present)
    label = f"Histogram of {name}: the mean is {means}"
    size = {"viewBox": f"0 0 {BINS} {HEIGHT}", "preserveAspectRatio": "none"}
    svg = tag("svg", tag("title", label), *shapes, role="img", aria_label=label, **size)
    return tag("figure", svg, tag("figcaption", name), class_=f"channel {name}")


def _path(statistics: ChannelStatistics, kind: str) -> Markup:
    """Return a histogram as a path, whose highest bin has the full height."""
    highest = max(max(statistics.histogram), 1)
    heights = [HEIGHT * (1 - sqrt(count / highest)) for count in statistics.histogram]
    steps = joined(*(f"L{place} {height:.1f}L{place + 1} {height:.1f}" for place, height in enumerate(heights)))
    return tag("path", d=f"M0 {HEIGHT}{steps}L{BINS} {HEIGHT}", class_=kind)


def _row(name: str, which: str, statistics: ChannelStatistics) -> Markup:
    values = (tag("td", f"{getattr(statistics, column):.6g}") for column in COLUMNS)
    return tag("tr", tag("td", name), tag("td", which), *values)

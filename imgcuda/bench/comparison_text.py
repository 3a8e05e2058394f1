"""A comparison as a table of text."""

from __future__ import annotations

from collections.abc import Sequence
from math import isinf

from imgcuda.bench.comparison import TOLERANCE, Comparison, ContenderTiming
from imgcuda.explain.explanation_text import duration, shape_in_words

HEAD = ("", "threads", "warm", "times", "cold", "compiling", "differs by")


REMARK = """
Where a result differs by more than 2 of 255 levels, rounding between filters adds up, or the calls differ."""


def comparison_text(name: str, found: Comparison) -> str:
    """Return the table of a comparison for the image called `name`, and the libraries that took no part."""
    lines = [f"{name}: {shape_in_words(found.shape)} {found.dtype}", " | ".join(found.filters), ""]
    rows = [HEAD, *(_row(each, number) for number, each in enumerate(found.timings))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines += [_line(row, widths) for row in rows]
    if any(each.difference > TOLERANCE for each in found.timings):
        lines.append(REMARK)
    lines += [f"{each.library} {each.why}" for each in found.excluded]
    return "\n".join(lines)


def _row(timing: ContenderTiming, number: int) -> tuple[str, ...]:
    who = timing.contender
    return (
        " ".join(filter(None, [who.library, who.version, f"on {who.device}" if who.device else ""])),
        "" if who.threads is None else str(who.threads),
        duration(timing.warm),
        "" if timing.ratio is None else f"{timing.ratio:.2f}",
        duration(timing.cold),
        "" if timing.compiling is None else duration(timing.compiling),
        _difference(timing.difference) if number else "",
    )


def _difference(part: float) -> str:
    """Return a difference in levels of 8 bits."""
    return "size or type" if isinf(part) else f"{255 * part:.3g} of 255" if part else "nothing"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return a row with its first column to the left and the others to the right."""
    texts = [text.rjust(width) for text, width in zip(row, widths, strict=True)]
    return "  ".join([row[0].ljust(widths[0]), *texts[1:]]).rstrip()

"""An explanation as a drawing (SVG): a box for each step and kernel, and a bar for its time beside a copy's."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from imgcuda.engine.memory_limit import in_words
from imgcuda.explain.explanation import Explanation, KernelSummary, PassSummary, StepSummary
from imgcuda.explain.explanation_text import (
    code_in_words,
    copy_line,
    duration,
    explanation_text,
    in_copies,
    pass_line,
    shape_in_words,
    size,
    total_lines,
)
from imgcuda.pages.document import document, heading
from imgcuda.pages.markup import Markup, joined, tag

WIDTH, MARGIN, LINE = 960, 24, 20
BARS, BAR_WIDTH = 560, 280
"""Where bars begin, and the width of the longest."""
LETTERS = 70
"""The most letters in a line of a box."""

STYLE = """
svg { max-width: 100%; height: auto; }
svg { --ink: #1c2024; --soft: #60646c; --paper: #ffffff; --box: #f0f0f3; --bar: #3e63dd; --copy: #cf3897; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #edeef0; --soft: #b0b4ba; --paper: #111113; --box: #212225; --bar: #849dff; --copy: #ff8dcc; }
}
text { font: 13px system-ui, sans-serif; fill: var(--ink); }
.head { font-size: 17px; font-weight: 600; } .strong { font-weight: 600; } .soft { fill: var(--soft); }
.paper { fill: var(--paper); } .box { fill: var(--box); } .bar { fill: var(--bar); }
.copy { stroke: var(--copy); stroke-dasharray: 4 3; } .word-copy { fill: var(--copy); }
"""


class _Sheet:
    """The parts of a drawing, and how far down it reaches."""

    def __init__(self) -> None:
        self.parts: list[Markup] = []
        self.down = MARGIN

    def text(self, words: str, kind: str = "", x: int = MARGIN) -> None:
        """Write a line of text, and go on below it."""
        self.down += LINE
        self.parts.append(tag("text", words, x=x, y=self.down - 6, class_=kind))

    def box(self, top: int) -> None:
        """Put a box behind what was written since `top`."""
        size = {"width": BARS - 2 * MARGIN, "height": self.down - top + 4}
        self.parts.insert(0, tag("rect", x=MARGIN, y=top, **size, rx=6, class_="box"))

    def bar(self, top: int, width: float, words: str) -> None:
        """Draw a bar, with words below it."""
        self.parts.append(tag("rect", x=BARS, y=top + 5, width=f"{max(width, 1):.1f}", height=12, class_="bar"))
        self.parts.append(tag("text", words, x=BARS, y=top + 34, class_="soft"))


def drawing(name: str, explanation: Explanation) -> Markup:
    """Return the drawing of an explanation of the image called `name`, as a whole SVG file."""
    sheet = _Sheet()
    sheet.text(f"{name}: {' | '.join(each.text for each in explanation.filters)}", "head")
    sheet.text(f"{explanation.device}: {explanation.description}", "soft")
    sheet.text(f"{shape_in_words(explanation.shape)} {explanation.dtype}, {in_words(explanation.image_bytes)}", "soft")
    top = sheet.down
    longest = max([step.seconds for each in explanation.passes for step in each.steps], default=0.0)
    scale = BAR_WIDTH / max(longest, explanation.copy_seconds)
    for each in explanation.passes:
        _draw_pass(sheet, each, explanation, scale)
    _draw_copy(sheet, top, scale * explanation.copy_seconds)
    sheet.down += LINE
    for line in total_lines(explanation):
        sheet.text(line)
    return _svg(sheet, explanation_text(name, explanation))


def page(name: str, explanation: Explanation) -> str:
    """Return a page with the drawing, and the tree as text to copy; it needs no other file."""
    scrolled = {"class_": "wide", "tabindex": 0, "role": "region", "aria_label": "The tree as text"}
    tree = tag("pre", explanation_text(name, explanation), **scrolled)
    text = tag("details", tag("summary", "As text"), tree)
    body = joined(heading(f"{name}: what a chain does"), tag("main", drawing(name, explanation), text))
    return document(f"{name}: what a chain does", body)


def _draw_pass(sheet: _Sheet, each: PassSummary, explanation: Explanation, scale: float) -> None:
    sheet.down += LINE // 2
    for line in wrap(pass_line(each, explanation), 2 * LETTERS):
        sheet.text(line, "strong")
    sheet.text(f"↓ {copy_line('upload', each.upload_bytes, each.upload_seconds)}", "soft")
    for step in each.steps:
        _draw_step(sheet, step, explanation, scale)
    if each.rows_made:
        sheet.text(f"↓ {copy_line('download', each.download_bytes, each.download_seconds)}", "soft")


def _draw_step(sheet: _Sheet, step: StepSummary, explanation: Explanation, scale: float) -> None:
    """Draw a step as a box with its kernels, and its time as a bar."""
    sheet.down += 8
    top = sheet.down
    what = "measure: " if step.phase == "measure" else "fused: " if len(step.filters) > 1 else ""
    for line in wrap(what + " + ".join(step.filters), LETTERS):
        sheet.text(line, "strong", MARGIN + 12)
    for line in (line for kernel in step.kernels for line in _kernel_lines(kernel)):
        sheet.text(line, "soft", MARGIN + 12)
    sheet.box(top)
    sheet.bar(top, scale * step.seconds, f"{duration(step.seconds)}, {in_copies(step.seconds, explanation)}")
    sheet.down += 8


def _kernel_lines(kernel: KernelSummary) -> Iterator[str]:
    times = f", {kernel.launches} launches" if kernel.launches > 1 else ""
    words = f"{kernel.kernel} ({kernel.file}): grid {size(kernel.grid)}, block {size(kernel.block)}{times}"
    yield from wrap(words, LETTERS)
    moved = f"reads {in_words(kernel.read_bytes)}, writes {in_words(kernel.written_bytes)}"
    yield from wrap(f"{moved}; {duration(kernel.seconds)}; {code_in_words(kernel)}", LETTERS)


def _draw_copy(sheet: _Sheet, top: int, width: float) -> None:
    """Draw the time of a plain copy as a line through all bars."""
    x = f"{BARS + width:.1f}"
    sheet.parts.insert(0, tag("line", x1=x, x2=x, y1=top + 4, y2=sheet.down, class_="copy"))
    sheet.parts.append(tag("text", "a plain copy", x=x, y=top, class_="word-copy"))


def _svg(sheet: _Sheet, description: str) -> Markup:
    height = sheet.down + MARGIN
    parts = [
        tag("title", "What a chain of filters does"),
        tag("desc", description),
        tag("style", Markup(STYLE)),
        tag("rect", width=WIDTH, height=height, class_="paper"),
        *sheet.parts,
    ]
    view = {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {WIDTH} {height}"}
    svg = tag("svg", "\n", Markup("\n".join(parts)), "\n", **view, width=WIDTH, role="img")
    return Markup(f"{svg}\n")

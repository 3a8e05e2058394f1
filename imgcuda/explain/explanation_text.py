"""An explanation as a tree of text: the passes over an image, their steps, and the kernels of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from imgcuda.engine.memory_limit import in_words
from imgcuda.explain.explanation import Explanation, KernelSummary, PassSummary, StepSummary
from imgcuda.programs.layout import Dim3


class Branch(NamedTuple):
    """A line of a tree, and what hangs below it."""

    line: str
    branches: tuple[Branch, ...] = ()


def explanation_text(name: str, explanation: Explanation) -> str:
    """Return the tree of an explanation of the image called `name`."""
    head = [
        f"{name}: {shape_in_words(explanation.shape)} {explanation.dtype}, {in_words(explanation.image_bytes)}, "
        f"on {explanation.device} ({explanation.description})",
        " | ".join(each.text for each in explanation.filters),
    ]
    branches = (*(_pass(each, explanation) for each in explanation.passes), *map(Branch, total_lines(explanation)))
    return "\n".join([*head, *_drawn(branches)])


def total_lines(explanation: Explanation) -> tuple[str, str]:
    """Return the sentences about whole runs."""
    return (
        f"makes {shape_in_words(explanation.result_shape)}; first run {duration(explanation.first_seconds)}, "
        f"later ones {duration(explanation.seconds)}, {in_copies(explanation.seconds, explanation)}",
        f"a plain copy of the image on {explanation.device}: {duration(explanation.copy_seconds)}",
    )


def pass_line(each: PassSummary, explanation: Explanation) -> str:
    """Return how a pass divides the image, in words."""
    channels = f" of {each.channels} channels" if each.channels != explanation.shape[2] else ""
    if each.streams:
        made = f"up to {each.rows_made} rows of the result" if each.rows_made else "a part of a measurement"
        where = f"{', '.join(each.devices)} in {each.streams} stream{'s' * (each.streams > 1)}"
        rows = f"up to {each.rows_read} rows are read, for {made}{halo_in_words(explanation)}"
        return f"{each.pieces} strips{channels} on {where}: {rows}"
    pieces = f"{each.pieces} pieces" if each.pieces > 1 else "the whole image"
    return f"{pieces}{channels} at once: {each.rows_read} rows; {_why_not_in_strips(explanation)}"


def _why_not_in_strips(explanation: Explanation) -> str:
    if explanation.why_whole:
        return f"no strips: {explanation.why_whole}"
    return f"strips are possible{halo_in_words(explanation)}"


def halo_in_words(explanation: Explanation) -> str:
    """Return the chain's halo and what each filter has of it: "; the halo is 13 rows: blur 12, edges 1"."""
    if not explanation.halo:
        return ", without a halo" if explanation.halo == 0 else ""
    parts = ", ".join(f"{each.text.partition(':')[0]} {each.halo}" for each in explanation.filters if each.halo)
    return f"; the halo is {explanation.halo} rows{': ' if parts else ''}{parts}"


def step_line(step: StepSummary, explanation: Explanation) -> str:
    """Return the filters of a step, and their time."""
    filters = " + ".join(step.filters)
    what = "measures" if step.phase == "measure" else "fused into one kernel" if len(step.filters) > 1 else ""
    moved = f"; {in_words(step.moved_bytes)} of tables and measurements are copied" if step.moved_bytes else ""
    words = f" ({what})" if what else ""
    return f"{filters}{words}: {duration(step.seconds)}, {in_copies(step.seconds, explanation)}{moved}"


def kernel_line(kernel: KernelSummary) -> str:
    """Return a kernel, its launches and its time."""
    times = f"{kernel.launches} launches, the first with " if kernel.launches > 1 else ""
    shared = f", {in_words(kernel.shared_bytes)} shared" if kernel.shared_bytes else ""
    return (
        f"{kernel.kernel} ({kernel.file}): {times}grid {size(kernel.grid)}, block {size(kernel.block)}{shared}; "
        f"reads {in_words(kernel.read_bytes)}, writes {in_words(kernel.written_bytes)}; "
        f"{duration(kernel.seconds)}; {code_in_words(kernel)}"
    )


def code_in_words(kernel: KernelSummary) -> str:
    """Return where a kernel's code came from: "compiled in 210 ms"."""
    if kernel.code == "memory":
        return "its code was in memory"
    verb = "compiled in" if kernel.code == "compiled" else "from the cache in"
    return f"{verb} {duration(kernel.code_seconds)}"


def copy_line(what: str, size: int, seconds: float) -> str:
    """Return an upload or a download in words."""
    return f"{what}: {in_words(size)} in {duration(seconds)}" if size else f"{what}: nothing is copied"


def duration(seconds: float) -> str:
    """Return a time in words: "210 ms", "4.12 ms", "0.312 ms", "2.04 s"."""
    number, unit = (seconds, "s") if seconds >= 1 else (1000 * seconds, "ms")
    digits = max(0, 3 - len(str(int(number)))) + (number < 1)
    return f"{number:.{digits}f} {unit}"


def in_copies(seconds: float, explanation: Explanation) -> str:
    """Return a time as a multiple of the time of a plain copy: "4.1 times a copy"."""
    times = seconds / explanation.copy_seconds
    return f"{f'{times:.3g}' if times < 1000 else f'{times:,.0f}'} times a copy"


def size(grid: Dim3) -> str:
    """Return the size of a grid or a block: "60x135"."""
    sizes = list(grid)
    while len(sizes) > 1 and sizes[-1] == 1:
        sizes.pop()
    return "x".join(map(str, sizes))


def shape_in_words(shape: Sequence[int]) -> str:
    """Return the size of an image, and its channels if it has an axis for them: "1920 x 1080 x 3"."""
    return " x ".join(map(str, (shape[1], shape[0], *shape[2:])))


def _pass(each: PassSummary, explanation: Explanation) -> Branch:
    steps = (
        Branch(step_line(step, explanation), tuple(Branch(kernel_line(kernel)) for kernel in step.kernels))
        for step in each.steps
    )
    download = [Branch(copy_line("download", each.download_bytes, each.download_seconds))] if each.rows_made else []
    upload = Branch(copy_line("upload", each.upload_bytes, each.upload_seconds))
    return Branch(pass_line(each, explanation), (upload, *steps, *download))


def _drawn(branches: Sequence[Branch], before: str = "") -> Iterator[str]:
    """Yield the lines of branches, each behind the lines that lead to it."""
    for number, branch in enumerate(branches, 1):
        last = number == len(branches)
        yield f"{before}{'└─ ' if last else '├─ '}{branch.line}"
        yield from _drawn(branch.branches, before + ("   " if last else "│  "))

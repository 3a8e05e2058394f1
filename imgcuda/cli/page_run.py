"""Reads, filters and measures pictures for a command that shows them on a page, and writes and opens the page."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self

import typer

from imgcuda import startup
from imgcuda.cli import completing, streams
from imgcuda.cli.job import Job
from imgcuda.cli.timeout import Deadline

if TYPE_CHECKING:
    from imgcuda.engine.protocol import Device
    from imgcuda.file_run import FileOptions
    from imgcuda.filters import Filter
    from imgcuda.images import Image

In = Annotated[
    Path,
    typer.Argument(metavar="IN", help="The image to read; - reads standard input.", autocompletion=completing.files),
]
Out = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="PAGE.html", help="The page to write.", autocompletion=completing.files),
]
Steps = Annotated[
    list[str] | None,
    typer.Option(
        "-f",
        "--filter",
        metavar="NAME:PARAM=VALUE,...",
        help="A filter to run, or @RECIPE; repeat it for several, in order.",
        autocompletion=completing.step,
    ),
]
Frame = Annotated[int, typer.Option(min=1, help="Which picture of several.")]
Open = Annotated[bool, typer.Option("--open", help="Open it in the browser.")]

OPTIONS = (
    *("device", "timeout", "overwrite", "no_clobber", "depth", "convert", "linear", "auto_orient", "strict"),
    "max_pixels",
)
"""The fields of `Job` that are options of a command that makes a page."""


class PageRun(NamedTuple):
    """The files, the device and the options of a command that makes a page. Of several pictures it takes one."""

    job: Job
    device: Device
    deadline: Deadline
    options: FileOptions

    @classmethod
    def begin(cls, job: Job) -> Self:
        """Return the run of a job, once the device is found; its deadline counts from now."""
        from imgcuda.cli import run_file

        startup.started()
        deadline = Deadline(job.timeout)
        options = run_file.file_options(job, None)
        return cls(job, run_file.device(job.device), deadline, options)

    @property
    def name(self) -> str:
        """What the input is called on a page."""
        return "standard input" if str(self.job.in_path) == "-" else self.job.in_path.name

    def read(self, path: Path) -> Image:
        """Return the picture of a file, or of standard input for -; what is lost is reported."""
        from imgcuda.cli.run_file import note
        from imgcuda.file_run import read_input

        with self.deadline.holds(f"{path}: reading it"):
            image = read_input(streams.input() if str(path) == "-" else path, self.options, several=False)
        note(path, image.losses)
        return image

    def filters(self, make: Callable[[], Sequence[Filter]]) -> Sequence[Filter]:
        """Return the filters of the command; files that their parameters name are read."""
        from imgcuda.cli.run_file import filters_of

        return filters_of(make, self.job, self.deadline)

    def filtered(self, image: Image, filters: Sequence[Filter]) -> Image:
        """Return a picture filtered."""
        from imgcuda.cli.run_file import doing
        from imgcuda.file_run import filter_frames, on_device

        with self.deadline.holds(doing(self.name, filters)):
            apply = on_device(filters, self.device, self.options.max_pixels)
            return filter_frames(image, filters, self.options, apply)

    def command(self, filters: Sequence[Filter]) -> str:
        """Return the command line that makes a file of the filtered picture."""
        from imgcuda.recipes.chain_text import write_chain

        frame = None if self.job.frame == 1 else self.job.frame
        shown = self.job._replace(device="auto", timeout=None, overwrite=False, no_clobber=False, frame=frame)
        given = [_with_value(option, getattr(shown, name)) for name, option in shown.given().items()]
        steps = [word for each in filters for word in ("-f", write_chain([each]))]
        return shlex.join(["imgcuda", "filter", str(self.job.in_path), "out.png", *steps, *given])

    def check(self) -> None:
        """Raise an error, before any work is done, if the page cannot be written."""
        from imgcuda.cli.run_file import clobber_rule
        from imgcuda.pages.page_file import check_page

        check_page(self.job.out_path, clobber_rule(self.job))

    def write(self, page: str) -> None:
        """Write the page."""
        from imgcuda.cli.run_file import clobber_rule
        from imgcuda.pages.page_file import write_page

        write_page(self.job.out_path, page, clobber_rule(self.job))


def _with_value(option: str, value: object) -> str:
    return option if isinstance(value, bool) else f"{option}={value}"


def show(path: Path) -> None:
    """Open a file in the user's browser; say so if there is none."""
    import webbrowser

    if not webbrowser.open(path.resolve().as_uri()):
        streams.say(f"Note: no browser was found; open {path.resolve().as_uri()}")

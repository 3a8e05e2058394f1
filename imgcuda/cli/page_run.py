"""Reads, filters and measures pictures for a command that shows them, on a page that it writes, or in the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self, TypeVar

import typer

from imgcuda import startup
from imgcuda.cli import completing, streams
from imgcuda.cli.job import Job
from imgcuda.cli.options import filter_option
from imgcuda.cli.timeout import Deadline
from imgcuda.containment import in_words
from imgcuda.errors import ImgcudaError, ParameterError

if TYPE_CHECKING:
    from imgcuda.cli.in_terminal import Terminal
    from imgcuda.engine.protocol import Device
    from imgcuda.file_run import FileOptions
    from imgcuda.filters import Filter
    from imgcuda.images import Image, Pixels
    from imgcuda.pages.cards import Card, CardWords

Made = TypeVar("Made")

In = Annotated[
    Path,
    typer.Argument(metavar="IN", help="The image to read; - reads standard input.", autocompletion=completing.files),
]
Out = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="PAGE.html", help="The page to write.", autocompletion=completing.files),
]
Steps = Annotated[list[str] | None, filter_option("A filter to run, or @RECIPE; repeat it for several, in order.")]
Size = Annotated[int, typer.Option(min=16, max=2048, help="The most pixels of each picture, across and down.")]
Open = Annotated[bool, typer.Option("--open", help="Open it in the browser.")]
Show = Annotated[bool, typer.Option("--show", help="Draw it in the terminal, with or without -o.")]

PAGE_OPTIONS = (
    *("device", "timeout", "overwrite", "no_clobber", "depth", "convert", "linear", "auto_orient", "strict"),
    "max_pixels",
)
"""The fields of `Job` that are options of a command that makes a page."""


class PageRun(NamedTuple):
    """The files, the device and the options of a command that shows pictures. Of a file with several it takes one."""

    job: Job
    device: Device
    deadline: Deadline
    options: FileOptions
    terminal: Terminal | None
    """The terminal to show the pictures in, too, if that is asked for."""

    @classmethod
    def begin(cls, job: Job, show: bool) -> Self:
        """Return the run of a job, once terminal and device are found; its deadline counts from now."""
        from imgcuda.cli import run_file

        terminal = _terminal() if show else None
        startup.started()
        deadline = Deadline(job.timeout)
        options = run_file.file_options(job, None)
        return cls(job, run_file.device(job.device), deadline, options, terminal)

    @property
    def writes(self) -> bool:
        """Whether a file is written; the pictures may be shown in the terminal alone."""
        return self.terminal is None or str(self.job.out_path) != "-"

    @property
    def name(self) -> str:
        """What the input is called on a page."""
        return "standard input" if str(self.job.in_path) == "-" else self.job.in_path.name

    def read(self, path: Path) -> Image:
        """Return the picture of a file, or of standard input for -; report what could not be read."""
        from imgcuda.cli.run_file import note
        from imgcuda.file_run import read_input

        with self.deadline.holds(f"{path}: reading it"):
            image = read_input(streams.input() if str(path) == "-" else path, self.options, several=False)
        note(path, image.losses)
        return image

    def reading(self, make: Callable[[], Made]) -> Made:
        """Return what a function makes of the command's filters, within the deadline: it may read files."""
        from imgcuda.parameter_types import picture_limit

        with self.deadline.holds("reading the parameters"), picture_limit(self.job.max_pixels):
            return make()

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
        command = shlex.join(["imgcuda", "filter", str(self.job.in_path), "out.png"])
        return " ".join([command, as_options(write_chain([each]) for each in filters), *map(shlex.quote, given)])

    def card(self, image: Image, make: Callable[[], Sequence[Filter]], words: CardWords, size: int) -> Card:
        """Return the card of what filters make of a picture, in at most `size` pixels across and down.

        If they cannot be made, or fail, it has the sentence of their error instead.
        """
        from imgcuda.images.preview import smaller
        from imgcuda.pages.cards import Card

        try:
            return Card(words, smaller(self.filtered(image, make()).pixels, size))
        except ImgcudaError as error:
            return Card(words, None, str(error))
        except Exception as error:  # a plugin's own code may raise anything
            return Card(words, None, in_words(error))

    def check(self, picture: bool = False) -> None:
        """Raise an error, before any work is done, if the page, or the picture instead of it, cannot be written."""
        from imgcuda.cli.run_file import clobber_rule
        from imgcuda.images import check_output
        from imgcuda.pages.page_file import check_page

        if not self.writes:
            return
        check = check_output if picture else check_page
        check(self.job.out_path, clobber=clobber_rule(self.job))

    def write_picture(self, pixels: Pixels, icc: bytes) -> None:
        """Write a picture instead of a page."""
        import imgcuda
        from imgcuda.cli.run_file import clobber_rule
        from imgcuda.images import Image, write

        software = f"imgcuda {imgcuda.__version__}"
        write(self.job.out_path, Image(pixels, icc=icc), clobber=clobber_rule(self.job), software=software)

    def write(self, page: str) -> None:
        """Write the page."""
        from imgcuda.cli.run_file import clobber_rule
        from imgcuda.pages.page_file import write_page

        write_page(self.job.out_path, page, clobber_rule(self.job))


def target(out_path: Path | None, show: bool, open: bool) -> Path:
    """Return the file to write; standard output, which is the terminal, if the pictures are shown there alone."""
    if out_path is None and open:
        raise ParameterError("--open opens a page; -o PAGE.html says which")
    if out_path is None and not show:
        raise ParameterError("where to? -o PAGE.html writes a page, and --show draws in the terminal")
    return Path("-") if out_path is None else out_path


def _terminal() -> Terminal:
    from imgcuda.cli.in_terminal import Terminal

    return Terminal()


def as_options(steps: Iterable[str]) -> str:
    """Return the steps of a chain as options to copy into a command line: "-f blur:sigma=3 -f edges"."""
    return " ".join(f"-f {shlex.quote(step)}" for step in steps)


def _with_value(option: str, value: object) -> str:
    return option if isinstance(value, bool) else f"{option}={value}"


def open_page(path: Path) -> None:
    """Open a file in the user's browser; say so if there is none."""
    import webbrowser

    if not webbrowser.open(path.resolve().as_uri()):
        streams.say(f"Note: no browser was found; open {path.resolve().as_uri()}")

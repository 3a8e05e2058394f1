"""`imgcuda explain`: what a chain does with an image on a device, as a tree, as JSON, or as a drawing."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgcuda.cli import completing, streams
from imgcuda.cli.chain import parse_chain
from imgcuda.cli.each_file import source_of
from imgcuda.cli.filtering import Steps
from imgcuda.cli.options import OPTIONS, Frame
from imgcuda.cli.page_run import Open, open_page
from imgcuda.errors import ImageError, ParameterError

if TYPE_CHECKING:
    from imgcuda.explain.explanation import Explanation
    from imgcuda.filters import Filter

In = Annotated[
    str,
    typer.Argument(
        metavar="IN",
        help="The image to filter; - reads standard input.",
        show_default=False,
        autocompletion=completing.files,
    ),
]
DeviceName = Annotated[str, OPTIONS["device"]]
Repeat = Annotated[int, typer.Option(min=1, help="How often the chain is timed; the fastest run counts.")]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object.")]
Drawing = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="FILE", help="Also write a drawing: FILE.svg, or FILE.html.", readable=False
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace FILE.")]


def explain(
    ctx: typer.Context,
    source: In,
    steps: Steps = None,
    device: DeviceName = "auto",
    frame: Frame = 1,
    repeat: Repeat = 3,
    json: Json = False,
    output: Drawing = None,
    overwrite: Overwrite = False,
    open: Open = False,
) -> None:
    """Run filters over an image, and tell what they did: strips, fused filters, launches, bytes and times."""
    if open and not output:
        raise ParameterError("--open opens the file of -o; add -o FILE.html")
    _check_output(output, overwrite)
    with streams.ours_only():
        found = _explained(parse_chain(ctx.obj, steps or []), source, device, frame, repeat)
    if output:
        _write(output, source, found)
    if open and output:
        open_page(output)
    typer.echo(_object(source, found) if json else _tree(source, found))


def _explained(filters: list[Filter], name: str, device: str, frame: int, repeat: int) -> Explanation:
    from imgcuda import devices, images
    from imgcuda.cli.run_file import device as chosen
    from imgcuda.explain.explaining import explain
    from imgcuda.large_files import opened
    from imgcuda.pixels import as_image

    members, source = devices.members(chosen(device)), source_of(name)
    request = images.ReadRequest(frame, False, True, False, images.MAX_PIXELS)
    with opened(filters, source, request, False) if isinstance(source, Path) else nullcontext() as large:
        if large:
            return explain(filters, large.rows, members, repeat, images.MAX_PIXELS)
        pixels = as_image(images.read(source, frame=frame).pixels, more_channels=True)
        return explain(filters, pixels, members, repeat, images.MAX_PIXELS)


def _check_output(path: Path | None, overwrite: bool) -> None:
    """Raise an error for a file that cannot be written, before any work is done."""
    if path is None:
        return
    from imgcuda.images import atomic_write
    from imgcuda.images.error_messages import translated_errors

    if path.suffix.lower() not in (".svg", ".html"):
        raise ParameterError(f"{path}: a drawing is written to a file with the extension .svg or .html")
    with translated_errors(str(path), "written"):
        atomic_write.check(path)
        if path.exists() and not overwrite:
            raise ImageError("it is there already; --overwrite replaces it")


def _write(path: Path, name: str, found: Explanation) -> None:
    from imgcuda.explain.explanation_drawing import drawing, page
    from imgcuda.images import atomic_write
    from imgcuda.images.error_messages import translated_errors

    text = (page if path.suffix.lower() == ".html" else drawing)(name, found)
    with translated_errors(str(path), "written"):
        atomic_write.replace(path, text.encode())


def _object(name: str, found: Explanation) -> str:
    return json.dumps({"file": name, **asdict(found)})


def _tree(name: str, found: Explanation) -> str:
    from imgcuda.explain.explanation_text import explanation_text

    return explanation_text(name, found)

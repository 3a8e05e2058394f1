"""`imgcuda bench`: times a chain on each device of this machine, and in other libraries."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from imgcuda.cli import completing, streams
from imgcuda.cli.chain import parse_chain
from imgcuda.cli.each_file import source_of
from imgcuda.cli.explain_command import In, Json
from imgcuda.cli.filtering import Steps
from imgcuda.cli.options import Frame

if TYPE_CHECKING:
    from imgcuda.bench.comparison import Comparison
    from imgcuda.filters import Filter

Device = Annotated[
    str,
    typer.Option(
        metavar="all|cuda[:N]|cpu", help="The device to time; by default all.", autocompletion=completing.device
    ),
]
Threads = Annotated[
    list[int] | None,
    typer.Option(
        min=1, metavar="N", help="A number of threads to time; repeat it for several. By default all cores and 1."
    ),
]
Repeat = Annotated[int, typer.Option(min=1, help="How many runs are timed after the first; their median counts.")]
Peers = Annotated[bool, typer.Option("--peers/--no-peers", help="Time other libraries, too.")]


def bench(
    ctx: typer.Context,
    source: In,
    steps: Steps = None,
    device: Device = "all",
    threads: Threads = None,
    repeat: Repeat = 7,
    peers: Peers = True,
    frame: Frame = 1,
    json: Json = False,
) -> None:
    """Time filters on every device, and beside OpenCV, Pillow, CuPy and libvips where they have equal ones."""
    with streams.ours_only():
        found = _compared(parse_chain(ctx.obj, steps or []), source, device, threads, repeat, peers, frame)
    typer.echo(_object(source, found) if json else _table(source, found))


def _compared(
    filters: list[Filter],
    source: str,
    device: str,
    threads: list[int] | None,
    repeat: int,
    peers: bool,
    frame: int,
) -> Comparison:
    from imgcuda import __version__, devices, images
    from imgcuda.bench.comparison import compare
    from imgcuda.bench.contenders import others, ours
    from imgcuda.cli.run_file import device as chosen
    from imgcuda.cores import cores

    counts = threads or list(dict.fromkeys([cores(), 1]))
    timed = devices.find() if device == "all" else [chosen(device)]
    pixels = images.read(source_of(source), frame=frame).pixels
    competing = [*ours(timed, counts, __version__), *(others(filters, counts) if peers else ())]
    return compare(filters, pixels, competing, repeat)


def _object(name: str, found: Comparison) -> str:
    """Return the JSON object; an infinite difference becomes null."""
    made = asdict(found)
    for timing in made["timings"]:
        timing["difference"] = None if timing["difference"] == float("inf") else timing["difference"]
    return json.dumps({"file": name, **made})


def _table(name: str, found: Comparison) -> str:
    from imgcuda.bench.comparison_text import comparison_text

    return comparison_text(name, found)

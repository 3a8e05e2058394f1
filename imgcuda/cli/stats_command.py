"""`imgcuda stats`: minimum, maximum, mean and more of each channel of image files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, fields
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imgcuda.cli import completing, streams
from imgcuda.errors import ImgcudaError

if TYPE_CHECKING:
    from imgcuda.statistics.channels import ChannelStatistics

Files = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="Image files; - is standard input.", show_default=False)
]
DeviceName = Annotated[
    str,
    typer.Option(
        metavar="auto|cuda[:N]|cpu",
        envvar="IMGCUDA_DEVICE",
        show_envvar=True,
        help="The device to count on; auto takes a GPU if there is one.",
        autocompletion=completing.device,
    ),
]
Frame = Annotated[int, typer.Option(min=1, help="Which picture of several.")]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object for each file, with histograms of 256 bins.")]

_NAMES = {1: ("gray",), 2: ("gray", "alpha"), 3: ("red", "green", "blue"), 4: ("red", "green", "blue", "alpha")}


def stats(files: Files, device: DeviceName = "auto", frame: Frame = 1, json: Json = False) -> None:
    """Measure each channel of images: minimum, maximum, mean, deviation, median, and how much is black or white."""
    failed = False
    for name in files:
        try:
            channels = _measured(name, device, frame)
        except ImgcudaError as error:
            failed = True
            streams.say(f"Error: {error}")
            continue
        typer.echo(_object(name, channels) if json else "\n".join(_table(name, channels)))
    if failed:
        raise typer.Exit(1)


def _measured(name: str, device: str, frame: int) -> list[ChannelStatistics]:
    """Return the statistics of the channels of a picture, whose rows are read in strips if it is large."""
    from imgcuda import devices, images
    from imgcuda.cli.run_file import device as chosen
    from imgcuda.large_files import opened
    from imgcuda.pixels import as_image
    from imgcuda.statistics.channels import channel_statistics

    members = devices.members(chosen(device))
    with ExitStack() as stack:
        if name != "-":
            request = images.ReadRequest(frame, False, True, False, images.MAX_PIXELS)
            large = stack.enter_context(opened([], Path(name), request, False))
            if large:
                return channel_statistics(members, large.rows)
        image = images.read(streams.input() if name == "-" else Path(name), frame=frame)
        return channel_statistics(members, as_image(image.pixels))


def _object(name: str, channels: Sequence[ChannelStatistics]) -> str:
    """Return the JSON object of a file; NaN and infinities become null."""

    def plain(value: Any) -> Any:
        return None if isinstance(value, float) and not isfinite(value) else value

    names = _NAMES[len(channels)]
    found = {
        channel: {key: plain(value) for key, value in asdict(each).items()}
        for channel, each in zip(names, channels, strict=True)
    }
    return json.dumps({"file": name, "channels": found})


def _table(file: str, channels: Sequence[ChannelStatistics]) -> Iterator[str]:
    """Yield the lines for a person: a heading, and a line for each channel."""
    from imgcuda.statistics.channels import ChannelStatistics

    columns = [field.name for field in fields(ChannelStatistics) if field.name not in ("samples", "histogram")]
    yield f"{file}:"
    yield f"  {'':5}" + "".join(f"{column:>11}" for column in columns)
    for channel, each in zip(_NAMES[len(channels)], channels, strict=True):
        values = [getattr(each, column) for column in columns]
        shown = [
            f"{v:.2%}" if column in ("black", "white") else f"{v:.6g}"
            for column, v in zip(columns, values, strict=True)
        ]
        yield f"  {channel:5}" + "".join(f"{text:>11}" for text in shown)

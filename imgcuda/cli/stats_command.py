"""`imgcuda stats`: minimum, maximum, mean and more of each channel of image files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, fields
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imgcuda.cli.each_file import Files, print_each, source_of
from imgcuda.cli.options import OPTIONS, Frame

if TYPE_CHECKING:
    from imgcuda.execution.row_source import RowSource
    from imgcuda.statistics.channels import ChannelStatistics

DeviceName = Annotated[str, OPTIONS["device"]]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object for each file, with histograms of 256 bins.")]


def stats(files: Files, device: DeviceName = "auto", frame: Frame = 1, json: Json = False) -> None:
    """Measure each channel of images: minimum, maximum, mean, deviation, median, and how much is black or white."""

    def text_of(name: str) -> str:
        channels = _measured(name, device, frame)
        return _object(name, channels) if json else "\n".join(_table(name, channels))

    print_each(files, text_of)


def _measured(name: str, device: str, frame: int) -> list[ChannelStatistics]:
    """Return the statistics of the channels of a picture, whose rows are read in strips if it is large."""
    from imgcuda import devices, images
    from imgcuda.cli.run_file import device as chosen
    from imgcuda.large_files import opened
    from imgcuda.pixels import as_image
    from imgcuda.statistics.channels import channel_statistics

    members, source = devices.members(chosen(device)), source_of(name)
    request = images.ReadRequest(frame, False, True, False, images.MAX_PIXELS)
    with opened([], source, request, False) if isinstance(source, Path) else nullcontext() as large:
        rows: RowSource = large.rows if large else as_image(images.read(source, frame=frame).pixels)
        return channel_statistics(members, rows)


def _object(name: str, channels: Sequence[ChannelStatistics]) -> str:
    """Return the JSON object of a file; NaN and infinities become null."""

    def plain(value: Any) -> Any:
        return None if isinstance(value, float) and not isfinite(value) else value

    from imgcuda.pixels import CHANNEL_NAMES

    names = CHANNEL_NAMES[len(channels)]
    found = {
        channel: {key: plain(value) for key, value in asdict(each).items()}
        for channel, each in zip(names, channels, strict=True)
    }
    return json.dumps({"file": name, "channels": found})


def _table(file: str, channels: Sequence[ChannelStatistics]) -> Iterator[str]:
    """Yield the lines for a person: a heading, and a line for each channel."""
    from imgcuda.pixels import CHANNEL_NAMES
    from imgcuda.statistics.channels import ChannelStatistics

    columns = [field.name for field in fields(ChannelStatistics) if field.name not in ("samples", "histogram")]
    yield f"{file}:"
    yield f"  {'':5}" + "".join(f"{column:>11}" for column in columns)
    for channel, each in zip(CHANNEL_NAMES[len(channels)], channels, strict=True):
        texts = [_shown(column, getattr(each, column)) for column in columns]
        yield f"  {channel:5}" + "".join(f"{text:>11}" for text in texts)


def _shown(column: str, value: float) -> str:
    return f"{value:.2%}" if column in ("black", "white") else f"{value:.6g}"

"""The options of every command that filters an image, as Typer takes them."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.models import ArgumentInfo, OptionInfo

from imgcuda.cli import completing
from imgcuda.cli.timeout import seconds

OPTIONS: dict[str, ArgumentInfo | OptionInfo] = {
    "in_path": typer.Argument(
        metavar="IN",
        help="The image to read; - reads standard input.",
        show_default=False,
        readable=False,
        autocompletion=completing.files,
    ),
    "out_path": typer.Argument(
        metavar="OUT",
        help="The image to write, in the format of its extension; - is standard output.",
        readable=False,
        autocompletion=completing.files,
    ),
    "device": typer.Option(
        metavar="auto|cuda[:N]|cpu",
        envvar="IMGCUDA_DEVICE",
        show_envvar=True,
        help="The device to run on; auto takes a GPU if there is one.",
        autocompletion=completing.device,
    ),
    "check": typer.Option(
        "--check", help="Run on the CPU and check each access of the kernels; takes 50 to 600 times as long."
    ),
    "timeout": typer.Option(
        metavar="SECONDS", parser=seconds, help="Stop a run that takes longer, and leave OUT as it was."
    ),
    "verbose": typer.Option("-v", "--verbose", help="Print the device, the time, and what OUT cannot hold."),
    "quiet": typer.Option("-q", "--quiet", help="Print errors only."),
    "overwrite": typer.Option("--overwrite", help="Replace OUT even if imgcuda did not write it, or if it is IN."),
    "no_clobber": typer.Option("--no-clobber", help="Fail if OUT exists."),
    "format": typer.Option(
        metavar="FORMAT",
        help="The format to write, whatever OUT is called: png, jpeg, tiff, webp ...",
        autocompletion=completing.format,
    ),
    "depth": typer.Option(help="Bits of the samples to filter and write, scaled and rounded; by default IN's."),
    "convert": typer.Option(
        help="Convert IN first: to gray, with alpha or without, or to color; F takes gray as float."
    ),
    "linear": typer.Option("--linear/--no-linear", help="Filter in linear light, by IN's color profile or as sRGB."),
    "frame": typer.Option(min=1, help="Filter one picture of several; the first is 1; by default all."),
    "auto_orient": typer.Option(
        "--auto-orient/--no-auto-orient", help="Turn IN upright as its EXIF says, and reset the tag."
    ),
    "strip": typer.Option("--strip/--no-strip", help="Write no EXIF, XMP, color profile, resolution and text."),
    "quality": typer.Option(
        min=1, max=100, help="JPEG, WebP, AVIF, JPEG 2000: how much is kept; 90, AVIF 80, video 65."
    ),
    "compress": typer.Option(
        min=0, max=9, help="PNG, TIFF, WebP, AVIF: from 0, fast, to 9, small and slow; PNG has 1."
    ),
    "lossless": typer.Option("--lossless/--no-lossless", help="WebP, AVIF, JPEG 2000: lose nothing."),
    "progressive": typer.Option("--progressive/--no-progressive", help="JPEG: coarse first, then finer."),
    "codec": typer.Option(metavar="CODEC", help="Video: h264, hevc, vp9, av1, or ffv1, which loses nothing."),
    "strict": typer.Option("--strict", help="Refuse an IN that is damaged, or that cannot be read without a loss."),
    "max_pixels": typer.Option(
        min=1, help="Refuse more pixels than this, of IN or of what filters make; by default 178956970."
    ),
}
"""For each field of `Job`, how it is given and what it does."""

Timeout = Annotated[float | None, OPTIONS["timeout"]]
Frame = Annotated[int, typer.Option(min=1, help="Which picture of several.")]


def filter_option(help: str, metavar: str = "NAME:PARAM=VALUE,...") -> Any:
    """Return the option -f of a command."""
    return typer.Option("-f", "--filter", metavar=metavar, help=help, autocompletion=completing.step)

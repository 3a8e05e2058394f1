"""The options of every command that filters an image, apart from the filter's own parameters.

The annotations are evaluated with the module, since every command reads them.
"""

from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import typer

from imgcuda.cli.timeout import seconds

Timeout = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", parser=seconds, help="Stop a run that takes longer, and leave OUT as it was."),
]


class Job(NamedTuple):
    """The task of one command: an image to read, filter and write, with all options."""

    in_path: Annotated[
        Path,
        typer.Argument(
            metavar="IN", help="The image to read; - reads standard input.", show_default=False, readable=False
        ),
    ]
    out_path: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help="The image to write, in the format of its extension; - is standard output.",
            readable=False,
        ),
    ]
    device: Annotated[
        str,
        typer.Option(
            metavar="auto|cuda[:N]|cpu",
            envvar="IMGCUDA_DEVICE",
            show_envvar=True,
            help="The device to run on; auto takes a GPU if there is one.",
        ),
    ] = "auto"
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Run on the CPU and check each access of the kernels; takes 50 to 600 times as long."
        ),
    ] = False
    timeout: Timeout = None
    verbose: Annotated[
        bool,
        typer.Option("-v", "--verbose", help="Print the device, the time, and what OUT cannot hold."),
    ] = False
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print errors only.")] = False
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace OUT even if imgcuda did not write it, or if it is IN.")
    ] = False
    no_clobber: Annotated[bool, typer.Option("--no-clobber", help="Fail if OUT exists.")] = False
    format: Annotated[
        str | None,
        typer.Option(metavar="FORMAT", help="The format to write, whatever OUT is called: png, jpeg, tiff, webp ..."),
    ] = None
    depth: Annotated[
        Literal["8", "16", "float"] | None,
        typer.Option(help="Bits of the samples to filter and write, scaled and rounded; by default IN's."),
    ] = None
    convert: Annotated[
        Literal["L", "LA", "RGB", "RGBA", "F"] | None,
        typer.Option(help="Convert IN first: to gray, with alpha or without, or to color; F takes gray as float."),
    ] = None
    linear: Annotated[
        bool, typer.Option("--linear/--no-linear", help="Filter in linear light, by IN's color profile or as sRGB.")
    ] = False
    frame: Annotated[
        int | None,
        typer.Option(min=1, help="Filter one picture of several; the first is 1; by default all."),
    ] = None
    auto_orient: Annotated[
        bool,
        typer.Option("--auto-orient/--no-auto-orient", help="Turn IN upright as its EXIF says, and reset the tag."),
    ] = True
    strip: Annotated[
        bool, typer.Option("--strip/--no-strip", help="Write no EXIF, XMP, color profile, resolution and text.")
    ] = False
    quality: Annotated[
        int | None,
        typer.Option(min=1, max=100, help="JPEG, WebP, AVIF, JPEG 2000: how much is kept; 90, AVIF 80, video 65."),
    ] = None
    compress: Annotated[
        int | None,
        typer.Option(min=0, max=9, help="PNG, TIFF, WebP, AVIF: from 0, fast, to 9, small and slow; PNG has 1."),
    ] = None
    lossless: Annotated[bool, typer.Option("--lossless/--no-lossless", help="WebP, AVIF, JPEG 2000: lose nothing.")] = (
        False
    )
    progressive: Annotated[
        bool, typer.Option("--progressive/--no-progressive", help="JPEG: coarse first, then finer.")
    ] = False
    codec: Annotated[
        str | None, typer.Option(metavar="CODEC", help="Video: h264, hevc, vp9, av1, or ffv1, which loses nothing.")
    ] = None
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse an IN that is damaged, or that cannot be read without a loss.")
    ] = False
    max_pixels: Annotated[
        int | None,
        typer.Option(min=1, help="Refuse more pixels than this, of IN or of what filters make; by default 178956970."),
    ] = None

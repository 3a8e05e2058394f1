"""`imgcuda studio`: a page on this machine to try filters and to write kernels."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

from imgcuda import startup
from imgcuda.cli import completing, streams
from imgcuda.cli.options import OPTIONS

In = Annotated[
    Path | None,
    typer.Argument(
        metavar="[IN]",
        help="The image to begin with; others are opened in the page.",
        show_default=False,
        readable=False,
        autocompletion=completing.files,
    ),
]
PluginFile = Annotated[
    Path | None,
    typer.Option(
        "--plugin", metavar="FILE.py", help="A file with filters, loaded again when it or a .cu beside it is saved."
    ),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen at; by default any that is free.")]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Do not open the page in a browser.")]
StudioDevice = Annotated[str, OPTIONS["device"]]
MaxPixels = Annotated[
    int | None,
    typer.Option(
        min=1, help="Refuse more pixels than this, of a picture or of what filters make; by default 178956970."
    ),
]


def studio(
    ctx: typer.Context,
    source: In = None,
    plugin: PluginFile = None,
    port: Port = 0,
    no_open: NoOpen = False,
    device: StudioDevice = "auto",
    max_pixels: MaxPixels = None,
) -> None:
    """Show a page with live controls for every filter, and for a filter that you write; Ctrl-C ends it."""
    from imgcuda.cli.run_file import device as chosen
    from imgcuda.studio.serving import serve

    def ready(address: str) -> None:
        print(address, file=streams.output(), flush=True)
        streams.say("The address works once, for one browser of this machine. Ctrl-C ends the studio.")
        if not no_open:
            threading.Thread(target=_open, args=[address], daemon=True).start()

    startup.started()
    with streams.ours_only():
        serve(ctx.obj, chosen(device), source, plugin, port, max_pixels, ready)


def _open(address: str) -> None:
    import webbrowser

    webbrowser.open(address)

"""Serves the studio on this machine, on a port of its own, until the command ends."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from imgcuda.engine.protocol import Device
from imgcuda.errors import ParameterError, PluginError, system_words
from imgcuda.registry import Registry
from imgcuda.studio.access import LOOPBACK, StudioAccess

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

NEEDED = "imgcuda studio needs Starlette, uvicorn and websockets: pip install 'imgcuda[studio]'"

LARGEST_MESSAGE = 1 << 20
"""The most bytes of a message of the page."""

INTERVAL = 0.5
"""Seconds between two looks at whether the process that has started this one is there."""


def serve(
    registry: Registry,
    device: Device,
    picture: Path | None,
    plugin: Path | None,
    port: int,
    max_pixels: int | None,
    ready: Callable[[str], None],
) -> None:
    """Serve the page until Ctrl-C. `ready` gets the address, when requests to it are answered.

    Raises PluginError if what it needs is not installed, and ParameterError for a port that is in use.
    """
    try:
        from imgcuda.studio.studio_app import guarded_app
    except ImportError as error:
        raise PluginError(NEEDED) from error
    from imgcuda import images
    from imgcuda.studio.catalog import Catalog
    from imgcuda.studio.uploads import kept_uploads
    from imgcuda.studio.workbench import Workbench, in_file

    with listening(port) as listener, kept_uploads() as uploads:
        access = StudioAccess(listener.getsockname()[1])
        most = max_pixels or images.MAX_PIXELS
        bench = Workbench(Catalog(registry, plugin), uploads, device, in_file(picture, most), most)
        _run(server_of(guarded_app(bench, access)), listener, lambda: ready(access.address))


def server_of(app: ASGIApp) -> uvicorn.Server:
    """Return the server of an app. It writes no logs, and does not compress, since its page is on the same machine."""
    try:
        import uvicorn
        import websockets  # noqa: F401  # which uvicorn imports later
    except ImportError as error:
        raise PluginError(NEEDED) from error
    config = uvicorn.Config(
        app,
        http="h11",
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=False,  # the pixels stay on this machine
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def listening(port: int) -> socket.socket:
    """Return a socket that listens on this machine's own address alone: at a port, or at a free one for 0."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError as error:
        listener.close()
        words = system_words(error)
        raise ParameterError(f"port {port} cannot be had: {words}; without --port, a free one is taken") from error
    return listener


def _run(server: uvicorn.Server, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until Ctrl-C, SIGTERM, or the end of the terminal or program that has started this process."""
    _end_with_terminal(server)
    ready()  # what connects now waits until the server accepts it
    server.run(sockets=[listener])


def _end_with_terminal(server: uvicorn.Server) -> None:
    """End the server in order when the terminal closes, and when the process that has started this one ends."""

    def end(*_: object) -> None:
        server.should_exit = True

    def watch(parent: int) -> None:
        while os.getppid() == parent:
            time.sleep(INTERVAL)
        end()

    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, end)
    # The server ends in order, and sends itself SIGTERM again: the uploads must be removed then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    threading.Thread(target=watch, args=[os.getppid()], daemon=True).start()

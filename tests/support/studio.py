"""A studio that runs for tests, and a client that sends any request to it, even one that no browser would send."""

from __future__ import annotations

import http.client
import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from websockets.sync.client import ClientConnection, connect

from imgcuda import devices
from imgcuda.studio.access import StudioAccess
from imgcuda.studio.catalog import Catalog
from imgcuda.studio.serving import listening, server_of
from imgcuda.studio.studio_app import guarded_app
from imgcuda.studio.uploads import kept_uploads
from imgcuda.studio.workbench import Workbench, in_file
from support.installed import installed


class Answer(NamedTuple):
    """The status, the headers and the body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Shown(NamedTuple):
    """A result as the page gets it."""

    about: Mapping[str, Any]
    pixels: npt.NDArray[np.uint8]


class RunningStudio:
    """A studio that answers, with the cookie of a browser that has entered it."""

    def __init__(self, access: StudioAccess, port: int) -> None:
        self.access, self.port = access, port
        self.address = access.address
        self.cookie = ""

    def enter(self) -> Answer:
        """Open the address that the command prints, as a browser does."""
        answer = self.send("GET", self.address.removeprefix(self.access.origin), {"Cookie": ""})
        self.cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        return answer

    def send(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: Any = None) -> Answer:
        """Send a request as the page does, but with these headers; one with an empty value is left out."""
        page = {"Host": self.access.host, "Cookie": self.cookie}
        page |= {"Origin": self.access.origin} if method == "POST" else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {**page, **(headers or {})}.items():
            if value:
                connection.putheader(name, value)
        if isinstance(body, bytes) and "Content-Length" not in (headers or {}):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body, encode_chunked=not isinstance(body, bytes | None))
        found = connection.getresponse()
        answer = Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, found.read())
        connection.close()
        return answer

    def connect(self, headers: Mapping[str, str] | None = None, origin: str | None = "") -> ClientConnection:
        """Open the page's WebSocket; an empty origin is that of the page."""
        given = {"Cookie": self.cookie, **(headers or {})}
        own = self.access.origin if origin == "" else origin
        return connect(f"ws://{self.access.host}/live", additional_headers=given, origin=own, max_size=None)  # type: ignore[arg-type]


def ask(live: ClientConnection, **message: Any) -> Any:
    """Send a message, and return the answer: a picture, or an object. What the page was not asking is passed over."""
    live.send(json.dumps(message))
    return answered(live)


def answered(live: ClientConnection) -> Any:
    """Return the next message that is neither on the user's file nor on how long a run takes."""
    while isinstance(answer := heard(live), dict) and answer["type"] in ("plugin", "slow"):
        pass
    return answer


def heard(live: ClientConnection) -> Any:
    """Return the next message of the studio."""
    data = live.recv(timeout=60)
    return json.loads(data) if isinstance(data, str) else picture_of(data)


def picture_of(data: bytes) -> Shown:
    """Return a picture as the page reads it."""
    (length,) = struct.unpack_from("<I", data)
    about = json.loads(data[4 : 4 + length])
    width, height = about["shown"]
    return Shown(about, np.frombuffer(data, np.uint8, offset=4 + length).reshape(height, width, 4))


def steps(*chain: tuple[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a chain as the page sends it."""
    return [{"filter": name, "values": dict(values)} for name, values in chain]


@contextmanager
def running_studio(picture: Path | None = None, plugin: Path | None = None) -> Iterator[RunningStudio]:
    """Run a studio in this process, on the CPU."""
    with listening(0) as listener, kept_uploads() as uploads:
        port: int = listener.getsockname()[1]
        access = StudioAccess(port)
        bench = Workbench(Catalog(installed(), plugin), uploads, devices.choose("cpu"), in_file(picture))
        server = server_of(guarded_app(bench, access))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield RunningStudio(access, port)
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def studio_process(*words: object) -> Iterator[RunningStudio]:
    """Run the command in a process of its own, for kernels that never end; raise if it does not end when asked to."""
    command = [sys.executable, "-m", "imgcuda", "studio", "--no-open", "--device", "cpu", *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        port = int(address.partition("/?")[0].rpartition(":")[2])
        running = RunningStudio(StudioAccess(port), port)
        running.address = address
        yield running
        process.terminate()
        process.wait(timeout=20)
    finally:
        process.kill()
        process.communicate()


def save_later(file: Path, text: str) -> None:
    """Save a file with a later time than before, whatever the steps of the clock are."""
    before = file.stat().st_mtime
    file.write_text(text)
    os.utime(file, (before + 2, before + 2))

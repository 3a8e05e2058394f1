"""The studio as an ASGI app: the page, the picture, uploads, downloads, and the connection for live results."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from imgcuda.errors import ImgcudaError, ParameterError
from imgcuda.studio.access import GuardedApp, StudioAccess
from imgcuda.studio.chain_request import read_object
from imgcuda.studio.faults import faults
from imgcuda.studio.live import Live, framed
from imgcuda.studio.page_files import PAGE, page_file
from imgcuda.studio.plugin_watch import PluginWatch
from imgcuda.studio.uploads import LARGEST
from imgcuda.studio.work_thread import WorkThread
from imgcuda.studio.workbench import Workbench

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp
    from starlette.websockets import WebSocket

LARGEST_REQUEST = 1 << 20
"""The most bytes of a request that is no upload."""


def guarded_app(bench: Workbench, access: StudioAccess) -> ASGIApp:
    """Return the app, which answers only requests that `access` allows."""
    return GuardedApp(StudioApp(bench).app, access)


class StudioApp:
    """What the studio answers. All work on pictures is done in one thread, in order."""

    def __init__(self, bench: Workbench) -> None:
        self._bench, self._work = bench, WorkThread(_new_threads)
        self._pages: set[Live] = set()
        self._watch = PluginWatch(bench.catalog, self._work)
        routes = [
            Route("/", self._page),
            Route("/page/{name}", self._page),
            Route("/studio", self._described),
            Route("/before", self._before),
            Route("/picture", self._open, methods=["POST"]),
            Route("/upload", self._upload, methods=["POST"]),
            Route("/save", self._save, methods=["POST"]),
            WebSocketRoute("/live", self._live),
        ]
        told: Any = {ImgcudaError: _told}
        self.app = Starlette(routes=routes, lifespan=self._lifespan, exception_handlers=told)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch_file())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _watch_file(self) -> None:
        async for told in self._watch.changes():
            await asyncio.gather(*(page.tell(told) for page in list(self._pages)))

    async def _page(self, request: Request) -> Response:
        found = page_file(request.path_params.get("name", PAGE))
        if found is None:
            return PlainTextResponse("There is no such page.\n", 404)
        return Response(found.data, media_type=found.kind)

    async def _described(self, request: Request) -> Response:
        described = await self._work.do(self._bench.described)
        return JSONResponse({**described, "plugin": self._watch.state})

    async def _before(self, request: Request) -> Response:
        full = request.query_params.get("extent") == "full"
        made = await self._work.do(lambda: framed({}, self._bench.run([], "full" if full else "proxy").after))
        return Response(made, media_type="application/octet-stream")

    async def _open(self, request: Request) -> Response:
        data, name = await _body(request, LARGEST), request.query_params.get("name", "picture")
        await self._work.do(lambda: self._bench.open(name, data))
        return JSONResponse({"picture": self._bench.picture and self._bench.picture.described()})

    async def _upload(self, request: Request) -> Response:
        data = await _body(request, LARGEST)
        return JSONResponse({"upload": self._bench.uploads.add(request.query_params.get("name", ""), data)})

    async def _save(self, request: Request) -> Response:
        asked = read_object(await _body(request, LARGEST_REQUEST), "a request")
        saved = await self._work.do(lambda: self._bench.save(asked.get("chain"), asked.get("format")), yields=False)
        losses = quote(json.dumps(saved.losses))
        headers = {"Content-Disposition": "attachment", "X-Losses": losses}
        return Response(saved.data, media_type="application/octet-stream", headers=headers)

    async def _live(self, socket: WebSocket) -> None:
        live = Live(socket, self._bench, self._work)
        self._pages.add(live)
        try:
            await live.talk()
        finally:
            self._pages.discard(live)


def _new_threads() -> None:
    """Let the CPU engine have new threads, since its old ones may be in a kernel that never ends."""
    from imgcuda.cpu.device import renew_threads

    renew_threads()


class TooLargeError(ParameterError):
    """A request that has more bytes than it may have."""


async def _body(request: Request, most: int) -> bytes:
    """Return the body of a request; TooLargeError as soon as it has more bytes than it may have."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > most:
        raise TooLargeError(f"a file may have at most {most:,} bytes; this one has {int(declared):,}")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise TooLargeError(f"a file may have at most {most:,} bytes; this one has more")
        parts.append(part)
    return b"".join(parts)


async def _told(request: Request, error: ImgcudaError) -> Response:
    status = 413 if isinstance(error, TooLargeError) else 400
    return JSONResponse({"faults": faults(error)}, status)

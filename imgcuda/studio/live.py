"""The WebSocket of a page: it asks for results while a slider is dragged, and only the newest request is worked on."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
from starlette.websockets import WebSocketDisconnect

from imgcuda.errors import ImgcudaError, ParameterError
from imgcuda.studio.chain_request import read_object
from imgcuda.studio.faults import faults
from imgcuda.studio.shown_picture import histogram, put_rgba, shown
from imgcuda.studio.work_thread import PATIENCE, WorkThread
from imgcuda.studio.workbench import Result, Workbench, values_at

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from imgcuda.studio.loaded_picture import Extent

Made = TypeVar("Made")


class Live:
    """The connection of one page."""

    def __init__(self, socket: WebSocket, bench: Workbench, work: WorkThread) -> None:
        self._socket, self._bench, self._work = socket, bench, work
        self._wanted: dict[str, Any] | None = None
        self._asked = asyncio.Event()
        self._last: Result | None = None

    async def talk(self) -> None:
        """Answer the page until it goes."""
        await self._socket.accept()
        runs = asyncio.create_task(self._run_newest())
        try:
            while True:
                await self._hear(await self._socket.receive_text())
        except (WebSocketDisconnect, KeyError):  # KeyError: a message that is no text
            pass
        finally:
            runs.cancel()

    async def tell(self, message: Mapping[str, Any]) -> None:
        """Send a message that the page has not asked for."""
        with suppress(RuntimeError, WebSocketDisconnect):  # it has gone meanwhile
            await self._socket.send_text(json.dumps(message))

    async def _hear(self, text: str) -> None:
        try:
            message = read_object(text, "a message")
        except ParameterError as error:
            await self.tell({"type": "fault", "faults": faults(error)})
            return
        if message.get("type") == "pixel":
            await self._tell_pixel(message)
        else:
            self._wanted = message  # one that waits is not worked on any more
            self._asked.set()

    async def _tell_pixel(self, message: Mapping[str, Any]) -> None:
        if self._last is None:
            return
        with suppress(ParameterError):
            await self.tell({"type": "pixel", **values_at(self._last, message.get("x"), message.get("y"))})

    async def _run_newest(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            request, self._wanted = self._wanted, None
            if request is None:
                continue
            try:
                if request.get("type") == "check":
                    await self.tell(await self._done(request, partial(self._bench.check, request.get("chain"))))
                else:
                    answer = await self._done(request, partial(self._answer, request))
                    await self._socket.send_bytes(cast(bytes, answer))
            except ImgcudaError as error:
                await self.tell({"type": "fault", "id": request.get("id"), "faults": faults(error)})
            except (RuntimeError, WebSocketDisconnect):
                return

    async def _done(self, request: Mapping[str, Any], make: Callable[[], Made]) -> Made:
        """Return what the work thread makes; tell the page if that takes long, and give it up for another chain."""
        work, is_told = asyncio.create_task(self._work.do(make)), False
        while not (await asyncio.wait([work], timeout=1.0 if is_told else PATIENCE))[0]:
            if not is_told:
                await self.tell({"type": "slow", "seconds": PATIENCE})
                is_told = True
            if self._wanted and self._wanted.get("chain") != request.get("chain"):
                self._work.hurry()
        return await work

    def _answer(self, request: Mapping[str, Any]) -> memoryview:
        """Run the chain that is asked for; return its result as the page reads it."""
        extent: Extent = "full" if request.get("extent") == "full" else "proxy"
        self._last = result = self._bench.run(request.get("chain"), extent)
        height, width = result.after.shape[:2]
        about = {
            "type": "result",
            "id": request.get("id"),
            "extent": extent,
            "size": [width, height],
            "scale": self._bench.scale(result),
            "milliseconds": result.milliseconds,
            "histogram": histogram(result.after, whole=extent == "full"),
        }
        if extent == "full":
            about["words"] = self._bench.words(result.filters, request.get("target"))
        return framed(about, result.after)


def framed(about: Mapping[str, Any], pixels: npt.NDArray[Any]) -> memoryview:
    """Return a picture for the page: the length of a JSON object, the object, padding to 4 bytes, and the pixels."""
    samples = shown(pixels)
    height, width = samples.shape[:2]
    text = json.dumps({**about, "shown": [width, height]}).encode()
    text += b" " * (-len(text) % 4)
    made = bytearray(4 + len(text) + 4 * height * width)
    made[: 4 + len(text)] = struct.pack("<I", len(text)) + text
    put_rgba(samples, np.frombuffer(made, np.uint8, offset=4 + len(text)).reshape(-1, 4))
    return memoryview(made)  # to bytes it would be copied, which takes longer than a small filter

"""Watches the user's file and its kernels: when one is saved, its filters are imported and compiled anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imgcuda.containment import in_words
from imgcuda.errors import ImgcudaError
from imgcuda.parameters import needed_values
from imgcuda.registry.filter_file import saved_times
from imgcuda.studio.catalog import Catalog
from imgcuda.studio.faults import faults
from imgcuda.studio.work_thread import WorkThread

if TYPE_CHECKING:
    from imgcuda.filters import Filter

INTERVAL = 0.2
"""Seconds between two looks at the files."""

LONGEST = 20.0
"""The most seconds of loading the file, compiling its kernels and running each over a small image."""


class PluginWatch:
    """The state of the user's file: that it works, or its errors."""

    def __init__(self, catalog: Catalog, work: WorkThread) -> None:
        self._catalog, self._work = catalog, work
        self._seen: dict[Path, float] = {}
        self.state: dict[str, Any] | None = None
        """What the page shows of the file; None without one."""

    async def changes(self) -> AsyncIterator[dict[str, Any]]:
        """Yield a message for the page after each save of the file, or of a kernel beside it."""
        if self._catalog.file is None:
            return
        while True:
            if (now := saved_times(self._catalog.file)) != self._seen:
                self._seen = now
                try:
                    self.state = await self._work.do(self._reloaded, limit=LONGEST)
                except ImgcudaError as error:
                    self.state = self._stated(faults(error))
                filters = await self._work.do(self._catalog.described)
                yield {"type": "plugin", "plugin": self.state, "filters": filters}
            await asyncio.sleep(INTERVAL)

    def _reloaded(self) -> dict[str, Any]:
        """Import the file, compile its kernels, and return its state, with all errors."""
        found: list[dict[str, Any]] = []
        try:
            self._catalog.reload()
        except ImgcudaError as error:
            found = faults(error)
        else:
            found = [fault for each in self._catalog.own.values() for fault in _compiled(each)]
        return self._stated(found)

    def _stated(self, found: list[dict[str, Any]]) -> dict[str, Any]:
        file = self._catalog.file
        return {"file": file.name if file else "", "names": list(self._catalog.own), "faults": found}


def _compiled(filter_class: type[Filter]) -> Iterator[dict[str, Any]]:
    """Run a filter with its defaults over a small image; yield its errors, as the page shows them."""
    try:
        filter_class(**needed_values(filter_class.parameters()))(np.zeros((16, 16, 3), np.uint8))
    except ImgcudaError as error:
        yield from faults(error)
    except Exception as error:  # the author's own code
        yield from faults(ImgcudaError(f"{filter_class.name}: {in_words(error)}"))

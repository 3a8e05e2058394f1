"""Debug information of a checked build: the checked places in the source, and the buffers by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

BUFFERS = 16
"""The number of the first cell that describes a buffer; `checks.ll` describes the cells."""


@dataclass(frozen=True)
class Site:
    """A place in the source where a check is done."""

    verb: str
    """The operation: "reads", "writes", "loop" ..."""
    name: str
    """The argument, array or variable; empty if it is known only at run time."""
    size: int
    """The size of an element in bytes."""
    file: str
    line: int
    text: str
    """The text of the line."""


@dataclass(frozen=True)
class Buffer:
    """An array that a kernel accesses by name."""

    name: str
    space: str
    bytes: int
    """0 if it is set at launch."""
    unit: int
    """The number of bytes whose state is tracked together."""
    argument: int = -1
    """The position in the kernel's arguments; -1 if it is no argument."""

    @property
    def sized_by_launch(self) -> bool:
        """Whether it is an `extern __shared__` array."""
        return self.space == "shared" and self.bytes == 0


@dataclass(frozen=True)
class Checklist:
    """The sites and buffers that the notes of a checked kernel refer to."""

    sites: tuple[Site, ...]
    buffers: tuple[Buffer, ...]
    fences: bool
    """Whether the kernel synchronizes its blocks itself, with __threadfence()."""

    def with_shared(self, size: int) -> Checklist:
        """Return the checklist of a launch whose `extern __shared__` arrays have `size` bytes."""
        if not any(buffer.sized_by_launch for buffer in self.buffers):
            return self
        buffers = (replace(each, bytes=size) if each.sized_by_launch else each for each in self.buffers)
        return replace(self, buffers=tuple(buffers))

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Checklist:
        """Return a checklist from its fields in JSON."""
        sites = tuple(Site(**site) for site in stored["sites"])
        return cls(sites, tuple(Buffer(**buffer) for buffer in stored["buffers"]), stored["fences"])

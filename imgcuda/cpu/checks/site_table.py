"""What a checked build tells of itself, so that its notes can be put into words: places in the source, and memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

BUFFERS = 16
"""The first of a context's cells that is a buffer's; `checks.ll` says what the cells are."""


@dataclass(frozen=True)
class Site:
    """A place in the source that is checked."""

    verb: str
    """What it does: "reads", "writes", "loop" ..."""
    name: str
    """Of what: an argument, an array; empty where that is not known before it runs."""
    size: int
    """The bytes of an element."""
    file: str
    line: int
    text: str
    """The line itself."""


@dataclass(frozen=True)
class Buffer:
    """Memory that a kernel knows by name."""

    name: str
    space: str
    bytes: int
    """0 where only the launch tells."""
    unit: int
    """The bytes of what is touched as one."""
    argument: int = -1
    """Which of the kernel's arguments it is."""


@dataclass(frozen=True)
class Checklist:
    """What a checked kernel's notes are about."""

    sites: tuple[Site, ...]
    buffers: tuple[Buffer, ...]
    fences: bool
    """Whether it orders its blocks' memory by itself, with __threadfence()."""

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Checklist:
        """Return a checklist from its fields, as JSON keeps them."""
        sites = tuple(Site(**site) for site in stored["sites"])
        return cls(sites, tuple(Buffer(**buffer) for buffer in stored["buffers"]), stored["fences"])

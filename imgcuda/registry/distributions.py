"""Finds the entry points of all installed distributions, by importlib.metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata

from imgcuda import hookspecs
from imgcuda.containment import in_words, one_line
from imgcuda.errors import PluginError
from imgcuda.registry.entries import Inventory, Offer, Plugin, Setting


def find(setting: Setting) -> Inventory:
    """Return the entry points of all distributions, and the problems of distributions with broken metadata."""
    unreadable: dict[Plugin, str] = {}
    offers = sorted(_offers(unreadable), key=lambda offer: (offer.plugin.project, offer.plugin.name))
    return Inventory(tuple(offers), unreadable, {}, setting)


def _offers(unreadable: dict[Plugin, str]) -> Iterator[Offer]:
    seen: set[str] = set()
    for distribution in metadata.distributions():
        place = one_line(str(getattr(distribution, "_path", "an unknown place")))
        try:
            text = distribution.read_text("entry_points.txt") or ""
            if not re.search(rf"^\s*\[\s*{hookspecs.PROJECT}\s*\]", text, re.MULTILINE):
                continue
            project, version = _identity(distribution)
            if _normalized(project) in seen or metadata.distribution(project).read_text("entry_points.txt") != text:
                continue  # an older one, further back in sys.path
            seen.add(_normalized(project))
            points = [point for point in distribution.entry_points if point.group == hookspecs.PROJECT]
        except Exception as error:
            why = (
                str(error) if isinstance(error, PluginError) else f"its entry points cannot be read ({in_words(error)})"
            )
            unreadable[Plugin(place.replace("\\", "/").rpartition("/")[2], place)] = why
            continue
        for point in points:
            yield Offer(Plugin(one_line(point.name), one_line(f"{project} {version}")), point.name, point.value, None)


def _identity(distribution: metadata.Distribution) -> tuple[str, str]:
    """Return a distribution's name and version; PluginError if its metadata lacks them."""
    with suppress(Exception):  # the exception depends on Python's version
        name, version = distribution.metadata["Name"], distribution.metadata["Version"]
        if re.fullmatch(r"[\w.-]+", name) and re.fullmatch(r"[\w.+!-]+", version):
            return name, version
    raise PluginError("its METADATA has no name and version; install it again, or remove that folder")


def _normalized(project: str) -> str:
    return re.sub(r"[-_.]+", "-", project).lower()

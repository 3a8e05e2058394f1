"""The index of the installed plugins' filters, on disk, so that listing and finding filters imports no plugin.

An index is valid for one Python and one search path, as long as its distributions and the plugins' own source files
have the same names, sizes and times. Otherwise, or if it is damaged or not the user's own, it is ignored. Plugins that
failed are not stored, and are tried again each time.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from imgcuda import kernel_cache, startup
from imgcuda.digests import digest_of
from imgcuda.registry.entries import Entry, Inventory, Offer, Plugin, Setting

_OURS = Path(__file__).parents[1]
Stamp = tuple[int, ...]
"""The stamp of a file, which changes with the file: its size and times; empty if there is no file."""


def read() -> Inventory | None:
    """Return the inventory in the index, if that is up to date."""
    if not _finds_by_files():
        return None
    with suppress(ValueError, KeyError, TypeError):
        now = setting()
        kept = json.loads(kernel_cache.get(now.key) or b"{}")
        files = {path: tuple(stamp) for path, stamp in kept["files"].items()}
        if kept["distributions"] == now.distributions and all(_stamp(path) == stamp for path, stamp in files.items()):
            unreadable = {Plugin(*words): why for words, why in kept["unreadable"]}
            return Inventory(tuple(map(_offer, kept["offers"])), unreadable, files, now)
    return None


def write(found: Inventory) -> None:
    """Write the inventory to the index."""
    files = {**found.files, **{path: _stamp(path) for path in _sources(found)}}
    changed_since = [path for path, stamp in files.items() if any(time >= startup.BEGAN for time in stamp[1:])]
    if changed_since or not _finds_by_files():  # the imported modules may differ from the files of now
        return
    kept = {
        "distributions": found.setting.distributions,
        "files": files,
        "unreadable": [([each.name, each.distribution], why) for each, why in found.unreadable.items()],
        "offers": [((plugin.name, plugin.distribution), *rest) for plugin, *rest in found.offers],
    }
    kernel_cache.put(found.setting.key, json.dumps(kept).encode())


def _offer(kept: list[Any]) -> Offer:
    plugin, name, value, entries = kept
    brought = None if entries is None else tuple(map(Entry.read, entries))
    return Offer(Plugin(*plugin), name, value, brought)


def _sources(found: Inventory) -> Iterator[str]:
    """Return the files of imported modules in the packages of plugins that work."""
    packages = {offer.value.partition(":")[0].partition(".")[0] for offer in found.offers if offer.entries is not None}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in packages and (file := getattr(module, "__file__", None)):
            yield str(file)


def setting() -> Setting:
    """Return what an index of now would be valid for."""
    folder = os.getcwd() if "" in sys.path else ""  # noqa: PTH109
    ours = [[each.name, _stamp(str(each))] for folder in (_OURS, _OURS / "registry") for each in folder.glob("*.py")]
    distributions = [sorted(ours), *([path, *_distributions(path)] for path in sys.path)]
    return Setting(f"plugins-{digest_of([sys.version, sys.prefix, *sys.path, folder])}", digest_of(distributions))


def _distributions(path: str) -> list[Any]:
    """Return the names of the distributions in a folder, with stamps of their contents; of a file, its own stamp."""
    try:
        with os.scandir(path or ".") as folder:
            names = [each.name for each in folder]
    except OSError:
        return [_stamp(path)]
    found = sorted(name for name in names if name.lower().endswith((".dist-info", ".egg-info")) or name == "EGG-INFO")
    return [[name, *_declared(os.path.join(path, name))] for name in found]  # noqa: PTH118


def _declared(info: str) -> list[Stamp]:
    points = _stamp(f"{info}/entry_points.txt")
    return [points, _stamp(f"{info}/METADATA"), _stamp(f"{info}/PKG-INFO")] if points else []


def _finds_by_files() -> bool:
    """Return whether distributions are found only in the folders of the search path, as Python does by default."""
    return not any(hasattr(each, "find_distributions") and each is not PathFinder for each in sys.meta_path)


def _stamp(path: str) -> Stamp:
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns

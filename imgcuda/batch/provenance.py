"""What outputs are made by: the filters with their values, the options, and the code. If one changes, so does its key.

The device is no part of it: a CPU and a GPU agree within a level, and a run may go on where there is no GPU.
"""

from __future__ import annotations

import dataclasses
import hashlib
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import imgcuda
from imgcuda.batch.stamps import DIGEST_BYTES

if TYPE_CHECKING:
    from imgcuda.file_run import FileOptions
    from imgcuda.filters import Filter
    from imgcuda.registry import Registry

NO_MATTER: dict[str, Any] = {"clobber": False, "complete": False, "max_pixels": 1}
"""Options that do not change an output: they refuse to make it."""

SOURCES = {".py", ".cu", ".cuh", ".h", ".ll"}
"""The files of a package that are hashed: its code, and no data."""


@dataclasses.dataclass(frozen=True)
class Provenance:
    """What outputs are made by: a key to compare, and the same in words."""

    key: str
    description: Mapping[str, object]


def provenance(filters: Sequence[Filter], options: FileOptions, versions: Mapping[str, str]) -> Provenance:
    """Return what outputs are made by, given the versions of the distributions that the filters come from."""
    options = replace(options, **NO_MATTER)
    description = {
        "filters": [repr(filter) for filter in filters],
        "options": {name: repr(value) for name, value in _chosen(options)},
        "versions": {"imgcuda": imgcuda.__version__, **versions},
    }
    code = {package: code_digest(package) for package in sorted({"imgcuda", *_packages(filters)})}
    parts = [*map(_of_filter, filters), _of_value(options), description["versions"], code]
    return Provenance(_digest(repr(parts).encode("utf-8", "backslashreplace")), description)


def versions(filters: Sequence[Filter], registry: Registry) -> dict[str, str]:
    """Return the versions of the distributions that the filters come from, by their names."""
    plugins = [registry.sources[filter.name] for filter in filters if filter.name in registry.sources]
    return {plugin.project: plugin.distribution.partition(" ")[2] for plugin in plugins}


def _chosen(options: FileOptions) -> Iterator[tuple[str, object]]:
    """Yield the options that differ from their defaults."""
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if field.name not in NO_MATTER and value != field.default:
            yield field.name, value


@cache
def code_digest(package: str) -> str:
    """Return a hash of the source files of an imported package, or of a module and the kernels beside it.

    A version alone does not tell how a plugin has changed that its author is working on.
    """
    file = getattr(sys.modules.get(package), "__file__", None)
    if file is None or not Path(file).is_file():  # in an archive, say
        return ""
    root = Path(file)
    found = root.parent.rglob("*") if root.stem == "__init__" else [root, *_kernels(root.parent)]
    hashed = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for path in sorted(each for each in found if each.suffix in SOURCES and each.is_file()):
        hashed.update(f"{path.relative_to(root.parent).as_posix()}\n{path.stat().st_size}\n".encode())
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


def _kernels(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.suffix in SOURCES - {".py"})


def _packages(filters: Sequence[Filter]) -> Iterator[str]:
    """Yield the packages, or modules outside of any, that hold the filters' classes and those that they derive from."""
    for filter in filters:
        for each in type(filter).__mro__:
            package = each.__module__.partition(".")[0]
            if package not in sys.stdlib_module_names:
                yield package


def _of_filter(filter: Filter) -> Any:
    values = {parameter.name: _of_value(getattr(filter, parameter.name)) for parameter in filter.parameters()}
    return [type(filter).__module__, type(filter).__qualname__, values]


def _of_value(value: Any) -> Any:
    """Return something whose repr() tells a value's whole content, which the value's own repr() may cut short."""
    if isinstance(value, np.ndarray):
        return [str(value.dtype), value.shape, _digest(np.ascontiguousarray(value).tobytes())]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _of_value(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return [type(value).__qualname__, fields]
    if isinstance(value, tuple | list):
        return [_of_value(each) for each in value]
    if isinstance(value, set | frozenset):  # whose order is another one in each process
        return sorted(repr(_of_value(each)) for each in value)
    return value if isinstance(value, _PLAIN) else _digest(pickle.dumps(value))


_PLAIN: tuple[type, ...] = (str, bytes, int, float, type(None))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).hexdigest()

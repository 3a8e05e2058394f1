"""What outputs are made with: the versions of imgcuda and of the plugins, and the content of their source files."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

import imgcuda
from imgcuda.batch.stamps import DIGEST_BYTES

if TYPE_CHECKING:
    from imgcuda.filters import Filter
    from imgcuda.registry import Registry

SOURCES = {".py", ".cu", ".cuh", ".h", ".ll"}
"""The files of a package that are hashed: its code, and no data."""


class Software(NamedTuple):
    """The software behind a chain of filters, as pairs of names and values."""

    versions: tuple[tuple[str, str], ...]
    """The versions of imgcuda and of the distributions that the filters come from."""
    code: tuple[tuple[str, str], ...]
    """The hashes of imgcuda's source files and of those of the filters' packages."""

    @classmethod
    def of(cls, filters: Sequence[Filter], versions: Mapping[str, str]) -> Self:
        """Return the software of filters, given the versions of the distributions that they come from."""
        packages = sorted({"imgcuda", *_packages(filters)})
        every = {"imgcuda": imgcuda.__version__, **versions}
        return cls(tuple(every.items()), tuple((package, code_digest(package)) for package in packages))

    def differences(self) -> Iterator[str]:
        """Yield what this machine has instead, where it is something else: "imgcuda 0.2.0, not 0.1.0"."""
        for name, version in self.versions:
            if (found := _version(name)) != version:
                yield f"{name} {found}, not {version}" if found else f"no {name}, not {version}"
        for package, digest in self.code:
            if code_digest(package) != digest:
                yield f"other source files of '{package}'" if _file(package) else f"no package '{package}'"


def versions(filters: Sequence[Filter], registry: Registry) -> dict[str, str]:
    """Return the versions of the distributions that the filters come from, by their names."""
    plugins = [registry.sources[filter.name] for filter in filters if filter.name in registry.sources]
    return {plugin.project: plugin.distribution.partition(" ")[2] for plugin in plugins}


@cache
def code_digest(package: str) -> str:
    """Return a hash of the source files of an installed package, or of a module and the kernels beside it.

    A version alone does not tell how a plugin has changed that its author is working on.
    """
    root = _file(package)
    if root is None:  # in an archive, say
        return ""
    found = root.parent.rglob("*") if root.stem == "__init__" else [root, *_kernels(root.parent)]
    hashed = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for path in sorted(each for each in found if each.suffix in SOURCES and each.is_file()):
        hashed.update(f"{path.relative_to(root.parent).as_posix()}\n{path.stat().st_size}\n".encode())
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


def _file(package: str) -> Path | None:
    """Return the file of a module or of a package's `__init__`, which is not imported for it; None if there is none."""
    if package in sys.modules:
        file = getattr(sys.modules[package], "__file__", None)
    else:
        spec = find_spec(package)
        file = spec.origin if spec else None
    return Path(file) if file and Path(file).is_file() else None


def _kernels(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.suffix in SOURCES - {".py"})


def _packages(filters: Sequence[Filter]) -> Iterator[str]:
    """Yield the packages (or top-level modules) that define the filters' classes and their base classes."""
    for filter in filters:
        for each in type(filter).__mro__:
            package = each.__module__.partition(".")[0]
            if package not in sys.stdlib_module_names:
                yield package


def _version(distribution: str) -> str:
    """Return the version of an installed distribution; an empty string if it is not installed."""
    if distribution == "imgcuda":
        return imgcuda.__version__
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""

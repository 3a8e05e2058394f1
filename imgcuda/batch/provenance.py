"""What outputs are made by: the filters with their values, the options, and the code. If one changes, so does its key.

The device is no part of it: a CPU and a GPU agree within a level, and a run may go on where there is no GPU.
"""

from __future__ import annotations

import dataclasses
import hashlib
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from imgcuda.batch.software import Software
from imgcuda.batch.stamps import DIGEST_BYTES

if TYPE_CHECKING:
    from imgcuda.file_run import FileOptions
    from imgcuda.filters import Filter

NO_MATTER: dict[str, Any] = {"clobber": False, "complete": False, "max_pixels": 1}
"""Options that do not change an output: they refuse to make it."""


@dataclasses.dataclass(frozen=True)
class Provenance:
    """What outputs are made by: a key to compare, and the same in words."""

    key: str
    description: Mapping[str, object]


def provenance(filters: Sequence[Filter], options: FileOptions, software: Software) -> Provenance:
    """Return what outputs are made by, given the software of the filters."""
    options = replace(options, **NO_MATTER)
    description = {
        "filters": [repr(filter) for filter in filters],
        "options": {name: repr(value) for name, value in _chosen(options)},
        "versions": dict(software.versions),
    }
    parts = [*map(_of_filter, filters), _of_value(options), description["versions"], dict(software.code)]
    return Provenance(_digest(repr(parts).encode("utf-8", "backslashreplace")), description)


def _chosen(options: FileOptions) -> Iterator[tuple[str, object]]:
    """Yield the options that differ from their defaults."""
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if field.name not in NO_MATTER and value != field.default:
            yield field.name, value


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

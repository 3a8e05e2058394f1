"""The work of a batch as a file in the output folder: each worker reads it there, and so sees the same file system."""

from __future__ import annotations

import hashlib
import pickle
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from imgcuda.batch.local_run import Limits
from imgcuda.batch.processing import Work
from imgcuda.batch.software import Software
from imgcuda.batch.stamps import DIGEST_BYTES
from imgcuda.containment import in_words
from imgcuda.errors import DeviceError, ImageError, system_words

PREFIX = ".imgcuda-work-"
"""How the file's name begins; then comes the hash of its content."""


class UnfitWorker(DeviceError):
    """Raised for a worker that cannot run a batch: it has other software or another file system, or no device."""


class SharedWork(NamedTuple):
    """The place of the file, and what a worker must know before it can read it."""

    folder: str
    """The absolute path of the folder that it is in."""
    digest: str
    software: Software


@dataclass(frozen=True)
class WorkOrder:
    """What the file holds."""

    work: Work
    limits: Limits
    folder: str
    """The folder that relative paths start from."""


@contextmanager
def written(folder: Path, order: WorkOrder, software: Software) -> Iterator[SharedWork]:
    """Write the file, which is there for as long as the context is. What killed runs have left is removed.

    Raises ImageError if it cannot be written.
    """
    data = secrets.token_bytes(DIGEST_BYTES) + pickle.dumps(order)  # each run has a file of another name
    shared = SharedWork(str(folder.absolute()), _digest(data), software)
    try:
        for old in folder.glob(f"{PREFIX}*"):
            old.unlink(missing_ok=True)
        _path(shared).write_bytes(data)
    except OSError as error:
        raise ImageError(f"{folder} cannot be written to: {system_words(error)}") from error
    try:
        yield shared
    finally:
        with suppress(OSError):
            _path(shared).unlink()


def read(shared: SharedWork) -> WorkOrder:
    """Return what the file holds, on a worker with the same software. Raises UnfitWorker."""
    if differences := list(shared.software.differences()):
        raise UnfitWorker(f"it has {', '.join(differences)}; install the same as where the command runs")
    try:
        data = _path(shared).read_bytes()
    except OSError as error:
        raise UnfitWorker(
            f"it cannot read {_path(shared)}: {system_words(error)}; all machines must have the folders of inputs and "
            "outputs under the same paths, on a file system that they share"
        ) from None
    if _digest(data) != shared.digest:
        raise UnfitWorker(f"it reads something else in {_path(shared)} than the command has written")
    try:
        order: WorkOrder = pickle.loads(data[DIGEST_BYTES:])
    except Exception as error:  # an import runs a plugin's code, which may raise anything
        raise UnfitWorker(f"its filters cannot be loaded: {in_words(error)}") from None
    return order


def _path(shared: SharedWork) -> Path:
    return Path(shared.folder, PREFIX + shared.digest)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).hexdigest()

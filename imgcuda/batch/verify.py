"""Checks the outputs of a folder against its manifest, by their hashes; makes and changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from imgcuda.batch import manifest, stamps
from imgcuda.batch.records import OutputRecord
from imgcuda.errors import ImageError, ImgcudaError, system_words

Finding: TypeAlias = Literal["good", "missing", "changed"]


class CheckedOutput(NamedTuple):
    """What was found in an output's place."""

    target: Path
    state: Finding
    error: str
    """What is wrong, in a sentence that names the output; empty if nothing is."""


def verify(folder: Path, targets: Collection[Path] | None = None) -> Iterator[CheckedOutput]:
    """Yield what became of each output that the manifest of a folder records; with `targets`, of each of those.

    Raises ImageError if the folder has no record at all.
    """
    records = [OutputRecord.read(line) for line in manifest.read(folder).values()]
    if not records:
        raise ImageError(f"{folder} has no record of outputs; `imgcuda batch ... -o {folder}` makes them")
    root = folder.resolve()
    found = set()
    for record in records:
        target = folder / record.target
        if targets is None or target in targets:
            found.add(target)
            yield _check(target, root, record.target_stamp.digest)
    for target in sorted(set(targets or ()) - found):
        yield CheckedOutput(target, "missing", f"{target} has no record")


def _check(target: Path, root: Path, digest: str) -> CheckedOutput:
    """Return the state of an output file. A record may come from a stranger, so only files in the folder are read."""
    try:
        if not target.resolve().is_relative_to(root):
            return CheckedOutput(target, "changed", f"{target} is outside the folder")
        found = stamps.take(target)
    except FileNotFoundError:
        return CheckedOutput(target, "missing", f"{target} is missing")
    except (ImgcudaError, OSError, ValueError, RuntimeError) as error:
        words = system_words(error) if isinstance(error, OSError) else str(error)
        return CheckedOutput(target, "changed", f"{target} cannot be checked: {words}")
    if found.digest != digest:
        return CheckedOutput(target, "changed", f"{target} was changed after it was made")
    return CheckedOutput(target, "good", "")

"""Findings about this machine, and the rule that an examination which fails is a finding, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from imgcuda.containment import in_words
from imgcuda.errors import ImgcudaError

State = Literal["ok", "none", "wrong"]
"""Whether something works, is not there and need not be, or must be cured."""


class Finding(NamedTuple):
    """One fact about this machine, in words for a person and as values for a script."""

    subject: str
    text: str
    state: State = "ok"
    cure: str = ""
    """The command that cures it, or that installs a missing part; empty if there is none."""
    facts: Mapping[str, Any] = MappingProxyType({})


Examination = Callable[[], Iterable[Finding]]
"""Looks at one part of this machine."""


def examined(subject: str, examination: Examination) -> Iterator[Finding]:
    """Yield what an examination finds; whatever it raises is a finding as well, so that the others still run."""
    try:
        yield from examination()
    except ImgcudaError as error:
        yield Finding(subject, str(error), "wrong")
    except Exception as error:
        yield Finding(subject, in_words(error), "wrong")

"""The exceptions that imgcuda raises, as one small tree, and helpers for their messages.

    ImgcudaError
    ├── DeviceError          no such device, no driver, a failed launch
    │   └── DeviceMemoryError    a device's memory, or the part of it that may be used, is full
    ├── KernelError          a .cu file that does not compile, with the author's own line
    │   ├── PortabilityError     valid CUDA C++ that the CPU engine cannot run
    │   └── CheckError           a fault that a checked run found
    ├── FilterError          a filter that breaks its contract
    │   └── LaunchError          arguments, a grid or a block that do not fit the kernel that is launched
    ├── ParameterError       a parameter out of range, of the wrong type, or unknown
    ├── ImageError           an array or a file that cannot be filtered
    └── PluginError          an unknown filter, a broken plugin, two filters of one name

Each message says what was wanted, what was found, where, and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path


class ImgcudaError(Exception):
    """Anything that imgcuda raises on purpose."""


class DeviceError(ImgcudaError):
    """A device that is missing, full or failing."""


class DeviceMemoryError(DeviceError):
    """More memory than a device has left, or than IMGCUDA_MEMORY_LIMIT allows."""


class FilterError(ImgcudaError):
    """A filter that broke its contract: its kernel, its arguments or its result."""


class LaunchError(FilterError):
    """A launch that does not fit its kernel: its name, its arguments, their number or types, the grid or the block."""


class ParameterError(ImgcudaError):
    """A parameter that is unknown, of the wrong type or out of its range."""


class ImageError(ImgcudaError):
    """An array or a file that cannot be used as an image."""


class PluginError(ImgcudaError):
    """A filter that is not installed, or a plugin that cannot be loaded."""


LONGEST_MESSAGE = 1_000
"""Names are written out in messages of at most this many characters; longer messages have them shortened."""
_LONG_WORD = r"(\S{60})\S{80,}(\S{60})"

_RENAMED = r"\bimgcuda\d+_"
"""What `renamed` puts before a name."""

LONGEST_LINE = 300
"""Characters of a source line that a message shows."""


def renamed(name: str, position: int) -> str:
    """Return what a name of a per-pixel filter's source is called in a fused kernel, in which others may have it, too.

    In the messages of a Mistake and a KernelError it is the author's name again.
    """
    return f"imgcuda{position}_{name}"


def with_own_names(text: str) -> str:
    """Return a message about a fused kernel with the names that the authors gave."""
    return re.sub(_RENAMED, "", text)


@dataclass(frozen=True)
class Mistake:
    """One thing wrong in a kernel's source; line and column count from 1, 0 is unknown."""

    message: str
    file: str
    line: int = 0
    column: int = 0
    text: str = ""
    """The source line itself, to be shown above a caret."""
    remedy: str = ""
    thread: tuple[int, int] | None = None
    """In a checked run: which thread of the launch did it first, as its x and y counted over all blocks."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", with_own_names(self.message))
        object.__setattr__(self, "remedy", with_own_names(self.remedy))

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        remedy = f"; {self.remedy}" if self.remedy else ""
        head = f"{place}: {_shortened(self.message)}{remedy}"
        if not self.text:
            return head
        text, column = self._excerpt()
        if not column:
            return f"{head}\n    {text}"
        # A tab in the line must stay a tab above the caret, or the caret drifts.
        margin = "".join("\t" if c == "\t" else " " for c in text[: column - 1])
        return f"{head}\n    {text}\n    {margin}^"

    def _excerpt(self) -> tuple[str, int]:
        """Return the source line and the column in it; of a line that is too long to show, the part at the column."""
        if len(self.text) <= LONGEST_LINE:
            return self.text, self.column
        first = max(0, self.column - LONGEST_LINE // 2)
        last = first + LONGEST_LINE
        before, behind = "..." * (first > 0), "..." * (last < len(self.text))
        return f"{before}{self.text[first:last]}{behind}", max(0, self.column - first) + len(before) * (self.column > 0)


def _shortened(message: str) -> str:
    """Return a message without the middle of names that are too long to read."""
    return message if len(message) <= LONGEST_MESSAGE else re.sub(_LONG_WORD, r"\1...\2", message)


class KernelError(ImgcudaError):
    """A kernel that does not compile, or is wrong in another way; `mistakes` lists all mistakes that were found."""

    def __init__(self, mistakes: Sequence[Mistake] | Mistake | str) -> None:
        if isinstance(mistakes, Mistake):
            mistakes = [mistakes]
        self.mistakes: tuple[Mistake, ...] = () if isinstance(mistakes, str) else tuple(mistakes)
        super().__init__(with_own_names(mistakes) if isinstance(mistakes, str) else "\n".join(map(str, mistakes)))


class PortabilityError(KernelError):
    """Valid CUDA C++ outside the subset that the CPU engine compiles."""


class CheckError(KernelError):
    """A fault that a checked run found: an access out of bounds, a data race, a read of uninitialized memory ..."""


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return "; did you mean 'blur'?" for a near miss, else an empty string."""
    if len(known) > 500:  # comparing with thousands takes long if thousands of words are wrong
        known = [each for each in known if each[:2] == word[:2]][:500]
    known = [with_own_names(each) for each in known]
    from difflib import get_close_matches  # most runs have nothing to say

    near = get_close_matches(word, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def meant_or_known(word: str, known: Sequence[str]) -> str:
    """Return "; did you mean 'blur'?" for a near miss, else "; it has blur, edges", unless those are many or none."""
    few = f"; it has {', '.join(known)}" if 0 < len(known) <= 8 else ""
    return did_you_mean(word, known) or few


def printable(text: str, keep: str = "") -> str:
    """Return a text with its control characters escaped, as \\x1b, so that a terminal does not obey them."""
    return text if text.isprintable() else "".join(each if each in keep else _escaped(each) for each in text)


def shown(value: object, longest: int = 60) -> str:
    """Return a value for a message, on one line and cut short: a str in quotes, any other value as str() gives it."""
    try:
        text = printable(f"'{value}'") if isinstance(value, str) else printable(" ".join(str(value).split()))
    except Exception:  # another library's class may raise anything, and so does an int of too many digits
        text = f"a {type(value).__name__}"
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _escaped(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]


def system_words(error: OSError) -> str:
    """Return what the system says about an error, for the end of a sentence: "no space left on device"."""
    words = error.strerror or str(error)
    return words[:1].lower() + words[1:]


def out_of_memory(error: MemoryError) -> str:
    """Return a message for a lack of memory, with NumPy's text, which says how much was wanted."""
    words = printable(str(error))
    return "there is not enough memory" + (f": {words[:1].lower()}{words[1:]}" if words else "")


def last_line(error: BaseException, files: Container[Path]) -> tuple[Path, int] | None:
    """Return the innermost frame of an error's traceback in one of some files, given by their resolved paths."""
    from traceback import extract_tb

    frames = [(Path(frame.filename).resolve(), frame.lineno or 0) for frame in extract_tb(error.__traceback__)]
    return next((place for place in reversed(frames) if place[0] in files), None)

"""What a CUDA C++ file declares outside its functions, as far as a launch must know it."""

from __future__ import annotations

from typing import NamedTuple


class HeadArgument(NamedTuple):
    """An argument of a function: its type without qualifiers, and its name."""

    name: str
    type: str
    """What it is or points to: "unsigned char", "std::pair"."""
    stars: int
    """How often it points: 0 for a value, 1 for `float *p` and `float p[3]`."""
    other: str = ""
    """"&" for a reference, "()" for a function."""

    @property
    def written(self) -> str:
        """The type, as a message shows it: "float *"."""
        around = f"{self.type} (*)()" if self.other == "()" else self.type
        return around + " " * bool(self.stars or self.other == "&") + "*" * self.stars + self.other.strip("()")


class Fault(NamedTuple):
    """What is wrong with a list, where, and what to do."""

    message: str
    file: str
    line: int
    column: int
    remedy: str


class FunctionHead(NamedTuple):
    """What stands in front of a function's body."""

    name: str
    file: str
    line: int
    result: str
    """The words of the type that it returns."""
    words: tuple[str, ...]
    """`__global__`, `static` and their like; `template` for one that is none yet."""
    arguments: tuple[HeadArgument, ...]
    fault: Fault | None
    """Why its list cannot be read."""
    defined: bool
    """Whether its body follows."""

    @property
    def is_template(self) -> bool:
        """Whether it is made of template arguments, which a launch cannot give."""
        return "template" in self.words or "instance" in self.words

    @property
    def is_launched(self) -> bool:
        """Whether a launch can name it."""
        return "__global__" in self.words and not self.is_template


class Outline(NamedTuple):
    """What a text declares outside its functions."""

    functions: tuple[FunctionHead, ...]
    """In order, those that are only declared included."""
    names: tuple[tuple[str, str], ...]
    """Every name that is declared (functions, variables, types, enumerators), and the file that it is declared in."""
    macros: tuple[tuple[str, str], ...]
    """The names that the text defines as macros, and the files."""
    typedefs: tuple[tuple[str, str, int], ...]
    """Names for simple types: name, type, and how often it points."""
    sized_by_launch: bool
    """Whether it has `extern __shared__` memory, in functions, too."""
    faults: tuple[Fault, ...]
    """What the preprocessor did not take."""

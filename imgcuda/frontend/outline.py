"""The outline of a CUDA C++ file: its declarations outside functions, as far as a launch must know them."""

from __future__ import annotations

from typing import NamedTuple


class HeadArgument(NamedTuple):
    """An argument of a function: its type without qualifiers, and its name."""

    name: str
    type: str
    """Its type, or the one that it points to: "unsigned char", "std::pair"."""
    stars: int
    """The number of pointers: 0 for a value, 1 for `float *p` and `float p[3]`."""
    other: str = ""
    """"&" for a reference, "()" for a function."""
    const: bool = False
    """Whether its type, or the one that it points to, is const."""

    @property
    def written(self) -> str:
        """The type as messages show it: "float *"."""
        around = f"{self.type} (*)()" if self.other == "()" else self.type
        return around + " " * bool(self.stars or self.other == "&") + "*" * self.stars + self.other.strip("()")


class Fault(NamedTuple):
    """A fault in an argument list: a description, the place and a remedy."""

    message: str
    file: str
    line: int
    column: int
    remedy: str


class FunctionHead(NamedTuple):
    """A function without its body: name, arguments, result and specifiers."""

    name: str
    file: str
    line: int
    result: str
    """The words of the type that it returns."""
    words: tuple[str, ...]
    """Its specifiers, like `__global__` and `static`; `template` if it is one."""
    arguments: tuple[HeadArgument, ...]
    fault: Fault | None
    """Why its argument list cannot be read, if so."""
    defined: bool
    """Whether it has a body."""
    parameters: tuple[tuple[str, str], ...] = ()
    """The parameters of a template, and the text of the default of each, which may be empty."""

    @property
    def is_template(self) -> bool:
        """Whether it is a template, of which a launch must name an instance."""
        return "template" in self.words or "instance" in self.words

    @property
    def is_launched(self) -> bool:
        """Whether a launch can call it."""
        return "__global__" in self.words and not self.is_template


class Outline(NamedTuple):
    """The declarations of a text outside its functions."""

    functions: tuple[FunctionHead, ...]
    """All functions in order, including ones that are only declared."""
    names: tuple[tuple[str, str], ...]
    """Every declared name (functions, variables, types, enumerators), and the file of its declaration."""
    macros: tuple[tuple[str, str], ...]
    """The macros that the text defines, and the files that define them."""
    typedefs: tuple[tuple[str, str, int], ...]
    """Typedefs of simple types: the name, the type, and the number of pointers."""
    constants: tuple[tuple[str, str], ...]
    """The `__constant__` variables without first values: the name, and the type of its elements."""
    variables: tuple[tuple[str, str], ...]
    """The `__device__` variables that kernels can change: the name, and the type of its elements."""
    sized_by_launch: bool
    """Whether it has `extern __shared__` memory, also in functions."""
    faults: tuple[Fault, ...]
    """The mistakes that the preprocessor found."""

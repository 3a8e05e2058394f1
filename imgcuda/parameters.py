"""A filter's parameters: what a field declares, and how a value is checked against it."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Iterable
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, Self, cast, get_args, get_origin

import numpy as np

from imgcuda.containment import ends_the_process, in_words
from imgcuda.errors import FilterError, ImgcudaError, ParameterError, did_you_mean, shown

FLOAT32_MAX, INT32_MIN, INT32_MAX = float(np.finfo(np.float32).max), -(2**31), 2**31 - 1
"""The limits of numbers in kernels: a parameter is passed as a `float`, or as an `int` if it is typed int."""


class ParameterType(Protocol):
    """The protocol of classes that may be the type of a field, as Matrix, Table and Picture are.

    A class whose `of` takes a text for the name of a file sets `reads_files = True`: in a recipe the name is relative
    to the recipe's file. A class whose str() is not a text that `of` reads as an equal value has a method `to_text()`
    that returns one, or raises ValueError if there is none.
    """

    words: ClassVar[str]
    """A description of a value, for help and for messages after "must be": "a matrix, as [[0,1],[1,0]]"."""

    @classmethod
    def of(cls, value: object) -> Self:
        """Return an instance made from a value: another instance, or a text as a user types it; else ValueError."""

    @classmethod
    def example(cls) -> Self:
        """Return a valid value, for tests of filters that have no default. Its str() is shown as an example."""


class FieldOptions(NamedTuple):
    """The arguments of `param`, except the default."""

    ge: float | None
    le: float | None
    help: str
    constant: bool


class Parameter(NamedTuple):
    """One parameter of a filter, as the command line and the docs describe it."""

    name: str
    type: type[Any]
    """float, int, bool, str for a choice, or a ParameterType."""
    default: Any
    """dataclasses.MISSING if there is none."""
    ge: float | None
    le: float | None
    help: str
    choices: tuple[str, ...]
    constant: bool

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is dataclasses.MISSING

    @property
    def plain(self) -> bool:
        """Whether it is a number, a switch or a choice, which is passed to a kernel as one number."""
        return self.type in (float, int, bool, str)

    def check(self, value: object) -> Any:
        """Return the value in the parameter's own type; ParameterError if it is wrong or out of range."""
        if self.choices:
            return self._choice(value)
        if not self.plain:
            return self._read(value)
        number = self._number(value)
        if not (self.ge is None or number >= self.ge) or not (self.le is None or number <= self.le):
            raise ParameterError(f"{self.name} must be {self.range}; got {shown(value)}")
        return number

    @property
    def options(self) -> tuple[str, ...]:
        """Return the command-line options that set it: --sigma, or for a switch --fast and --no-fast."""
        name = self.name.replace("_", "-")
        return (f"--{name}", f"--no-{name}") if self.type is bool else (f"--{name}",)

    @property
    def range(self) -> str:
        """The range in words: "at least 0.1", "from 0 to 1"; empty if there is none."""
        if self.ge is not None and self.le is not None:
            return f"from {_written(self.ge)} to {_written(self.le)}"
        if self.ge is not None:
            return f"at least {_written(self.ge)}"
        return f"at most {_written(self.le)}" if self.le is not None else ""

    def some_value(self) -> Any:
        """Return a valid value: the default, or some other if there is none."""
        if not self.required:
            return self.default
        if self.choices:
            return self.choices[0]
        if not self.plain:
            return self.type.example()
        return self.type(next((bound for bound in (self.ge, self.le) if bound is not None), 1))

    def _choice(self, value: object) -> str:
        if isinstance(value, str) and value in self.choices:
            return value
        hint = did_you_mean(value, self.choices) if isinstance(value, str) else ""
        raise ParameterError(f"{self.name} must be one of {', '.join(self.choices)}; got {shown(value)}{hint}")

    def _read(self, value: object) -> object:
        process = os.getpid()
        try:
            return self.type.of(value)
        except ValueError as error:
            raise ParameterError(f"{self.name} must be {self.type.words}; {error}") from error
        except (ImgcudaError, MemoryError, KeyboardInterrupt):
            raise
        except BaseException as error:  # a plugin's type may raise anything, and even call sys.exit()
            if ends_the_process(error, process):
                raise
            words = f"{self.type.__name__}.of({shown(value)}) failed: {in_words(error)}"
            raise FilterError(f"the parameter {self.name} cannot be read: {words}") from error

    def _number(self, value: object) -> float | int | bool:
        if self.type is bool and isinstance(value, bool | np.bool_):
            return bool(value)
        if self.type is int and isinstance(value, int | np.integer) and not isinstance(value, bool):
            return self._whole(int(value))
        if (
            self.type is float
            and isinstance(value, int | float | np.integer | np.floating)
            and not isinstance(value, bool)
        ):
            return self._finite(value)
        words = {bool: "true or false", int: "a whole number", float: "a number"}[cast("type[float]", self.type)]
        raise ParameterError(f"{self.name} must be {words}; got {shown(value)}")

    def _finite(self, value: float | np.integer[Any] | np.floating[Any]) -> float:
        """Return a number as a float; ParameterError if it is not finite as a float32, which a kernel takes."""
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number) and not isinstance(value, int):
            raise ParameterError(f"{self.name} must be a finite number; got {shown(value)}")
        if abs(number) > FLOAT32_MAX:
            raise ParameterError(f"{self.name} must be a number that float32 holds, up to 3.4e38; got {shown(value)}")
        return number

    def _whole(self, value: int) -> int:
        """Return a whole number; ParameterError if it exceeds an `int` of a kernel, unless the range allows it."""
        if (self.ge is None and value < INT32_MIN) or (self.le is None and value > INT32_MAX):
            range = self.range or f"from {INT32_MIN} to {INT32_MAX}"
            raise ParameterError(f"{self.name} must be a whole number {range}, of 32 bits; got {shown(value)}")
        return value


def param(
    *,
    default: Any = dataclasses.MISSING,
    ge: float | None = None,
    le: float | None = None,
    help: str,
    constant: bool = False,
) -> Any:
    """Declare a parameter: a field typed float, int, bool, Literal["a", "b"], Matrix, Picture or another ParameterType.

    `ge` and `le` bound a number, both included. `help` says what it does, with its unit. A `constant` is a compile-time
    constant: a macro in the kernel, its name in capitals, not an argument. The kernel is compiled for each value.
    """
    limits = FieldOptions(ge, le, help, constant)
    return dataclasses.field(default=default, metadata={"imgcuda": limits}, kw_only=True)


def read_parameter(owner: str, field: dataclasses.Field[Any], hint: Any) -> Parameter:
    """Return the parameter that a field of the filter class `owner` declares; FilterError if it is declared wrongly."""
    limits = field.metadata.get("imgcuda")
    if limits is None:
        raise FilterError(f"{owner}.{field.name} must be declared with param(default=..., help=...)")
    if not (_is_plain(hint) or (_is_parameter_type(hint) and not limits.constant)):
        types = 'float, int, bool or Literal["a", "b"], or, unless it is a constant, Matrix, Picture or a ParameterType'
        raise FilterError(f"{owner}.{field.name} must be typed {types}; it is {hint}")
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    kind = str if choices else hint
    made = Parameter(field.name, kind, field.default, limits.ge, limits.le, limits.help, choices, limits.constant)
    if made.plain and not made.required:
        _check_default(owner, made)
    return made


def needed_values(parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Return a valid value for each of these parameters that has no default: what a filter needs to be made."""
    return {each.name: each.some_value() for each in parameters if each.required}


def _check_default(owner: str, parameter: Parameter) -> None:
    """Raise FilterError for an invalid default: it is the author's mistake, not the user's."""
    try:
        parameter.check(parameter.default)
    except ParameterError as error:
        raise FilterError(f"{owner}.{parameter.name} has a default that it does not allow: {error}") from None


def _written(bound: float) -> str:
    """Return a bound as text: an int in full, a float in its shortest form."""
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def _is_plain(hint: Any) -> bool:
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    return hint in (float, int, bool) or bool(choices and all(isinstance(choice, str) for choice in choices))


def _is_parameter_type(hint: Any) -> bool:
    return isinstance(hint, type) and all(hasattr(hint, name) for name in ("words", "of", "example"))

"""What a filter is: a class whose fields are its parameters, beside a `.cu` file that does the work."""

from __future__ import annotations

import dataclasses
import math
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np

from imgcuda.errors import FilterError, ParameterError, did_you_mean
from imgcuda.kernels import Source
from imgcuda.launch import Layout

if TYPE_CHECKING:
    from imgcuda.engine import DeviceArray
    from imgcuda.gpu import Gpu

WHOLE_IMAGE = None
"""The halo of a filter that may read any pixel to make one."""

Border = Literal["reflect", "mirror", "nearest", "wrap", "constant"]
"""What is read beyond the edge, in SciPy's words: d c b a | a b c d is "reflect"; "constant" is black."""

Alpha = Literal["filter", "keep"]


class Limits(NamedTuple):
    """What `param` was told beside the type."""

    ge: float | None
    le: float | None
    help: str
    constant: bool


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One parameter of a filter, as the command line and the docs see it."""

    name: str
    type: type[float] | type[int] | type[bool] | type[str]
    default: Any
    """dataclasses.MISSING where there is none."""
    ge: float | None
    le: float | None
    help: str
    choices: tuple[str, ...]
    constant: bool

    @property
    def required(self) -> bool:
        return self.default is dataclasses.MISSING

    def check(self, value: object) -> float | int | bool | str:
        """Return the value in the parameter's own type; ParameterError if it is wrong or out of range."""
        if self.choices:
            return self._choice(value)
        number = self._number(value)
        if not (self.ge is None or number >= self.ge) or not (self.le is None or number <= self.le):
            raise ParameterError(f"{self.name} must be {self.range}; got {value}")
        return number

    @property
    def range(self) -> str:
        """The range in words: "at least 0.1", "from 0 to 1"; empty where there is none."""
        if self.ge is not None and self.le is not None:
            return f"from {self.ge:g} to {self.le:g}"
        if self.ge is not None:
            return f"at least {self.ge:g}"
        return f"at most {self.le:g}" if self.le is not None else ""

    def _choice(self, value: object) -> str:
        if isinstance(value, str) and value in self.choices:
            return value
        hint = did_you_mean(str(value), self.choices)
        raise ParameterError(f"{self.name} must be one of {', '.join(self.choices)}; got {value!r}{hint}")

    def _number(self, value: object) -> float | int | bool:
        if self.type is bool and isinstance(value, bool | np.bool_):
            return bool(value)
        if self.type is int and isinstance(value, int | np.integer) and not isinstance(value, bool):
            return int(value)
        if (
            self.type is float
            and isinstance(value, int | float | np.integer | np.floating)
            and not isinstance(value, bool)
        ):
            return self._finite(float(value))
        words = {bool: "true or false", int: "a whole number", float: "a number"}[cast("type[float]", self.type)]
        raise ParameterError(f"{self.name} must be {words}; got {value!r}")

    def _finite(self, value: float) -> float:
        if math.isfinite(value):
            return value
        raise ParameterError(f"{self.name} must be a finite number; got {value}")


def param(
    *,
    default: Any = dataclasses.MISSING,
    ge: float | None = None,
    le: float | None = None,
    help: str,
    constant: bool = False,
) -> Any:
    """Declare a parameter: a field typed float, int, bool or Literal["a", "b"].

    `ge` and `le` bound a number, both included. `help` says what it does, with its unit. A `constant` is a
    macro in the kernel, its name in capitals, rather than an argument: a kernel is compiled for each value.
    """
    limits = Limits(ge, le, help, constant)
    return dataclasses.field(default=default, metadata={"imgcuda": limits}, kw_only=True)


def kebab(name: str) -> str:
    """Return a class name as the command line has it: GaussianBlur is gaussian-blur."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def snake(name: str) -> str:
    """Return a filter's name as files and kernels have it: gaussian-blur is gaussian_blur."""
    return name.replace("-", "_")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(param,))
class Filter:
    """A filter in general. Most derive from PointFilter or NeighborhoodFilter instead.

    A subclass is a frozen dataclass: `Blur(sigma=3)` checks its values, compares, prints and hashes. Its name
    on the command line is the class name in kebab case, its kernel file that in snake case, `.cu`, beside the
    module. The kernel of the same name takes `src, dst, width, height`, then the fields in order, those
    declared constant left out. What needs more than that launch overrides `run`.
    """

    name: ClassVar[str]
    """What the command line calls it; from the class name unless set."""
    layout: ClassVar[Layout] = Layout()
    """How its kernel's threads cover an image."""

    def __init_subclass__(cls, abstract: bool = False, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "name" not in cls.__dict__:
            cls.name = kebab(cls.__name__)
        if not abstract and not cls.__doc__:  # asked first, since dataclass makes one up
            raise FilterError(
                f"{cls.__name__} has no docstring; its first line is what `imgcuda list` says of the filter"
            )
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)

    def __post_init__(self) -> None:
        for parameter in self.parameters():
            object.__setattr__(self, parameter.name, parameter.check(getattr(self, parameter.name)))

    @property
    def halo(self) -> int | None:
        """How many pixels around a pixel are read to make it: 0, a radius, or WHOLE_IMAGE."""
        return WHOLE_IMAGE

    @property
    def row_step(self) -> int:
        """Where a strip of an image may begin so that it is filtered as in the whole: at multiples of this many rows.

        More than 1 for what works on a grid of every so many rows, counted from the first row of what it is given.
        """
        return 1

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return the filtered image: by default, one launch of the kernel that has the filter's name."""
        return gpu.launch(snake(self.name), image, *self.arguments())

    def __call__(self, array: Any, *, device: str | None = None) -> Any:
        """Return an array filtered: (height, width) or (height, width, channels), uint8, uint16 or float32."""
        from imgcuda.pipeline import Pipeline

        return Pipeline([self])(array, device=device)

    @classmethod
    @cache
    def parameters(cls) -> tuple[Parameter, ...]:
        """Return what the filter's fields declare, in order."""
        hints = get_type_hints(cls)
        return tuple(_parameter(cls, field, hints[field.name]) for field in dataclasses.fields(cast(Any, cls)))

    @classmethod
    def summary(cls) -> str:
        """Return the first line of its docstring."""
        return (cls.__doc__ or "").strip().partition("\n")[0]

    @classmethod
    @cache
    def source(cls) -> Source:
        """Return the kernel file that stands beside the module."""
        module = sys.modules[cls.__module__].__file__
        return Source.read(Path(module or "").with_name(f"{snake(cls.name)}.cu"))

    def arguments(self) -> tuple[int | float | bool, ...]:
        """Return the fields' values as a kernel takes them: numbers, and the index of a choice."""
        return tuple(self._value(p) for p in self.parameters() if not p.constant)

    def constants(self) -> Mapping[str, int | float]:
        """Return the macros of the fields declared constant: BORDER, and BORDER_REFLECT ... for its choices."""
        macros: dict[str, int | float] = {}
        for parameter in self.parameters():
            if parameter.constant:
                name = parameter.name.upper()
                macros |= {f"{name}_{snake(choice).upper()}": index for index, choice in enumerate(parameter.choices)}
                macros[name] = self._value(parameter)
        return macros

    def _value(self, parameter: Parameter) -> int | float | bool:
        value = getattr(self, parameter.name)
        return parameter.choices.index(value) if parameter.choices else value


class PointFilter(Filter, abstract=True):
    """A filter that looks at one pixel only: a `__device__` function from colour to colour.

    Its `.cu` holds `__device__ color NAME(color c, fields in order)`, with r, g, b and a from 0 to 1 whatever
    the pixel type. The core writes the kernel around it. A grey image is given as r = g = b; alpha is left as it was.
    """

    channels: ClassVar[Literal[1, 3] | None] = None
    """Colour channels of the result: 1 for grey, 3 for RGB, None for as many as came in (grey takes r)."""

    @property
    def halo(self) -> int | None:
        return 0


class NeighborhoodFilter(Filter, abstract=True):
    """A filter that makes a pixel from the pixels around it, up to `halo` away.

    Images with alpha are filtered as premultiplied colour, so that what is transparent does not bleed.
    """

    alpha: ClassVar[Alpha] = "filter"
    """Whether alpha is filtered as the colours are, or kept as it was."""

    border: Border = param(default="reflect", constant=True, help="what is read beyond the edge of the image")


def _parameter(cls: type, field: dataclasses.Field[Any], hint: Any) -> Parameter:
    limits = field.metadata.get("imgcuda")
    if limits is None:
        raise FilterError(f"{cls.__name__}.{field.name} must be declared with param(default=..., help=...)")
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    kind = str if choices else hint
    if kind not in (float, int, bool, str) or not all(isinstance(choice, str) for choice in choices) or hint is str:
        raise FilterError(
            f'{cls.__name__}.{field.name} must be typed float, int, bool or Literal["a", "b"]; it is {hint}'
        )
    return Parameter(field.name, kind, field.default, limits.ge, limits.le, limits.help, choices, limits.constant)

"""What a filter is: a class whose fields are its parameters, beside a `.cu` file that does the work."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast, dataclass_transform, get_type_hints

import numpy.typing as npt

from imgcuda.errors import FilterError
from imgcuda.parameters import Parameter, param, read_parameter
from imgcuda.programs.layout import Layout
from imgcuda.programs.source import Source
from imgcuda.programs.strips import Rows

if TYPE_CHECKING:
    from imgcuda.engine.protocol import DeviceArray
    from imgcuda.execution.gpu import Gpu

WHOLE_IMAGE = None
"""The halo of a filter that may read any pixel to make one."""

Border = Literal["reflect", "mirror", "nearest", "wrap", "constant"]
"""What is read beyond the edge, in SciPy's words: d c b a | a b c d is "reflect"; "constant" is black."""

Alpha = Literal["plain", "filter", "keep"]
"""How a filter wants images with alpha: "plain", as they are; "filter", as premultiplied colour, with alpha filtered as
the colours are; "keep", as premultiplied colour, with the result's alpha as it was."""

Argument = int | float | bool | npt.NDArray[Any]
"""What a kernel takes beside images: a number, or a table."""


def kebab(name: str) -> str:
    """Return a class name as the command line has it: GaussianBlur is gaussian-blur."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def snake(name: str) -> str:
    """Return a filter's name as files and kernels have it: gaussian-blur is gaussian_blur."""
    return name.replace("-", "_")


def _kernel_file(cls: type[Filter]) -> Path:
    return Path(sys.modules[cls.__module__].__file__ or "").with_name(f"{snake(cls.name)}.cu")


def _check_fields(cls: type[Filter]) -> None:
    """Refuse a field without a type, and one that would hide what a filter is asked for by that name."""
    bases = [base for base in cls.__mro__[1:] if issubclass(base, Filter)]
    inherited = {name for base in bases for name in (*vars(base), "name")}
    fields = {name for base in bases for name in getattr(base, "__dataclass_fields__", ())}
    for name in [name for name, value in vars(cls).items() if isinstance(value, dataclasses.Field)]:
        if name not in inspect.get_annotations(cls):
            raise FilterError(f"{cls.__name__}.{name} has no type; write {name}: float = param(...)")
        if name in inherited - fields:
            raise FilterError(
                f"{cls.__name__}.{name} must have another name: `{name}` is something else for every filter"
            )


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(param,))
class Filter:
    """A filter in general. Most derive from PointFilter or NeighborhoodFilter instead.

    A subclass is a frozen dataclass: `Blur(sigma=3)` checks its values, compares, prints and hashes. Its name
    on the command line is the class name in kebab case, its kernel file that in snake case, `.cu`, beside the
    module; where there is none, the one of the filter that it derives from. The kernel of the same name takes `src,
    dst, width, height`, then the fields in order, those declared constant left out. What needs more than that launch
    overrides `run`.
    """

    name: ClassVar[str]
    """What the command line calls it; from the class name unless set."""
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Other words that people type for it, and the parameters that each sets: {"sobel": {"operator": "sobel"}}."""
    category: ClassVar[str] = ""
    """The heading it is listed under, as blur or color; if empty, the name of the entry point that brings it."""
    layout: ClassVar[Layout] = Layout()
    """How its kernel's threads cover an image."""
    channels: ClassVar[Literal[1, 3] | None] = None
    """Colour channels of the result: 1 for grey, 3 for RGB, None for as many as came in. Alpha stays beside them."""

    def __init_subclass__(cls, abstract: bool = False, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "name" not in cls.__dict__:
            cls.name = kebab(cls.__name__)
        if not abstract and not cls.__doc__:  # asked first, since dataclass makes one up
            raise FilterError(
                f"{cls.__name__} has no docstring; its first line is what `imgcuda list` says of the filter"
            )
        _check_fields(cls)
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

    @property
    def alpha_mode(self) -> Alpha:
        """How it wants images with alpha."""
        return "plain"

    def result_size(self, width: int, height: int) -> tuple[int, int]:
        """Return width and height of what it makes of an image of this size, in pixels: the same."""
        return width, height

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return the filtered image: by default, one launch of the kernel that has the filter's name."""
        return gpu.launch(snake(self.name), image, self.arguments())

    def __call__(self, array: Any, *, device: str | None = None) -> Any:
        """Return an array filtered: (height, width) or (height, width, channels), uint8, uint16 or float32."""
        from imgcuda.pipeline import Pipeline

        return Pipeline([self])(array, device=device)

    @classmethod
    @cache
    def parameters(cls) -> tuple[Parameter, ...]:
        """Return what the filter's fields declare, in order."""
        hints = get_type_hints(cls)
        fields = dataclasses.fields(cast(Any, cls))
        return tuple(read_parameter(cls.__name__, field, hints[field.name]) for field in fields)

    @classmethod
    def summary(cls) -> str:
        """Return the first line of its docstring."""
        return (cls.__doc__ or "").strip().partition("\n")[0]

    @classmethod
    @cache
    def source(cls) -> Source:
        """Return the kernel file that stands beside the module; if there is none, that of the class it derives from."""
        files = [_kernel_file(base) for base in cls.__mro__ if issubclass(base, Filter) and base is not Filter]
        return Source.read(next((file for file in files if file.exists()), files[0]))

    def arguments(self) -> Mapping[str, Argument]:
        """Return what the kernel takes after its first arguments, by name and in order.

        By default the fields that are not constant: numbers, and the index of a choice. What else a kernel needs is
        computed here: an array becomes a pointer to its copy on the device, `const float *weights` for float32.
        """
        return {p.name: self._value(p) for p in self.parameters() if p.plain and not p.constant}

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

    Its `.cu` holds `__device__ color NAME(color c, arguments in order)`, with r, g, b and a from 0 to 1 whatever
    the pixel type. The core writes the kernel around it. A grey image is given as r = g = b, and of a grey result r
    is taken; alpha is left as it was. With `place at` as its second argument the function also sees where the pixel is.
    """

    @property
    def halo(self) -> int | None:
        return 0


class NeighborhoodFilter(Filter, abstract=True):
    """A filter that makes a pixel from the pixels around it, up to `halo` away.

    Images with alpha are filtered as premultiplied colour, so that what is transparent does not bleed.
    """

    border: Border = param(default="reflect", constant=True, help="what is read beyond the edge of the image")

    @property
    def alpha_mode(self) -> Alpha:
        return "filter"


class GeometryFilter(Filter, abstract=True):
    """A filter whose result has another size than the image, or whose rows come from other rows.

    It says `result_size`, and with `reads` from which rows a row is made, so that it too runs in strips. Its `run` is
    given the rows `gpu.rows` of the image and makes the rows `gpu.wanted` of the result, both as they are counted in
    the whole. Images with alpha are filtered as premultiplied colour, unless `alpha_mode` says "plain".
    """

    @property
    def alpha_mode(self) -> Alpha:
        return "filter"

    def reads(self, wanted: Rows, width: int, height: int) -> tuple[int, int] | None:
        """Return from which row of an image of this size, and up to which, it makes the rows that are wanted.

        The second is not included; rows beyond the image are of no harm. None means all of them, and the image is
        then run as a whole.
        """
        return None


class MeasuringFilter(Filter, abstract=True):
    """A filter that depends on the whole image: it looks first, and then is another filter.

    `measure` counts something, in integers, which add up whatever parts an image is cut into; `measured` returns what
    is run over the image, given the sum.
    """

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return what is found in some rows of the image: an array on the device, as gpu.reduce makes one."""
        raise FilterError(f"{type(self).__name__} must define measure(gpu, image)")

    def measured(self, found: npt.NDArray[Any]) -> Filter:
        """Return the filter to be run over the image, or over which to measure again, given what all its rows hold."""
        raise FilterError(f"{type(self).__name__} must define measured(found)")

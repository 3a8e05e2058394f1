"""The base classes of filters. A filter's fields are its parameters; a `.cu` file beside its module does the work."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast, dataclass_transform, get_type_hints

import numpy.typing as npt

from imgcuda.array_calls import ArrayCallable
from imgcuda.call_signature import FilterSignature
from imgcuda.errors import FilterError
from imgcuda.parameters import Parameter, param, read_parameter
from imgcuda.programs.layout import Layout
from imgcuda.programs.source import Source
from imgcuda.programs.strips import Rows

if TYPE_CHECKING:
    from imgcuda.engine.protocol import DeviceArray
    from imgcuda.execution.gpu import Gpu
    from imgcuda.layouts import ImageLayout

WHOLE_IMAGE = None
"""The halo of a filter that may read any pixel to make one."""

Border = Literal["reflect", "mirror", "nearest", "wrap", "constant"]
"""What is read beyond the edge, in SciPy's words: d c b a | a b c d is "reflect"; "constant" is black."""

Alpha = Literal["straight", "premultiplied", "color"]
"""How a filter runs on images with alpha: "straight", on straight color, with alpha as one more channel;
"premultiplied", on premultiplied color and alpha; "color", on premultiplied color, and the image's alpha is kept."""

Argument = int | float | bool | npt.NDArray[Any]
"""An argument of a kernel other than an image: a number, or a table as an array."""


def kebab(name: str) -> str:
    """Return a class name in kebab case, as the command line uses it: gaussian-blur for GaussianBlur."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def snake(name: str) -> str:
    """Return a filter's name in snake case, as files and kernels use it: gaussian_blur for gaussian-blur."""
    return name.replace("-", "_")


def _kernel_file(cls: type[Filter]) -> Path:
    return Path(sys.modules[cls.__module__].__file__ or "").with_name(f"{snake(cls.name)}.cu")


def _check_fields(cls: type[Filter]) -> None:
    """Raise FilterError for a field without a type, and for one that would hide an attribute of Filter."""
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
class Filter(ArrayCallable):
    """The base class of all filters. Most derive from PointFilter or NeighborhoodFilter.

    A subclass is a frozen dataclass: `Blur(sigma=3)` checks its values, compares, prints and hashes. Its name on the
    command line is the class name in kebab case. Its kernel file stands beside the module and is named after the class
    in snake case, `gaussian_blur.cu`; without one, a filter uses the kernel file of the filter that it derives from.
    The kernel of the same name takes `src, dst, width, height`, then the fields in order, without those declared
    constant. A filter that needs more than this one launch overrides `run`, which is called for each image. What else a
    filter declares depends on its fields and on the size and type of the image alone: it may be asked for only once.
    """

    name: ClassVar[str]
    """Its name on the command line; made from the class name unless set."""
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Other names for it, and the parameters that each name sets: {"sobel": {"operator": "sobel"}}."""
    category: ClassVar[str] = ""
    """The heading it is listed under, like blur or color; if empty, the name of its plugin's entry point."""
    layout: ClassVar[Layout] = Layout()
    """How its kernel's threads cover an image."""
    only_launches: ClassVar[bool] = False
    """Whether a `run` of its own does nothing but launch kernels, with arguments that depend on the filter's fields and
    on the size and type of the image alone. Then it may be called once more, without an image, to find out which
    kernels it needs, which the CPU engine compiles side by side; and what it launches may be launched for the next
    image of the same size and type without calling it."""
    channels: ClassVar[Literal[1, 3] | None] = None
    """Color channels of the result: 1 for gray, 3 for RGB, None for as many as the image has."""
    result_alpha: ClassVar[bool | None] = None
    """Whether the result has alpha: True, also if the image has none, False for none, None for as the image has it."""
    peers: ClassVar[Mapping[str, str]] = {}
    """Functions that do the same in other libraries, which `imgcuda bench` times beside it, by the library (OpenCV,
    Pillow, CuPy, libvips): {"OpenCV": "my_package.calls:my_filter"}. Each takes an image of the library's and
    the filter's parameters by name, and returns an image; LookupError, with what goes on after the library's name, if
    it has no equal for them. They are of this class alone, and not of classes that derive from it."""
    __signature__ = FilterSignature()

    def __init_subclass__(cls, abstract: bool = False, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "name" not in cls.__dict__:
            cls.name = kebab(cls.__name__)
        if not abstract and not cls.__doc__:  # checked here, since the dataclass decorator adds a docstring
            raise FilterError(
                f"{cls.__name__} has no docstring; its first line is what `imgcuda list` says of the filter"
            )
        _check_fields(cls)
        if not abstract or any(isinstance(value, dataclasses.Field) for value in vars(cls).values()):
            dataclasses.dataclass(frozen=True, kw_only=True)(cls)  # which takes long, for nothing if it has no fields

    def __post_init__(self) -> None:
        for parameter in self.parameters():
            object.__setattr__(self, parameter.name, parameter.check(getattr(self, parameter.name)))

    @property
    def halo(self) -> int | None:
        """How many pixels around a pixel are read to compute it: 0, a radius, or WHOLE_IMAGE."""
        return WHOLE_IMAGE

    @property
    def row_step(self) -> int:
        """A strip may begin at a multiple of this many rows.

        More than 1 for a filter whose result depends on the position of a row in a grid, counted from the first row.
        """
        return 1

    @property
    def alpha_mode(self) -> Alpha:
        """How it runs on images with alpha."""
        return "straight"

    @property
    def channelwise(self) -> bool:
        """Whether it makes each channel from the same channel alone, all in the same way: an RGB image's three results
        are those of three gray images. Then it takes images of more than four channels, too."""
        return False

    def for_frame(self, number: int) -> Filter:
        """Return the filter for a frame of a video, counted from 0: by default the same for all frames.

        A filter with a seed overrides this, so that each frame gets other random numbers, and the same in each run.
        """
        return self

    def result_size(self, width: int, height: int) -> tuple[int, int]:
        """Return the width and height of its result for an image of this size, in pixels: by default the same."""
        return width, height

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return the filtered image: by default, by one launch of the kernel that has the filter's name."""
        return gpu.launch(snake(self.name), image, self.arguments())

    def _filter(self, array: Any, device: str | None, max_pixels: int | None, out: Any, layout: ImageLayout) -> Any:
        from imgcuda.pipeline import Pipeline

        return Pipeline([self])._filter(array, device, max_pixels, out, layout)

    @classmethod
    @cache
    def parameters(cls) -> tuple[Parameter, ...]:
        """Return the parameters that the filter's fields declare, in order."""
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
        """Return the kernel file beside the class's module, or else that of the nearest base class that has one."""
        files = [_kernel_file(base) for base in cls.__mro__ if issubclass(base, Filter) and base is not Filter]
        return Source.read(next((file for file in files if file.exists()), files[0]))

    def arguments(self) -> Mapping[str, Argument]:
        """Return the kernel's arguments after `src, dst, width, height`, by name and in order.

        By default the fields that are not constant: a number as it is, a choice as its index. Override this to add
        computed ones: an array becomes a pointer to its copy on the device, `const float *weights` for float32.
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


def runs_alike(filter: Filter) -> bool:
    """Return whether a filter's `run` does the same for all images of one size and type, and nothing but launch."""
    return filter.only_launches or (type(filter).run is Filter.run and type(filter).arguments is Filter.arguments)


class PointFilter(Filter, abstract=True):
    """A filter that computes each pixel from that pixel alone: a `__device__` function from color to color.

    Its `.cu` holds `__device__ color NAME(color c, arguments in order)`, with r, g, b and a from 0 to 1 whatever
    the pixel type. The core writes the kernel around it. A gray image is passed as r = g = b, and r is the result if
    that is gray; alpha is 1 where the image has none. It does not change, unless `result_alpha` is True: then it is the
    result's a. A second argument `place at` tells the function the position of the pixel.
    """

    @property
    def halo(self) -> int | None:
        return 0


class NeighborhoodFilter(Filter, abstract=True):
    """A filter that computes a pixel from the pixels around it, up to `halo` away.

    Images with alpha are filtered as premultiplied color, so that the colors of transparent pixels do not bleed.
    """

    border: Border = param(default="reflect", constant=True, help="what is read beyond the edge of the image")

    @property
    def alpha_mode(self) -> Alpha:
        return "premultiplied"


class GeometryFilter(Filter, abstract=True):
    """A filter that resizes an image, or moves its rows.

    It defines `result_size`, and `reads`, which tells which rows of the image the rows of the result need, so that it
    too runs in strips. Its `run` gets the rows `gpu.rows` of the image and computes the rows `gpu.wanted` of the
    result, both numbered as in the whole image. Images with alpha are filtered as premultiplied color, unless
    `alpha_mode` is "straight".
    """

    @property
    def alpha_mode(self) -> Alpha:
        return "premultiplied"

    def reads(self, wanted: Rows, width: int, height: int) -> tuple[int, int] | None:
        """Return the first and last row of an image of this size that are read to compute the rows `wanted`.

        The last is not included; both may lie beyond the image. None means all rows: then the image is not divided
        into strips.
        """
        return None


class MeasuringFilter(Filter, abstract=True):
    """A two-phase filter: it measures the whole image, then runs a filter built from the result.

    `measure` counts something in integers, whose sum does not depend on how an image is divided into strips. Given the
    sum, `resolve` returns the filter that runs over the image.
    """

    decides_size: ClassVar[bool] = False
    """Whether the filter that it resolves to may make an image of another size. What comes after it is asked for its
    sizes when they are known. A Dask array and a Zarr array, whose size is declared before, cannot hold its result."""

    @property
    def phase_halo(self) -> int:
        """How many pixels around a pixel each phase reads: `measure` to count it, and then the filter that is resolved.

        If it is more than 0, `measure` gets the rows `gpu.rows` of the image and counts the rows `gpu.wanted` alone.
        """
        return 0

    def passes(self, dtype: npt.DTypeLike) -> int:
        """Return how often an image with samples of this type is measured at most.

        More than once if `resolve` returns a two-phase filter again. Lazy arrays, whose passes are planned before any
        pixel is known, rely on it.
        """
        return 1

    def preparation(self, channels: int, dtype: npt.DTypeLike) -> Sequence[Filter]:
        """Return filters to run before this one, if that changes nothing in the result and is less work.

        They are run, instead of once for `measure` and again for the filter that `resolve` returns, where an image fits
        into the device's memory. Images in strips are measured and filtered as they are.
        """
        return ()

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return the counts for some rows of the image: an array on the device, as gpu.reduce returns it."""
        raise FilterError(f"{type(self).__name__} must define measure(gpu, image)")

    def resolve(self, found: npt.NDArray[Any]) -> Filter:
        """Return the filter to run, given the sum of the counts over all rows; it may be a two-phase filter again."""
        raise FilterError(f"{type(self).__name__} must define resolve(found)")

"""Runs a chain of filters on one device: the image is uploaded once, and the result is downloaded once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Self, overload

import numpy as np
import numpy.typing as npt

from imgcuda import devices, lazy
from imgcuda.array_calls import ArrayCallable
from imgcuda.engine.protocol import Device
from imgcuda.errors import DeviceMemoryError, FilterError, ImageError, ParameterError, out_of_memory
from imgcuda.execution import output, streaming
from imgcuda.execution.chain_plan import ChainPlan, plan_for
from imgcuda.execution.in_layout import filter_in_order
from imgcuda.execution.schedule import size_decider
from imgcuda.filters import Filter
from imgcuda.layouts import axis_order, hint, may_have_more_channels
from imgcuda.pixels import as_image, computed_as, converted

Array = npt.NDArray[Any]


class Pipeline(ArrayCallable):
    """A chain of filters that run one after the other; the image stays on the device in between.

    `Pipeline([Blur(sigma=3), Edges()])(array)` returns the same bits as the filters called one by one. A pipeline among
    the filters stands for its own. `len`, iteration, indexes and slices are those of its filters; pipelines of equal
    filters are equal. `str(pipeline)` is its text, which `from_text` reads.
    """

    filters: tuple[Filter, ...] = ()  # torch.compile of PyTorch 2.11 asks for the length before __init__

    def __init__(self, filters: Iterable[Filter | Pipeline]) -> None:
        self.filters = tuple(_flat(filters))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the pipeline of a text, "blur:sigma=3,border=wrap | edges": steps as after -f, with | between them.

        Raises PluginError for a filter that is not installed, and ParameterError for all else that is wrong.
        """
        from imgcuda.recipes.chain_text import parse_text
        from imgcuda.registry import installed

        return cls(parse_text(installed(), text) if text.strip() else ())

    @classmethod
    def from_toml(cls, source: str | os.PathLike[str]) -> Self:
        """Return the pipeline of a recipe: its text in TOML, or a Path of its file.

        Names of files in it are relative to the recipe's file; in a text, to the current folder. Raises as `from_text`.
        """
        from imgcuda.recipes.recipe_reader import parse_recipe, read_file
        from imgcuda.registry import installed

        if isinstance(source, str) and source.endswith(".toml") and "\n" not in source:
            raise ParameterError(f"{source!r} is a name; to read that file, write Pipeline.from_toml(Path({source!r}))")
        recipe = parse_recipe(source) if isinstance(source, str) else read_file(source)
        return cls(recipe.filters(installed()))

    def to_toml(self, description: str = "") -> str:
        """Return a recipe of its filters, without parameters that have their defaults; ParameterError as str()."""
        from imgcuda.recipes.recipe_writer import write_recipe

        return write_recipe(self.filters, description=description)

    def __str__(self) -> str:
        """Return its text; ParameterError for a value that has none, as a picture that was given as an array."""
        from imgcuda.recipes.chain_text import write_chain

        return write_chain(self.filters)

    def __repr__(self) -> str:
        return f"Pipeline([{', '.join(map(repr, self.filters))}])"

    def _repr_html_(self) -> str:
        """Return a table of its filters, for a notebook to show."""
        from imgcuda.recipes.chain_html import write_html

        return write_html(self.filters, self.halo)

    def __len__(self) -> int:
        return len(self.filters)

    def __iter__(self) -> Iterator[Filter]:
        return iter(self.filters)

    @overload
    def __getitem__(self, index: int) -> Filter: ...
    @overload
    def __getitem__(self, index: slice) -> Pipeline: ...
    def __getitem__(self, index: int | slice) -> Filter | Pipeline:
        return Pipeline(self.filters[index]) if isinstance(index, slice) else self.filters[index]

    def __eq__(self, other: object) -> bool:
        return self.filters == other.filters if isinstance(other, Pipeline) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.filters)

    @property
    def halo(self) -> int | None:
        """How many pixels around a pixel the whole chain reads; None for the whole image."""
        halos = [filter.halo for filter in self.filters]
        return None if None in halos else sum(halo for halo in halos if halo)

    def for_frame(self, number: int) -> Pipeline:
        """Return the pipeline for a frame of a video, counted from 0: that of its filters' `for_frame`."""
        return Pipeline(each.for_frame(number) for each in self.filters)

    def _filter(self, array: Any, device: str | None, max_pixels: int | None, out: Any, layout: str) -> Any:
        on_host = self._on_host if layout == "HWC" else partial(self._in_layout, layout)
        if size_decider(self.filters):
            on_host = partial(_copied_out, on_host)
        if type(array) is np.ndarray:
            return on_host(array, device, max_pixels, out)
        if lazy.takes(array):
            _refuse_for_lazy(out, layout)
            in_memory = partial(self._in_memory, device, max_pixels)
            return lazy.filtered(array, self.filters, device, max_pixels, in_memory)
        from imgcuda.arrays.as_given import filter_as_given  # with the first array that is not NumPy's

        return filter_as_given(self.filters, array, device, max_pixels, out, layout, on_host)

    def _in_layout(self, layout: str, given: Array, device: str | None, max_pixels: int | None, out: Any) -> Array:
        """Filter an array of NumPy's whose axes are in another order, or that is a batch of images."""
        order = axis_order(layout, given.shape)
        viewed = order.inward(given).shape
        plan = plan_for(self.filters, viewed[order.batch :], computed_as(given.dtype))
        made = plan.result_shape
        if out is not None:
            wanted = order.outward_shape((*viewed[: order.batch], *made))
            output.check(out, wanted, given.dtype.newbyteorder("="))

        def run(image: Array, place: Array | None) -> Array:
            target = None if plan.size_decider else place
            return self._on_host(image, device, max_pixels, target, more_channels=True)

        return filter_in_order(order, given, out, len(made) == 2, run)

    def _in_memory(self, device: str | None, max_pixels: int | None, array: Any) -> Any:
        """Filter what a DataArray holds, whose last axis is known to be channels."""
        if type(array) is np.ndarray:
            return self._on_host(array, device, max_pixels, None, more_channels=True)
        return self._filter(array, device, max_pixels, None, "HWC")

    def _on_host(
        self, given: Array, device: str | None, max_pixels: int | None, out: Any, more_channels: bool = False
    ) -> Array:
        """Filter an array of NumPy's; with `more_channels` it may have more than four, whatever its shape."""
        image = as_image(given, hint, more_channels=more_channels or may_have_more_channels(given.shape))
        own = given.dtype.newbyteorder("=")
        plan = plan_for(self.filters, given.shape, image.dtype, max_pixels)
        wanted = None if out is None else output.check(out, plan.result_shape, own)
        chosen = devices.members(devices.choose(device))
        try:
            if wanted is not None:
                return _into(wanted, given, image, chosen, plan)
            result = plan.as_array(streaming.filter_by_plan(chosen, plan, image))
            if result.dtype != own:
                return converted(result, own)
            return result.copy() if np.may_share_memory(result, given) else result
        except MemoryError as error:
            raise DeviceMemoryError(out_of_memory(error)) from error


def _copied_out(
    on_host: Callable[..., Array], given: Array, device: str | None, max_pixels: int | None, out: Any
) -> Array:
    """Return a result whose size is known only when it is there, in `out`, if that is given."""
    result = on_host(given, device, max_pixels, None)
    return result if out is None else output.filled(out, result)


def _refuse_for_lazy(out: Any, layout: str) -> None:
    """Raise ImageError for arguments of a call that a Dask array or a DataArray cannot have."""
    if out is not None:
        raise ImageError("out is for arrays in memory; a DataArray, or a result that is computed later, has none")
    if layout != "HWC":
        raise ImageError(
            f"layout='{layout}' is for arrays in memory; a DataArray has names of its dimensions, and a Dask array "
            "gets them by xarray.DataArray(array, dims=('n', 'y', 'x', 'c'))"
        )


def _into(out: Array, given: Array, image: Array, chosen: Sequence[Device], plan: ChainPlan) -> Array:
    """Return `out` with the result of a plan's chain: computed there, if that is possible, or copied there."""
    free = out.dtype == image.dtype and output.is_free(out, given, plan.filters)
    memory = (out if out.ndim == 3 else out[:, :, None]) if free else None
    made = streaming.filter_by_plan(chosen, plan, image, memory)
    if made is not memory:
        result = plan.as_array(made)
        output.check(out, result.shape, out.dtype)  # a two-phase filter may make another number of channels
        np.copyto(out, converted(result, out.dtype) if result.dtype != out.dtype else result)
    return out


def _flat(filters: Iterable[Filter | Pipeline]) -> Iterator[Filter]:
    """Yield filters, and those of pipelines among them; FilterError for anything else."""
    for each in filters:
        if isinstance(each, Pipeline):
            yield from each.filters
        elif isinstance(each, Filter):
            yield each
        else:
            raise FilterError(f"a pipeline takes filters, as Blur(sigma=3); it was given {each!r}")

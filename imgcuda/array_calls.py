"""The call that filters and pipelines share, `filter(array)`: its arguments, and for type checkers what it returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

import numpy.typing as npt

from imgcuda.layouts import ImageLayout

if TYPE_CHECKING:
    import PIL.Image


class HasShape(Protocol):
    """An array of any library."""

    @property
    def shape(self) -> Any: ...


OwnKind = TypeVar("OwnKind", bound=HasShape)


class ArrayCallable:
    """Something that filters an array when it is called."""

    @overload
    def __call__(
        self,
        array: npt.NDArray[Any],
        *,
        device: str | None = None,
        max_pixels: int | None = None,
        out: npt.NDArray[Any] | None = None,
        layout: ImageLayout = "HWC",
    ) -> npt.NDArray[Any]: ...
    @overload
    def __call__(
        self, array: PIL.Image.Image, *, device: str | None = None, max_pixels: int | None = None, out: None = None
    ) -> PIL.Image.Image: ...
    @overload
    def __call__(
        self,
        array: OwnKind,
        *,
        device: str | None = None,
        max_pixels: int | None = None,
        out: OwnKind | None = None,
        layout: ImageLayout = "HWC",
    ) -> OwnKind: ...
    @overload
    def __call__(
        self,
        array: npt.ArrayLike,
        *,
        device: str | None = None,
        max_pixels: int | None = None,
        out: npt.NDArray[Any] | None = None,
        layout: ImageLayout = "HWC",
    ) -> npt.NDArray[Any]: ...
    def __call__(
        self,
        array: Any,
        *,
        device: str | None = None,
        max_pixels: int | None = None,
        out: Any = None,
        layout: ImageLayout = "HWC",
    ) -> Any:
        """Return the image filtered, in its own type and kind; the input is not changed, unless it is `out`.

        `array` is (height, width), or (height, width, channels) with 1 (gray), 2 (gray, alpha), 3 (RGB) or 4
        (RGB, alpha) channels, of uint8, uint16, or float32 with a nominal range of 0 to 1 that is not clipped. It may
        also be of float16, float64, or another library's bfloat16: it is computed as float32, and the result has its
        type; and it may have more channels, if they are fewer than rows and columns and all filters are `channelwise`.
        It is of NumPy or of another library, a picture of Pillow, or anything with DLPack or the CUDA array interface;
        the result is of the same library, on the same device. An array on a GPU is filtered there, ordered by events
        after the work that its library has queued; the call waits for nothing, except where a filter measures first.

        Of a Dask array the result is a Dask array, of which nothing is computed yet. A DataArray of xarray gives a
        DataArray with its labels, lazily if it holds a Dask array. docs/large-data.md tells the rules.

        `device` is "auto", "cuda", "cuda:N" or "cpu", or several GPUs that share the work, "cuda:0,1" or "cuda:all";
        by default the value of IMGCUDA_DEVICE, else "auto"; for an array on a GPU, that GPU. A large image in host
        memory runs in strips of rows, so it may be larger than a GPU's memory; the result is the same to the byte. No
        filter's result may have more than `max_pixels` pixels; sizes are checked before any work is done, but those
        behind a filter such as `trim`, which only the pixels tell, when they are known. By default only memory limits
        them.

        `out` is an array that the result is written to, and that is returned: a writable one of the result's shape,
        type and library, with any strides. It saves the time that the system takes to give new memory. A result is
        computed right in it if it is C-contiguous and shares no memory with `array` or with a filter's picture or
        table; else it is copied there when all is read, so `out` may be `array` itself, or overlap it. After an error
        `out` may hold anything.

        `layout` is the order of the axes, if it is another than (height, width, channels): "CHW" for channels first,
        "NHWC", "NCHW" or "NHW" for a batch of images, or gray images, of one size; "HWN" or "NHW" for more than four
        channels, each of which is filtered as a gray image. Each image is filtered as if alone.
        The result has the same axes, of which the channels stay even if they become one. An array whose memory has
        the order N, H, W, C is not copied, whatever the order of its axes, and a new result has this order in memory,
        or is C-contiguous, if it is on a GPU and of another library than CuPy and PyTorch.

        Raises ImageError for any other array, for an `out` that does not fit, and for too many pixels, DeviceError for
        a device that is not available, DeviceMemoryError if the host has too little memory, or if a device has too
        little for a chain that cannot run in strips.
        """
        return self._filter(array, device, max_pixels, out, layout)

    def _filter(self, array: Any, device: str | None, max_pixels: int | None, out: Any, layout: ImageLayout) -> Any:
        """Filter an array of any kind."""
        raise NotImplementedError

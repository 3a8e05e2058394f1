"""Writes an array of any library, or an image with its metadata, to a file."""

from __future__ import annotations

import os
from typing import IO, Any

import numpy as np

from imgcuda import images
from imgcuda.arrays.device_image import DeviceImage
from imgcuda.arrays.host import host_kind
from imgcuda.arrays.kinds import Location, location_of
from imgcuda.errors import ImageError
from imgcuda.images import Format, Image, Options, Written
from imgcuda.pixels import as_array, check_image


def write(
    target: str | os.PathLike[str] | IO[bytes],
    image: Any,
    *,
    format: str | Format | None = None,
    options: Options = Options(),  # noqa: B008  # it cannot be changed
    complete: bool = False,
) -> Written:
    """Write an image, or an array of any library, to a path or a stream of bytes.

    The format is that of the path's extension, or `format`, as "png". `image` is what `read` returns, with its
    metadata, or an array in host memory as filters take it, or a DeviceImage. Returns what the format could not
    hold, in sentences; with `complete` that is an error, and nothing is written. The write is atomic. `options` are the
    encoder's, as `imgcuda.images.Options(quality=90)`. Raises ImageError, and ParameterError for options of another
    format.
    """
    given = image if isinstance(image, Image) else Image(_pixels(image))
    named = images.by_name(format) if isinstance(format, str) else format
    return images.write(target, given, format=named, options=options, complete=complete)


def _pixels(value: Any) -> images.Pixels:
    """Return an array of any library in host memory."""
    location = location_of(value)
    if isinstance(value, DeviceImage):
        made = value.download()
    elif location is Location.GPU:
        raise ImageError("an array on a GPU must be copied to the host to be written, by .get() or .cpu()")
    else:
        made = as_array(value) if location is Location.PLAIN else host_kind(value).to_numpy(value)
    computed = check_image(made.shape, made.dtype)
    if made.dtype.newbyteorder("=") != computed:
        raise ImageError(f"no format holds {made.dtype} samples; convert with array.astype('{computed}')")
    return np.ascontiguousarray(made, computed)

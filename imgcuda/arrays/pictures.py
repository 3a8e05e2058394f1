"""Pictures of Pillow, in all modes as files are read: the result has the mode that the file's result would have."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image

from imgcuda.errors import ImageError
from imgcuda.images.error_messages import translated_errors
from imgcuda.images.image import describe
from imgcuda.images.modes import to_array

Array = npt.NDArray[Any]

PRINTED = ("CMYK", "LAB")
"""The modes that are converted to sRGB, by their profile, which the result therefore does not have."""


def to_numpy(picture: PIL.Image.Image) -> Array:
    """Return a picture's pixels: palettes as their colors, black and white as gray, CMYK and LAB as sRGB."""
    with translated_errors("the picture", "read"):
        if picture.mode == "I" and not _are_levels(np.asarray(picture)):
            raise ImageError("its whole numbers are not all of 0 to 65535; picture.convert('F') makes floats of them")
        return to_array(picture)


def _are_levels(samples: Array) -> bool:
    return bool(samples.min() >= 0 and samples.max() <= 65535)


def from_numpy(result: Array, picture: PIL.Image.Image) -> PIL.Image.Image:
    """Return a result as a picture, with the `info` of the one that was filtered, as Pillow's own filters do it.

    Raises ImageError if Pillow has no mode for the result, such as 16-bit color.
    """
    try:
        made = PIL.Image.fromarray(np.ascontiguousarray(result))
    except TypeError as error:
        remedy = "filter an array of it: numpy.asarray(picture)"
        raise ImageError(f"Pillow has no mode for the result, {describe(result)}; {remedy}") from error
    left_out = {"transparency", *(["icc_profile"] if picture.mode in PRINTED else [])}
    made.info = {key: value for key, value in picture.info.items() if key not in left_out}
    return made

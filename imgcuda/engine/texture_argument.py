"""A texture as an argument of a launch on a GPU, which makes it there."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy.typing as npt


class TextureArgument(NamedTuple):
    """The texels of a texture, and how a kernel reads them."""

    texels: npt.NDArray[Any]
    """C-contiguous, of the shape (height, width, channels)."""
    function: str
    """The function that reads it: tex2D, or for a texture of one row tex1D or tex1Dfetch."""
    linear: bool
    """Whether reads between texels are interpolated."""
    normalized: bool
    """Whether coordinates are from 0 to 1 across the texture."""
    as_floats: bool
    """Whether whole numbers are read as floats from 0 or -1 to 1."""
    modes: tuple[str, str]
    """What is beyond the borders along x and y: "clamp", "border", "wrap" or "mirror"."""
    border: tuple[float, float, float, float]
    """The texel of the mode "border"."""

"""An image file <-> arrays: what is read can be written back with nothing lost in silence.

Pillow decodes, also what it has no mode for (`deep`), but for TIFF and BMP, whose directories and samples are read here
(`tiff_reader`, `bmp`). Pillow encodes all but PNG, TIFF and PPM, of which its own encoders know half (`png`, `tiff`).
"""

from imgcuda.images.atomic_write import Clobber
from imgcuda.images.color import other_than_srgb
from imgcuda.images.convert import at_depth, convert, is_deeper, to_depth
from imgcuda.images.formats import Format, Options, by_name
from imgcuda.images.image import Image, Pixels, describe
from imgcuda.images.linear import Light
from imgcuda.images.metadata import profile_name
from imgcuda.images.reading import MAX_PIXELS, read
from imgcuda.images.writing import Written, check_output, write

__all__ = [
    "MAX_PIXELS",
    "Clobber",
    "Format",
    "Image",
    "Light",
    "Options",
    "Pixels",
    "Written",
    "at_depth",
    "by_name",
    "check_output",
    "convert",
    "describe",
    "is_deeper",
    "other_than_srgb",
    "profile_name",
    "read",
    "to_depth",
    "write",
]

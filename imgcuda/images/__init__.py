"""Read an image file into arrays, and write arrays to an image file, without losing anything silently.

Our own readers decode TIFF, BMP, TGA, QOI, ICO, PSD, DDS, PCX, SGI and the formats of Netpbm; Pillow decodes the rest.
PNG, TIFF, PPM and TGA are encoded here, since Pillow cannot write most of their 16-bit kinds; Pillow encodes the rest.
"""

from imgcuda.images.atomic_write import Clobber
from imgcuda.images.color import other_than_srgb
from imgcuda.images.convert import at_depth, convert
from imgcuda.images.depth import is_deeper, to_depth
from imgcuda.images.formats import Format, Options, by_name
from imgcuda.images.image import Image, Pixels, describe, without_memory
from imgcuda.images.metadata import profile_name
from imgcuda.images.reading import MAX_PIXELS, count_pixels, read
from imgcuda.images.request import ReadRequest
from imgcuda.images.writing import JPEG_QUALITY, Written, check_output, write

__all__ = [
    "JPEG_QUALITY",
    "MAX_PIXELS",
    "Clobber",
    "Format",
    "Image",
    "Options",
    "Pixels",
    "ReadRequest",
    "Written",
    "at_depth",
    "by_name",
    "check_output",
    "convert",
    "count_pixels",
    "describe",
    "is_deeper",
    "other_than_srgb",
    "profile_name",
    "read",
    "to_depth",
    "without_memory",
    "write",
]

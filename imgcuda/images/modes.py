"""Convert the modes of Pillow to arrays. The table in docs/files.md is made from `MODES`."""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

import numpy as np
import PIL.Image

from imgcuda.errors import ImageError
from imgcuda.images.image import Pixels


class ModeReading(NamedTuple):
    """How the pixels of a mode are read."""

    mode: str
    """The mode that Pillow converts them to; the same mode if an array can hold it."""
    found: str
    """The formats that have pixels of this mode."""
    loss: str = ""
    """The loss in that conversion, as a sentence to report."""

    @property
    def array(self) -> tuple[str, int]:
        """The sample type and the channels of the array."""
        return {"I;16": ("uint16", 1), "F": ("float32", 1)}.get(self.mode, ("uint8", len(self.mode)))


_NOT_IN_FILES = "no file that is read; Pillow makes it in memory"

MODES = {
    "1": ModeReading("L", "black and white PNG, TIFF, BMP"),
    "L": ModeReading("L", "gray in any format"),
    "LA": ModeReading("LA", "gray with alpha: PNG, TIFF"),
    "La": ModeReading("LA", "TIFF with premultiplied alpha"),
    "P": ModeReading("RGB", "a palette: GIF, PNG, TIFF, BMP"),
    "PA": ModeReading("RGBA", "TIFF with a palette and alpha"),
    "RGB": ModeReading("RGB", "color in any format"),
    "RGBA": ModeReading("RGBA", "color with alpha: PNG, TIFF, WebP, AVIF, BMP"),
    "RGBa": ModeReading("RGBA", _NOT_IN_FILES),
    "RGBX": ModeReading("RGB", _NOT_IN_FILES),
    "CMYK": ModeReading("RGB", "JPEG, TIFF and PSD for print", "its CMYK colors are converted to RGB"),
    "YCbCr": ModeReading("RGB", "TIFF"),
    "LAB": ModeReading("RGB", "TIFF and PSD", "its LAB colors are converted to RGB"),
    "HSV": ModeReading("RGB", _NOT_IN_FILES),
    "I;16": ModeReading("I;16", "16-bit gray: PNG, TIFF"),
    "I;16B": ModeReading("I;16", "16-bit gray TIFF, the other byte order"),
    "I": ModeReading("I;16", "TIFF with 32-bit or signed whole numbers"),
    "F": ModeReading("F", "TIFF with 32-bit floats"),
}
"""Every mode of Pillow, and how it is read."""

WHOLE = "its whole numbers from {} to {} have no known black and white; --convert F reads them as floats"
FLAT = {"L", "LA", "RGB", "RGBA"}
"""The modes whose bytes are an array."""


def scale_transparent_gray(picture: PIL.Image.Image) -> None:
    """Have a PNG's transparent gray compared with samples of 8 bits, to which Pillow scales those of 2 and 4.

    To be called before the picture is loaded.
    """
    key, tiles = picture.info.get("transparency"), getattr(picture, "tile", [])
    if picture.format == "PNG" and isinstance(key, int) and tiles:
        picture.info["transparency"] = key * {"L;2": 85, "L;4": 17}.get(tiles[0].args, 1)


def to_array(picture: PIL.Image.Image, *, raw: bool = False) -> Pixels:
    """Return a picture's pixels: palettes as their colors, black and white as 0 and 255, one clear color as alpha.

    With `raw`, whole numbers become floats of the same value. Raises ImageError for numbers that are no levels.
    """
    if picture.mode in ("CMYK", "LAB"):
        picture = printed_to_rgb(picture)
    mode = MODES[picture.mode].mode if picture.mode in MODES else picture.mode
    if mode in ("L", "RGB") and picture.has_transparency_data:
        mode += "A"
    if mode in FLAT:
        return np.asarray(picture if mode == picture.mode else picture.convert(mode))
    if mode == "F":
        return np.asarray(picture, dtype=np.float32)
    if mode == "I;16" or mode.startswith("I;16"):
        return _whole_numbers(picture, raw)
    raise ImageError(f"its pixels are of the kind {mode}, which cannot be read")


def _whole_numbers(picture: PIL.Image.Image, raw: bool) -> Pixels:
    """Return whole numbers as uint16: in native byte order, and out of Pillow's 32 bits where they fit."""
    samples = np.asarray(picture)
    if raw:
        return samples.astype(np.float32)
    if samples.itemsize > 2 and (samples.min() < 0 or samples.max() > 65535):
        raise ImageError(WHOLE.format(samples.min(), samples.max()))
    gray = samples.astype(np.uint16)
    key = picture.info.get("transparency")
    if not isinstance(key, int):
        return gray
    return np.stack([gray, np.where(gray == key, 0, 65535).astype(np.uint16)], axis=2)


def printed_to_rgb(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Return CMYK or LAB as sRGB, by the picture's own profile if it has one that fits."""
    from PIL import ImageCms  # few pictures are printed ones

    rgb = ImageCms.createProfile("sRGB")
    try:
        own = ImageCms.createProfile("LAB")
        if picture.mode == "CMYK":
            own = ImageCms.getOpenProfile(BytesIO(picture.info["icc_profile"])).profile
        made = ImageCms.profileToProfile(picture, own, rgb, outputMode="RGB")
    except (KeyError, OSError, ImageCms.PyCMSError):
        if picture.mode == "LAB":
            raise
        made = picture.convert("RGB")  # without a profile: white less ink
    assert made is not None
    made.info.pop("icc_profile", None)
    return made

"""Pillow's calls for filters: on images of L, RGB and RGBA. Its GaussianBlur is three boxes, so it is left out."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter


def box_blur(image: Image.Image, radius: int, border: str) -> Image.Image:
    """Return the mean of the square around each pixel."""
    _refuse(image, border)
    return image.filter(ImageFilter.BoxBlur(radius))


def median(image: Image.Image, radius: int, border: str) -> Image.Image:
    """Return the median of the square around each pixel."""
    _refuse(image, border)
    return image.filter(ImageFilter.MedianFilter(2 * radius + 1))


def grayscale(image: Image.Image, weights: str) -> Image.Image:
    """Return the luminance."""
    if weights != "rec601" or image.mode != "RGB":
        raise LookupError("has the weights of rec601 alone, for RGB")
    return image.convert("L")


def invert(image: Image.Image) -> Image.Image:
    """Return the negative."""
    if image.mode == "RGBA":
        raise LookupError("inverts alpha, too")
    return ImageChops.invert(image)


def flip(image: Image.Image, direction: str) -> Image.Image:
    """Return the mirrored image."""
    ways = {
        "horizontal": Image.Transpose.FLIP_LEFT_RIGHT,
        "vertical": Image.Transpose.FLIP_TOP_BOTTOM,
        "both": Image.Transpose.ROTATE_180,
    }
    return image.transpose(ways[direction])


def _refuse(image: Image.Image, border: str) -> None:
    """Raise LookupError for another border than Pillow's, and for alpha, which it filters as it filters a color."""
    if border != "nearest" or image.mode == "RGBA":
        raise LookupError("has this filter with border=nearest alone, and without alpha")

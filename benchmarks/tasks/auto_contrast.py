"""Auto-contrast, beside Pillow, scikit-image, CuPy, torchvision and kornia, with no sample set aside and with 1 %."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps
from task import Picture, Task

CUTOFF = 1
"""Percent at either end."""


def exact(picture: Picture, cutoff: float) -> npt.NDArray[Any]:
    """Return the result in float64, by the samples' order."""
    planes = np.sort(picture.reshape(-1, 3), axis=0)
    aside = int(len(planes) * cutoff // 100)
    low, high = planes[aside].astype(np.float64), planes[-1 - aside]
    return np.asarray(np.rint(np.clip((picture - low) / (high - low) * 255, 0, 255)))


def opencv(picture: Picture) -> Any:
    """Return OpenCV's, which has none for a percentage, channel by channel."""
    planes = [cv2.normalize(plane, None, 0, 255, cv2.NORM_MINMAX) for plane in cv2.split(picture)]  # type: ignore[call-overload]
    return cv2.merge(planes)


def pillow(picture: Picture, cutoff: float) -> Any:
    """Return Pillow's, which rounds down."""
    return ImageOps.autocontrast(Image.fromarray(picture), cutoff=cutoff)


def scikit_image(picture: Picture, cutoff: float) -> Any:
    """Return scikit-image's, which rounds down, channel by channel."""
    from skimage import exposure

    rescale: Any = exposure.rescale_intensity
    planes = np.moveaxis(picture, -1, 0)
    ends = [tuple(np.percentile(plane, (cutoff, 100 - cutoff))) for plane in planes]
    made = [rescale(plane, in_range=end, out_range=np.uint8) for plane, end in zip(planes, ends, strict=True)]
    return np.stack(made, axis=-1)


def cupy(picture: Any, cutoff: float) -> Any:
    """Return CuPy's percentiles, stretched."""
    import cupy as cp

    low, high = cp.percentile(picture, cp.asarray([cutoff, 100.0 - cutoff]), axis=(0, 1)).astype(cp.float32)
    return cp.rint(cp.clip((picture - low) * (255 / (high - low)), 0, 255)).astype(cp.uint8)


def torchvision(picture: Any) -> Any:
    """Return torchvision's, which has no percentage and rounds down."""
    from torchvision.transforms.v2 import functional

    return functional.autocontrast(picture)


def kornia(picture: Any) -> Any:
    """Return kornia's, of floats, which has no percentage."""
    from kornia.enhance import normalize_min_max

    return normalize_min_max(picture[None].float(), 0.0, 255.0)[0].round().byte()


TASKS = [
    Task(
        "auto-contrast",
        {},
        lambda picture: exact(picture, 0),
        {
            "OpenCV": opencv,
            "Pillow": lambda picture: pillow(picture, 0),
            "scikit-image": lambda picture: scikit_image(picture, 0),
        },
        {"CuPy": lambda picture: cupy(picture, 0), "torchvision": torchvision, "kornia": kornia},
    ),
    Task(
        "auto-contrast",
        {"cutoff": CUTOFF},
        lambda picture: exact(picture, CUTOFF),
        {
            "Pillow": lambda picture: pillow(picture, CUTOFF),
            "scikit-image": lambda picture: scikit_image(picture, CUTOFF),
        },
        {"CuPy": lambda picture: cupy(picture, CUTOFF)},
    ),
]

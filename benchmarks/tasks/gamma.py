"""Gamma, beside OpenCV, Pillow and CuPy, which look it up, scikit-image, torchvision and kornia."""

from __future__ import annotations

from typing import Any

import lookups
import numpy as np
import numpy.typing as npt
from skimage.exposure import adjust_gamma
from task import Task

GAMMA = 2.2


def formula(colors: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.asarray(adjust_gamma(colors, GAMMA))  # type: ignore[no-untyped-call]


def torchvision(picture: Any) -> Any:
    from torchvision.transforms.v2 import functional

    return functional.adjust_gamma(picture, GAMMA)


def kornia(picture: Any) -> Any:
    """Return what it makes of floats, which it takes only."""
    import kornia
    import torch

    return (255 * kornia.enhance.adjust_gamma(picture / 255, GAMMA)).round().to(torch.uint8)


TASKS = [
    Task(
        "gamma",
        {"gamma": GAMMA},
        exact=lookups.exact(formula),
        host={**lookups.host(formula), "scikit-image": formula},
        device={**lookups.device(formula), "torchvision": torchvision, "kornia": kornia},
    )
]

"""Match histogram, beside scikit-image, which rounds down."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from skimage.exposure import match_histograms
from task import Picture, Task

OTHER = (np.random.default_rng(1).random((400, 600, 3)) ** 2 * 255).astype(np.uint8)


def exact(picture: Picture) -> npt.NDArray[Any]:
    """Return scikit-image's result of each channel alone, which it does not round."""
    return np.dstack([match_histograms(picture[:, :, c], OTHER[:, :, c]) for c in range(3)])


def scikit_image(picture: Picture) -> Any:
    return match_histograms(picture, OTHER, channel_axis=2)


TASKS = [Task("match-histogram", {"reference": OTHER}, exact, {"scikit-image": scikit_image})]

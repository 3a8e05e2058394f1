"""Normalize, beside scikit-image's percentiles, with all channels together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from task import Picture, Task

LOW, HIGH = 2.0, 99.0


def exact(picture: Picture) -> npt.NDArray[Any]:
    """Return the result in float64, by the samples' order."""
    samples = np.sort(picture, axis=None).astype(np.float64)
    low, high = samples[int(len(samples) * LOW // 100)], samples[-1 - int(len(samples) * (100 - HIGH) // 100)]
    return np.asarray(np.clip((picture - low) / (high - low) * 255, 0, 255))


def scikit_image(picture: Picture) -> Any:
    from skimage.exposure import rescale_intensity

    rescale: Any = rescale_intensity
    return rescale(picture, in_range=tuple(np.percentile(picture, (LOW, HIGH))), out_range=np.uint8)


TASKS = [Task("normalize", {"low": LOW, "high": HIGH, "per_channel": False}, exact, {"scikit-image": scikit_image})]

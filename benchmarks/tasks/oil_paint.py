"""Oil paint: neither OpenCV's main modules nor Pillow have it."""

from __future__ import annotations

from typing import Any

import numpy as np
from references import LUMA
from task import Picture, Task

RADIUS, LEVELS = 2, 8


def exact(picture: Picture) -> Any:
    (height, width), size = picture.shape[:2], 2 * RADIUS + 1
    around = ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0))
    level = np.rint(picture @ LUMA / 255 * (LEVELS - 1)).astype(np.int64)[..., None] == np.arange(LEVELS)
    counted, wide = np.pad(level, around, "symmetric"), np.pad(picture, around, "symmetric").astype(np.float32)
    counts, sums = np.zeros(level.shape, np.float32), np.zeros((*level.shape, 3), np.float32)
    for y, x in np.argwhere(np.hypot(*np.indices((size, size)) - RADIUS) <= RADIUS):
        part = counted[y : y + height, x : x + width]
        counts += part
        sums += part[..., None] * wide[y : y + height, x : x + width, None]
    weights = (counts / counts.max(axis=2, keepdims=True)) ** 8
    means = sums / np.maximum(counts, 1)[..., None]
    return (weights[..., None] * means).sum(axis=2) / weights.sum(axis=2)[..., None]


TASKS = [Task("oil-paint", {"radius": RADIUS, "levels": LEVELS}, exact=exact)]

"""Halftone: no other library has it."""

from __future__ import annotations

from typing import Any

import numpy as np
from task import Picture, Task

from imgcuda_plugins.stylize.halftone import OFFSETS, radii

SIZE = 8.0


def exact(picture: Picture) -> Any:
    y, x = np.indices(picture.shape[:2]) + 0.5
    made = np.empty(picture.shape)
    for channel, offset in enumerate(OFFSETS[1:]):
        angle = np.radians(45 + offset)
        across = (np.cos(angle) * x + np.sin(angle) * y) / SIZE % 1 - 0.5
        down = (np.cos(angle) * y - np.sin(angle) * x) / SIZE % 1 - 0.5
        radius = np.interp(1 - picture[..., channel] / 255, np.linspace(0, 1, 257), radii(SIZE))
        made[..., channel] = 255 - 255 * np.clip(0.5 + radius - SIZE * np.hypot(across, down), 0, 1)
    return made


TASKS = [Task("halftone", {"size": SIZE}, exact=exact)]

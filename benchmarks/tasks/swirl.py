"""The swirl, beside scikit-image's."""

from __future__ import annotations

from typing import Any

import skimage.transform
from references import rounded
from task import Picture, Task


def scikit_image(picture: Picture) -> Any:
    """Return scikit-image's in float64."""
    center, reach = [side / 2 - 0.5 for side in picture.shape[:2]], 0.75 * min(picture.shape[:2])
    swirl: Any = skimage.transform.swirl
    return swirl(picture, center[::-1], 4, reach, order=1, mode="constant", preserve_range=True)


TASKS = [Task("swirl", {}, scikit_image, {"scikit-image": rounded(scikit_image)})]

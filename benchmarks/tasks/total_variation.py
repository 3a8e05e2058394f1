"""Total variation: ten iterations, beside scikit-image and cuCIM, with as many."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from references import rounded
from skimage import restoration
from task import Picture, Task

ITERATIONS = 10
SAME = {"weight": 0.1, "eps": 0, "max_num_iter": ITERATIONS, "channel_axis": -1}
chambolle: Any = restoration.denoise_tv_chambolle  # without types


def exact(picture: Picture) -> npt.NDArray[Any]:
    return np.asarray(255 * chambolle(picture / 255, **SAME))


def cucim(picture: Any) -> Any:
    import cupy
    from cucim.skimage.restoration import denoise_tv_chambolle as on_gpu

    return cupy.rint(255 * on_gpu(picture.astype(cupy.float32) / 255, **SAME)).astype(cupy.uint8)


TASKS = [
    Task(
        "total-variation",
        {"iterations": ITERATIONS},
        exact,
        host={"scikit-image": rounded(exact)},
        device={"CuPy": cucim},
    )
]

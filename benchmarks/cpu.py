"""The filters on this machine's cores, beside OpenCV and Pillow: `python benchmarks/cpu.py [result.json]`.

4K pictures (3840x2160), RGB and grey, uint8, results in fresh arrays, all cores for imgcuda and OpenCV. Each result
is held against a reference before anything is timed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from table import Row, measure, save, show

import imgcuda
from imgcuda.cpu.device import CpuDevice
from imgcuda.testing import assert_close

Picture = npt.NDArray[np.uint8]


def filtered(picture: Picture, name: str, **parameters: Any) -> Callable[[], Any]:
    """Return a call of a filter through the Python API."""
    return lambda: imgcuda.apply(picture, name, device="cpu", **parameters)


def sobel(picture: Picture) -> Any:
    """Return OpenCV's gradient magnitude, in the fewest calls."""
    x, y = cv2.Sobel(picture, cv2.CV_32F, 1, 0), cv2.Sobel(picture, cv2.CV_32F, 0, 1)
    flat = cv2.magnitude(x.reshape(x.shape[0], -1), y.reshape(y.shape[0], -1))
    return cv2.convertScaleAbs(flat).reshape(picture.shape)


def blur(picture: Picture, sigma: float) -> Any:
    """Return OpenCV's Gaussian, cut off where ours is."""
    size = 2 * int(4 * sigma + 0.5) + 1
    return cv2.GaussianBlur(picture, (size, size), sigma, borderType=cv2.BORDER_REFLECT)


def rows(kind: str, picture: Picture) -> list[Row]:
    """Return the times for one picture."""
    pillow = Image.fromarray(picture)
    slopes = [cv2.Sobel(picture, cv2.CV_64F, *axis, borderType=cv2.BORDER_REFLECT) for axis in ((1, 0), (0, 1))]
    edges = np.minimum(np.rint(np.hypot(*slopes)), 255)
    assert_close(filtered(picture, "edges")(), edges.astype(np.uint8))
    found = [
        measure(
            f"edges, {kind}", {"imgcuda": filtered(picture, "edges"), "OpenCV": lambda: sobel(picture), "Pillow": None}
        )
    ]
    for sigma in (1.5, 3, 10):
        assert_close(
            filtered(picture, "blur", sigma=sigma)(), blur(picture, sigma), 2
        )  # OpenCV's own is 1 off at times
        contenders = {
            "imgcuda": filtered(picture, "blur", sigma=sigma),
            "OpenCV": lambda sigma=sigma: blur(picture, sigma),
            "Pillow": lambda sigma=sigma: pillow.filter(ImageFilter.GaussianBlur(sigma)),
        }
        found.append(measure(f"blur, sigma {sigma}, {kind}", contenders))
    if picture.ndim == 3:
        assert_close(filtered(picture, "grayscale")(), np.asarray(pillow.convert("L")), 1)
        contenders = {
            "imgcuda": filtered(picture, "grayscale"),
            "OpenCV": lambda: cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY),
            "Pillow": lambda: pillow.convert("L"),
        }
        found.append(measure(f"grayscale, {kind}", contenders))
    return found


def main() -> None:
    """Measure, print and save."""
    picture = np.random.default_rng(0).integers(0, 256, (2160, 3840, 3), dtype=np.uint8)
    found = rows("RGB", picture) + rows("grey", np.ascontiguousarray(picture[:, :, 1]))
    title = f"4K on {CpuDevice().description}; OpenCV {cv2.__version__}"
    show(title, found, "OpenCV")
    save(title, found)


if __name__ == "__main__":
    main()

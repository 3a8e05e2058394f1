"""Make the pictures of README and docs: a sample before and after, side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import imgcuda

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"


def main() -> None:
    """Write all pictures anew."""
    coffee = np.asarray(Image.open(ROOT / "sample_images" / "coffee.png").convert("RGB"))
    blurred = imgcuda.apply(coffee, "blur", sigma=3, device="cpu")
    edges = imgcuda.apply(blurred, "edges", scale=4, device="cpu")
    side_by_side("coffee", [coffee, blurred, edges])


def side_by_side(name: str, images: list[np.ndarray]) -> None:
    """Write images of one size beside each other, small enough for a page."""
    gap = np.full((images[0].shape[0], 12, 3), 255, np.uint8)
    row = [part for image in images for part in (image, gap)][:-1]
    picture = Image.fromarray(np.concatenate(row, axis=1))
    picture.thumbnail((1200, 400))
    picture.save(PICTURES / f"{name}.jpg", quality=88)


if __name__ == "__main__":
    main()

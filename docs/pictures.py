"""Make the pictures of README and docs: a sample before and after, side by side.

python docs/pictures.py [FILTER...]     all of them, or those of some filters
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from imgcuda import Filter
from imgcuda.recipes.chain_text import parse_step
from imgcuda.registry import Registry, load

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_images"
PICTURES = ROOT / "docs" / "pictures"
HEIGHT = 300
"""Of a sample in a filter's picture, in pixels: it is made smaller before it is filtered, so that the result is not."""
GAP = 12
CHECKS = 8
"""The side of the squares that show through where a picture is transparent."""

Pixels = npt.NDArray[Any]


@dataclass(frozen=True)
class Shot:
    """How a filter's picture is made."""

    step: str = ""
    """The filter as one types it after -f; its defaults if empty."""
    sample: str = "coffee.png"
    before: tuple[str, ...] = ()
    """What is done to the sample first, for a filter that mends something."""


SHOTS: dict[str, Shot] = {
    "adaptive-threshold": Shot("adaptive-threshold:offset=0.02", "camera.png"),
    "add-noise": Shot(sample="chelsea.png"),
    "affine": Shot("affine:angle=15,scale=0.8,shear_x=15", "chelsea.png"),
    "anisotropic-diffusion": Shot(sample="chelsea.png", before=("add-noise:amount=0.05",)),
    "auto-threshold": Shot(sample="camera.png"),
    "black-hat": Shot("black-hat:radius=8,shape=ellipse", "retina.jpg"),
    "bilateral": Shot(sample="chelsea.png", before=("add-noise:amount=0.05",)),
    "bloom": Shot(sample="rocket.jpg"),
    "cartoon": Shot("cartoon:black=0.6", "astronaut.png"),
    "chroma-key": Shot("chroma-key:color=#e04e24,similarity=0.15,blend=0.05", "astronaut.png"),
    "chromatic-aberration": Shot("chromatic-aberration:red=1.03,blue=0.97", "chelsea.png"),
    "clahe": Shot(sample="rocket.jpg"),
    "color-matrix": Shot("color-matrix:matrix=[[0.2,0.8,0],[0.1,0.6,0.3],[0.6,0,0.4]]"),
    "close": Shot("close:radius=4,shape=ellipse"),
    "colormap": Shot(sample="camera.png"),
    "composite": Shot("composite:image=horse.png,mode=multiply,x=25,y=-10"),
    "convolve": Shot("convolve:kernel=[[0,-1,0],[-1,5,-1],[0,-1,0]]", "chelsea.png"),
    "crop": Shot("crop:aspect=1:1", "chelsea.png"),
    "curves": Shot("curves:points=[[0,0],[0.25,0.1],[0.7,0.9],[1,1]]", "astronaut.png"),
    "dehaze": Shot(sample="astronaut.png", before=("levels:out_low=0.45,out_high=0.85",)),
    "difference-of-gaussians": Shot("difference-of-gaussians:scale=8"),
    "dilate": Shot("dilate:radius=3,shape=ellipse", "chelsea.png"),
    "distance-transform": Shot("distance-transform:scale=6", "horse.png", before=("invert",)),
    "dither": Shot("dither:levels=2,method=blue-noise", "astronaut.png"),
    "emboss": Shot("emboss:height=2", "chelsea.png"),
    "equalize": Shot(sample="camera.png", before=("contrast:factor=0.4",)),
    "error-diffusion": Shot(sample="astronaut.png"),
    "exposure": Shot(sample="rocket.jpg"),
    "erode": Shot("erode:radius=3,shape=ellipse", "chelsea.png"),
    "extract-channel": Shot("extract-channel:channel=saturation"),
    "filmic": Shot(sample="rocket.jpg"),
    "flatten": Shot("flatten:background=gold", "chelsea.png", before=("set-alpha:opacity=0.4",)),
    "frangi": Shot(sample="retina.jpg"),
    "gabor": Shot("gabor:frequency=0.15,theta=45,offset=0.5,scale=3", "chelsea.png"),
    "gamma": Shot("gamma:gamma=0.5", "rocket.jpg"),
    "gradient-direction": Shot(sample="chelsea.png", before=("blur:sigma=2",)),
    "hessian": Shot("hessian:scale=16", "retina.jpg"),
    "guided": Shot(sample="chelsea.png", before=("add-noise:amount=0.05",)),
    "in-range": Shot("in-range:low=#803000,high=#ffb080", "astronaut.png"),
    "laplacian-of-gaussian": Shot("laplacian-of-gaussian:scale=-8,offset=0.5"),
    "kuwahara": Shot(sample="chelsea.png"),
    "lens-blur": Shot("lens-blur:radius=6,shape=polygon", "chelsea.png"),
    "lens-distortion": Shot("lens-distortion:k1=-0.15", "chelsea.png"),
    "halftone": Shot("halftone:size=6", "astronaut.png"),
    "levels": Shot("levels:in_low=0.1,in_high=0.7,gamma=1.3", "rocket.jpg"),
    "match-histogram": Shot("match-histogram:reference=rocket.jpg", "chelsea.png"),
    "median": Shot(before=("add-noise:kind=salt-and-pepper,amount=0.05",)),
    "morphological-gradient": Shot("morphological-gradient:shape=cross", "camera.png"),
    "motion-blur": Shot("motion-blur:length=20,angle=30", "rocket.jpg"),
    "nl-means": Shot(sample="chelsea.png", before=("add-noise:amount=0.05",)),
    "normalize": Shot(sample="chelsea.png", before=("contrast:factor=0.4",)),
    "open": Shot("open:radius=4,shape=ellipse"),
    "pad": Shot("pad:amount=40,border=reflect", "chelsea.png"),
    "perspective": Shot("perspective:target_points=[[60,20],[400,0],[450,299],[0,250]]", "chelsea.png"),
    "oil-paint": Shot(sample="chelsea.png"),
    "pixelate": Shot(sample="chelsea.png"),
    "polar": Shot(sample="astronaut.png"),
    "posterize": Shot(sample="astronaut.png"),
    "rank": Shot("rank:radius=3,percentile=10", "chelsea.png"),
    "remap": Shot(sample="chelsea.png", before=("resize:fill=60x40",)),
    "ripple": Shot(sample="chelsea.png"),
    "roll": Shot("roll:x=120,y=80", "chelsea.png"),
    "radial-blur": Shot("radial-blur:angle=15", "astronaut.png"),
    "quantize": Shot("quantize:colors=6"),
    "set-alpha": Shot(sample="chelsea.png"),
    "shadows-highlights": Shot("shadows-highlights:shadows=1.2,highlights=0.5", "rocket.jpg"),
    "sigmoidal-contrast": Shot(sample="astronaut.png"),
    "swirl": Shot(sample="chelsea.png"),
    "sketch": Shot(sample="astronaut.png"),
    "text": Shot("text:text='a cup of\\ncoffee',size=40,color=gold,gravity=northeast"),
    "threshold": Shot(sample="camera.png"),
    "total-variation": Shot(sample="chelsea.png", before=("add-noise:amount=0.05",)),
    "tone-map": Shot(sample="rocket.jpg"),
    "tilt-shift": Shot("tilt-shift:position=0.7,sigma=4", "rocket.jpg"),
    "top-hat": Shot("top-hat:radius=8,shape=ellipse", "rocket.jpg"),
    "trim": Shot("trim:margin=8", "horse.png", before=("pad:left=60,right=20,top=25,bottom=45,color=white",)),
    "undistort": Shot("undistort:k1=-0.15", "chelsea.png", before=("lens-distortion:k1=-0.15",)),
    "vignette": Shot(sample="astronaut.png"),
    "white-balance": Shot(sample="chelsea.png", before=("temperature:temperature=4000",)),
    "zoom-blur": Shot("zoom-blur:factor=0.25", "astronaut.png"),
}
"""The filters whose pictures show more with other values than their defaults, or of another sample."""


def built_in(registry: Registry) -> list[str]:
    """Return the names of the filters that come with imgcuda."""
    return [name for name in registry if registry.sources[name].distribution.startswith("imgcuda ")]


def main() -> None:
    """Write the pictures anew."""
    registry, asked = load(), sys.argv[1:]
    with contextlib.chdir(SAMPLES):  # where a step may name another picture
        for name in asked or built_in(registry):
            of_filter(registry, name)
        if not asked:
            of_readme(registry)


def of_filter(registry: Registry, name: str) -> None:
    """Write the picture of a filter."""
    shot = SHOTS.get(name, Shot())
    before = run(registry, shot.before, sample(shot.sample, HEIGHT))
    after = run(registry, [shot.step], before) if shot.step else with_defaults(registry, name)(before, device="cpu")
    side_by_side(PICTURES / "filters" / f"{name}.jpg", [before, after])


def of_readme(registry: Registry) -> None:
    """Write the picture at the top of README."""
    coffee = sample("coffee.png", 400)
    blurred = run(registry, ["blur:sigma=3"], coffee)
    side_by_side(PICTURES / "coffee.jpg", [coffee, blurred, run(registry, ["edges:scale=4"], blurred)], width=1200)


def run(registry: Registry, steps: Sequence[str], pixels: Pixels) -> Pixels:
    """Return what filters make of an image."""
    for step in steps:
        pixels = parse_step(registry, step)(pixels, device="cpu")
    return pixels


def with_defaults(registry: Registry, name: str) -> Filter:
    """Return a filter with its defaults, and with any value where there is none."""
    needed = {p.name: p.some_value() for p in registry[name].parameters() if p.required}
    return registry.create(name, needed)


def sample(name: str, height: int) -> Pixels:
    """Return a sample, of that height at most."""
    with Image.open(name) as image:
        image.thumbnail((10 * height, height), Image.Resampling.LANCZOS)
        return np.asarray(image)


def side_by_side(path: Path, images: Sequence[Pixels], width: int = 10_000) -> None:
    """Write images beside each other, aligned at the top, as wide as that at most."""
    shown = [visible(pixels) for pixels in images]
    size = sum(image.width + GAP for image in shown) - GAP, max(image.height for image in shown)
    picture = Image.new("RGB", size, "white")
    left = 0
    for image in shown:
        picture.paste(image, (left, 0))
        left += image.width + GAP
    picture.thumbnail((width, size[1]), Image.Resampling.LANCZOS)
    picture.save(path, quality=85, optimize=True)


def visible(pixels: Pixels) -> Image.Image:
    """Return an image as it is seen: in RGB, on a board of gray and white where it is transparent."""
    image = Image.fromarray(pixels).convert("RGBA")
    rows, columns = np.indices((image.height, image.width)) // CHECKS
    board = np.where((rows + columns) % 2, 255, 220).astype(np.uint8)
    behind = Image.fromarray(board).convert("RGBA")
    return Image.alpha_composite(behind, image).convert("RGB")


if __name__ == "__main__":
    main()

"""The built-in filters, one folder a category: each category is a plugin, found as any other.

`from imgcuda_plugins import Blur` imports the module of that filter alone.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imgcuda_plugins.blur.anisotropic_diffusion import AnisotropicDiffusion as AnisotropicDiffusion
    from imgcuda_plugins.blur.bilateral import Bilateral as Bilateral
    from imgcuda_plugins.blur.blur import Blur as Blur
    from imgcuda_plugins.blur.box_blur import BoxBlur as BoxBlur
    from imgcuda_plugins.blur.convolve import Convolve as Convolve
    from imgcuda_plugins.blur.guided import Guided as Guided
    from imgcuda_plugins.blur.kuwahara import Kuwahara as Kuwahara
    from imgcuda_plugins.blur.lens_blur import LensBlur as LensBlur
    from imgcuda_plugins.blur.motion_blur import MotionBlur as MotionBlur
    from imgcuda_plugins.blur.radial_blur import RadialBlur as RadialBlur
    from imgcuda_plugins.blur.tilt_shift import TiltShift as TiltShift
    from imgcuda_plugins.blur.unsharp_mask import UnsharpMask as UnsharpMask
    from imgcuda_plugins.blur.zoom_blur import ZoomBlur as ZoomBlur
    from imgcuda_plugins.color.auto_contrast import AutoContrast as AutoContrast
    from imgcuda_plugins.color.brightness import Brightness as Brightness
    from imgcuda_plugins.color.chroma_key import ChromaKey as ChromaKey
    from imgcuda_plugins.color.color_matrix import ColorMatrix as ColorMatrix
    from imgcuda_plugins.color.colorize import Colorize as Colorize
    from imgcuda_plugins.color.colormap import Colormap as Colormap
    from imgcuda_plugins.color.contrast import Contrast as Contrast
    from imgcuda_plugins.color.curves import Curves as Curves
    from imgcuda_plugins.color.duotone import Duotone as Duotone
    from imgcuda_plugins.color.equalize import Equalize as Equalize
    from imgcuda_plugins.color.exposure import Exposure as Exposure
    from imgcuda_plugins.color.extract_channel import ExtractChannel as ExtractChannel
    from imgcuda_plugins.color.flatten import Flatten as Flatten
    from imgcuda_plugins.color.gamma import Gamma as Gamma
    from imgcuda_plugins.color.grayscale import Grayscale as Grayscale
    from imgcuda_plugins.color.hue import Hue as Hue
    from imgcuda_plugins.color.invert import Invert as Invert
    from imgcuda_plugins.color.levels import Levels as Levels
    from imgcuda_plugins.color.lut_cube import LutCube as LutCube
    from imgcuda_plugins.color.match_histogram import MatchHistogram as MatchHistogram
    from imgcuda_plugins.color.normalize import Normalize as Normalize
    from imgcuda_plugins.color.saturation import Saturation as Saturation
    from imgcuda_plugins.color.sepia import Sepia as Sepia
    from imgcuda_plugins.color.set_alpha import SetAlpha as SetAlpha
    from imgcuda_plugins.color.shadows_highlights import ShadowsHighlights as ShadowsHighlights
    from imgcuda_plugins.color.sigmoidal_contrast import SigmoidalContrast as SigmoidalContrast
    from imgcuda_plugins.color.solarize import Solarize as Solarize
    from imgcuda_plugins.color.swap_channels import SwapChannels as SwapChannels
    from imgcuda_plugins.color.temperature import Temperature as Temperature
    from imgcuda_plugins.color.vibrance import Vibrance as Vibrance
    from imgcuda_plugins.color.white_balance import WhiteBalance as WhiteBalance
    from imgcuda_plugins.compose.composite import Composite as Composite
    from imgcuda_plugins.compose.text import Text as Text
    from imgcuda_plugins.edges.canny import Canny as Canny
    from imgcuda_plugins.edges.difference_of_gaussians import DifferenceOfGaussians as DifferenceOfGaussians
    from imgcuda_plugins.edges.edges import Edges as Edges
    from imgcuda_plugins.edges.frangi import Frangi as Frangi
    from imgcuda_plugins.edges.gabor import Gabor as Gabor
    from imgcuda_plugins.edges.gradient_direction import GradientDirection as GradientDirection
    from imgcuda_plugins.edges.hessian import Hessian as Hessian
    from imgcuda_plugins.edges.high_pass import HighPass as HighPass
    from imgcuda_plugins.edges.laplacian_of_gaussian import LaplacianOfGaussian as LaplacianOfGaussian
    from imgcuda_plugins.geometry.affine import Affine as Affine
    from imgcuda_plugins.geometry.chromatic_aberration import ChromaticAberration as ChromaticAberration
    from imgcuda_plugins.geometry.crop import Crop as Crop
    from imgcuda_plugins.geometry.flip import Flip as Flip
    from imgcuda_plugins.geometry.lens_distortion import LensDistortion as LensDistortion
    from imgcuda_plugins.geometry.pad import Pad as Pad
    from imgcuda_plugins.geometry.perspective import Perspective as Perspective
    from imgcuda_plugins.geometry.polar import Polar as Polar
    from imgcuda_plugins.geometry.remap import Remap as Remap
    from imgcuda_plugins.geometry.resize import Resize as Resize
    from imgcuda_plugins.geometry.ripple import Ripple as Ripple
    from imgcuda_plugins.geometry.roll import Roll as Roll
    from imgcuda_plugins.geometry.rotate import Rotate as Rotate
    from imgcuda_plugins.geometry.swirl import Swirl as Swirl
    from imgcuda_plugins.geometry.trim import Trim as Trim
    from imgcuda_plugins.geometry.undistort import Undistort as Undistort
    from imgcuda_plugins.measure.distance_transform import DistanceTransform as DistanceTransform
    from imgcuda_plugins.morphology.black_hat import BlackHat as BlackHat
    from imgcuda_plugins.morphology.close import Close as Close
    from imgcuda_plugins.morphology.dilate import Dilate as Dilate
    from imgcuda_plugins.morphology.erode import Erode as Erode
    from imgcuda_plugins.morphology.morphological_gradient import MorphologicalGradient as MorphologicalGradient
    from imgcuda_plugins.morphology.open import Open as Open
    from imgcuda_plugins.morphology.rank import Rank as Rank
    from imgcuda_plugins.morphology.top_hat import TopHat as TopHat
    from imgcuda_plugins.noise.add_noise import AddNoise as AddNoise
    from imgcuda_plugins.noise.median import Median as Median
    from imgcuda_plugins.noise.nl_means import NlMeans as NlMeans
    from imgcuda_plugins.noise.total_variation import TotalVariation as TotalVariation
    from imgcuda_plugins.stylize.bloom import Bloom as Bloom
    from imgcuda_plugins.stylize.cartoon import Cartoon as Cartoon
    from imgcuda_plugins.stylize.dither import Dither as Dither
    from imgcuda_plugins.stylize.emboss import Emboss as Emboss
    from imgcuda_plugins.stylize.error_diffusion import ErrorDiffusion as ErrorDiffusion
    from imgcuda_plugins.stylize.halftone import Halftone as Halftone
    from imgcuda_plugins.stylize.oil_paint import OilPaint as OilPaint
    from imgcuda_plugins.stylize.pixelate import Pixelate as Pixelate
    from imgcuda_plugins.stylize.posterize import Posterize as Posterize
    from imgcuda_plugins.stylize.quantize import Quantize as Quantize
    from imgcuda_plugins.stylize.sketch import Sketch as Sketch
    from imgcuda_plugins.stylize.vignette import Vignette as Vignette
    from imgcuda_plugins.threshold.adaptive_threshold import AdaptiveThreshold as AdaptiveThreshold
    from imgcuda_plugins.threshold.auto_threshold import AutoThreshold as AutoThreshold
    from imgcuda_plugins.threshold.clahe import Clahe as Clahe
    from imgcuda_plugins.threshold.in_range import InRange as InRange
    from imgcuda_plugins.threshold.threshold import Threshold as Threshold
    from imgcuda_plugins.tone.dehaze import Dehaze as Dehaze
    from imgcuda_plugins.tone.filmic import Filmic as Filmic
    from imgcuda_plugins.tone.local_contrast import LocalContrast as LocalContrast
    from imgcuda_plugins.tone.tone_map import ToneMap as ToneMap


def __getattr__(name: str) -> Any:
    """Return a filter class by its name, from the module of that name in snake case."""
    module = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    for file in Path(__file__).parent.glob(f"*/{module}.py"):
        return getattr(import_module(f"{__name__}.{file.parent.name}.{module}"), name)
    raise AttributeError(f"imgcuda_plugins has no filter {name}")

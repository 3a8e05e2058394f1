"""Blurs, sharpening, and convolution with any matrix: the filters of the category `blur`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    from imgcuda_plugins.blur.anisotropic_diffusion import AnisotropicDiffusion
    from imgcuda_plugins.blur.bilateral import Bilateral
    from imgcuda_plugins.blur.blur import Blur
    from imgcuda_plugins.blur.box_blur import BoxBlur
    from imgcuda_plugins.blur.convolve import Convolve
    from imgcuda_plugins.blur.guided import Guided
    from imgcuda_plugins.blur.kuwahara import Kuwahara
    from imgcuda_plugins.blur.lens_blur import LensBlur
    from imgcuda_plugins.blur.motion_blur import MotionBlur
    from imgcuda_plugins.blur.radial_blur import RadialBlur
    from imgcuda_plugins.blur.tilt_shift import TiltShift
    from imgcuda_plugins.blur.unsharp_mask import UnsharpMask
    from imgcuda_plugins.blur.zoom_blur import ZoomBlur

    return [
        AnisotropicDiffusion,
        Bilateral,
        Blur,
        BoxBlur,
        Convolve,
        Guided,
        Kuwahara,
        LensBlur,
        MotionBlur,
        RadialBlur,
        TiltShift,
        UnsharpMask,
        ZoomBlur,
    ]

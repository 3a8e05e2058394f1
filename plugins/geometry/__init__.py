"""Size, orientation and place: the filters of the category `geometry`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    from imgcuda_plugins.geometry.affine import Affine
    from imgcuda_plugins.geometry.chromatic_aberration import ChromaticAberration
    from imgcuda_plugins.geometry.crop import Crop
    from imgcuda_plugins.geometry.flip import Flip
    from imgcuda_plugins.geometry.lens_distortion import LensDistortion
    from imgcuda_plugins.geometry.pad import Pad
    from imgcuda_plugins.geometry.perspective import Perspective
    from imgcuda_plugins.geometry.polar import Polar
    from imgcuda_plugins.geometry.remap import Remap
    from imgcuda_plugins.geometry.resize import Resize
    from imgcuda_plugins.geometry.ripple import Ripple
    from imgcuda_plugins.geometry.roll import Roll
    from imgcuda_plugins.geometry.rotate import Rotate
    from imgcuda_plugins.geometry.swirl import Swirl
    from imgcuda_plugins.geometry.trim import Trim
    from imgcuda_plugins.geometry.undistort import Undistort

    return [
        Affine,
        ChromaticAberration,
        Crop,
        Flip,
        LensDistortion,
        Pad,
        Perspective,
        Polar,
        Remap,
        Resize,
        Ripple,
        Roll,
        Rotate,
        Swirl,
        Trim,
        Undistort,
    ]

"""Morphology: the filters of the category `morphology`, which choose one of the neighbors by its rank."""

from __future__ import annotations

from imgcuda import Filter, hookimpl


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    from imgcuda_plugins.morphology.black_hat import BlackHat
    from imgcuda_plugins.morphology.close import Close
    from imgcuda_plugins.morphology.dilate import Dilate
    from imgcuda_plugins.morphology.erode import Erode
    from imgcuda_plugins.morphology.morphological_gradient import MorphologicalGradient
    from imgcuda_plugins.morphology.open import Open
    from imgcuda_plugins.morphology.rank import Rank
    from imgcuda_plugins.morphology.top_hat import TopHat

    return [Erode, Dilate, Open, Close, MorphologicalGradient, TopHat, BlackHat, Rank]

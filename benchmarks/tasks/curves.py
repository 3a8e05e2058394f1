"""Curves, beside OpenCV, Pillow and CuPy, which look them up."""

from __future__ import annotations

import lookups
import numpy as np
from scipy.interpolate import PchipInterpolator
from task import Task

POINTS = np.array([[0, 0], [0.25, 0.15], [0.75, 0.85], [1, 1]])

formula = PchipInterpolator(*POINTS.T)

TASKS = [Task("curves", {"points": POINTS}, lookups.exact(formula), lookups.host(formula), lookups.device(formula))]

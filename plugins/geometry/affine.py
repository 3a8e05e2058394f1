"""Affine: an image scaled, turned, sheared and moved, by a matrix or in words."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, radians, sin, tan
from typing import Any, ClassVar

import numpy as np

from imgcuda import Matrix, ParameterError, Size, param
from imgcuda_plugins.geometry.projection import Numbers, Projection, expanded, square_matrix, translation
from imgcuda_plugins.geometry.warp import middle

IDENTITY = Matrix.of([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


class Affine(Projection):
    """Scale, turn, shear and move an image, by a matrix or in words.

    A matrix is that of OpenCV's warpAffine: pixel (x, y) goes to (m00 x + m01 y + m02, m10 x + m11 y + m12), where
    pixel centers are at whole numbers. In words, a pixel's distance from the middle is multiplied by the scale, sheared
    to (x + tan(shear_x) y, y + tan(shear_y) x), turned, and moved.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "warp-affine": {},
        "shear": {"shear_x": 20.0, "expand": True},
        "translate": {},
    }

    matrix: Matrix = param(
        default=IDENTITY, help="two rows of three numbers, from a place in the image to the result's"
    )
    inverse: bool = param(default=False, help="whether the matrix is from the result to the image: WARP_INVERSE_MAP")
    scale: float = param(default=1.0, ge=0.001, le=1000, help="how many times larger it becomes")
    angle: float = param(default=0.0, ge=-360, le=360, help="how far it is turned counter-clockwise, in degrees")
    shear_x: float = param(default=0.0, ge=-89, le=89, help="how far upright lines lean to the left, in degrees")
    shear_y: float = param(default=0.0, ge=-89, le=89, help="how far level lines fall to the right, in degrees")
    x: float = param(default=0.0, ge=-100_000, le=100_000, help="how far it moves to the right, in pixels")
    y: float = param(default=0.0, ge=-100_000, le=100_000, help="how far it moves down, in pixels")
    size: Size = param(default=Size(), help="size of the result, as 1600x1200; none for the image's own")
    expand: bool = param(default=False, help="whether the result holds all of the image, in its middle")

    def __post_init__(self) -> None:
        super().__post_init__()
        words = self.scale, self.angle, self.shear_x, self.shear_y, self.x, self.y
        if self.matrix != IDENTITY and words != (1, 0, 0, 0, 0, 0):
            raise ParameterError("affine takes a matrix, or words as scale and angle, but not both")
        if self.expand and self.size != Size():
            raise ParameterError("affine takes a size, or expand, but not both")
        if abs(1 - tan(radians(self.shear_x)) * tan(radians(self.shear_y))) < 1e-6:
            raise ParameterError("affine must not shear an image to a line; make shear_x or shear_y smaller")
        square_matrix(self.matrix, 2, "affine")

    def result_size(self, width: int, height: int) -> tuple[int, int]:
        if self.expand:
            return expanded(self._forth(width, height), width, height, "affine")[1]
        return (width, height) if self.size == Size() else (self.size.width, self.size.height)

    def back(self, width: int, height: int) -> Numbers:
        forth = self._forth(width, height)
        if self.expand:
            forth = expanded(forth, width, height, "affine")[0]
        elif self.inverse and self.matrix != IDENTITY:
            return square_matrix(self.matrix, 2, "affine")
        return np.asarray(np.linalg.inv(forth))

    def _forth(self, width: int, height: int) -> Numbers:
        """Return the matrix from the image to a result of the same size."""
        if self.matrix != IDENTITY:
            given = square_matrix(self.matrix, 2, "affine")
            return np.asarray(np.linalg.inv(given)) if self.inverse else given
        cosine, sine = cos(radians(self.angle)), sin(radians(self.angle))
        turn = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])
        shear = np.array(
            [[1.0, tan(radians(self.shear_x)), 0.0], [tan(radians(self.shear_y)), 1.0, 0.0], [0.0, 0.0, 1.0]]
        )
        scale = np.diag([self.scale, self.scale, 1.0])
        x, y = middle(width), middle(height)
        return translation(x + self.x, y + self.y) @ turn @ shear @ scale @ translation(-x, -y)

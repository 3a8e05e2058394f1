"""Perspective: a plane seen from another side, by four points or a matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from imgcuda import Matrix, ParameterError, Size, param
from imgcuda_plugins.geometry.projection import Numbers, Projection, square_matrix

IDENTITY = Matrix.of([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


class Corners(Matrix):
    """Four places in pixels, `Corners.of([[0, 0], [99, 0], [99, 49], [0, 49]])`; `Corners(())` is none."""

    words: ClassVar[str] = "four points x,y, as [[0,0],[99,0],[99,49],[0,49]], or a text file with a point to a line"

    @classmethod
    def of(cls, value: object) -> Self:
        """Return four points in any form that `Matrix.of` takes, or none for "none"; else raise ValueError."""
        if isinstance(value, str) and value == "none":
            return cls(())
        made = super().of(value)
        if made.rows and made.shape != (4, 2):
            raise ValueError(f"got {made}")
        return made

    @classmethod
    def example(cls) -> Self:
        """Return the corners of a trapezoid."""
        return cls.of([[10, 5], [50, 0], [59, 39], [0, 35]])

    def to_text(self) -> str:
        """Return the points in JSON, or "none"."""
        return super().to_text() if self.rows else "none"

    def __str__(self) -> str:
        return super().__str__() if self.rows else "none"


class Perspective(Projection):
    """Show the plane of an image from another viewpoint, by four points or a matrix.

    The points of `source` come to those of `target`, in any order that is the same in both; by default to the corners
    of the result, from the upper left clockwise, and from those of the image: the outer ones, half a pixel from the
    centers of pixels, which are at whole numbers. The matrix is that of OpenCV's warpPerspective: (x, y, 1) of the
    image times it is (u w, v w, w) of the result.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"warp-perspective": {}, "homography": {}}

    source_points: Corners = param(default=Corners(()), help="four points of the image; none for its corners")
    target_points: Corners = param(default=Corners(()), help="where they come to in the result; none for its corners")
    matrix: Matrix = param(default=IDENTITY, help="three rows of three numbers instead of points")
    inverse: bool = param(default=False, help="whether the matrix is from the result to the image: WARP_INVERSE_MAP")
    size: Size = param(default=Size(), help="size of the result, as 1600x1200; none for the image's own")

    def __post_init__(self) -> None:
        super().__post_init__()
        points = [each for each in (self.source_points, self.target_points) if each.rows]
        if points and self.matrix != IDENTITY:
            raise ParameterError("perspective takes a matrix, or points, but not both")
        for each in points:
            if flattest(each.array) < 1e-3:
                raise ParameterError(f"of perspective's four points no three may lie on a line; got {each}")
        square_matrix(self.matrix, 3, "perspective")

    def result_size(self, width: int, height: int) -> tuple[int, int]:
        return (width, height) if self.size == Size() else (self.size.width, self.size.height)

    def back(self, width: int, height: int) -> Numbers:
        if self.matrix != IDENTITY:
            given = square_matrix(self.matrix, 3, "perspective")
            return given if self.inverse else np.asarray(np.linalg.inv(given))
        source = self.source_points.array if self.source_points.rows else edges(width, height)
        target = self.target_points.array if self.target_points.rows else edges(*self.result_size(width, height))
        return mapping(target, source)


def edges(width: int, height: int) -> Numbers:
    """Return the outer corners of an image, from the upper left clockwise; pixel 0 begins at -0.5."""
    return np.array([(0, 0), (width, 0), (width, height), (0, height)]) - 0.5


def flattest(points: Numbers) -> float:
    """Return twice the least area of a triangle of three of the four points: 0 if three lie on a line."""
    triangles = [np.delete(points, left_out, axis=0) for left_out in range(4)]
    return min(abs(float(np.linalg.det(np.column_stack([each, np.ones(3)])))) for each in triangles)


def mapping(points: Numbers, to: Numbers) -> Numbers:
    """Return the matrix that maps four points to four others; it is not scaled so that its last number is 1."""
    rows = []
    for (x, y), (u, v) in zip(points, to, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, -u], [0, 0, 0, x, y, 1, -v * x, -v * y, -v]]
    _, _, found = np.linalg.svd(np.array(rows, np.float64))
    made: Numbers = found[-1].reshape(3, 3)
    return made

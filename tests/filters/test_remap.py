"""Remap: against numbers done by hand, SciPy's samples at the places of the table, and OpenCV's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import ParameterError
from imgcuda.testing import assert_close
from support.installed import installed
from support.references import by_channels, matches
from support.warps import SHAPES, warped

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 1.0, "uint16": 1.0, "float32": 2e-6}
PLACES = (np.random.default_rng(3).random((30, 45, 2)) * (60, 45) - 4).astype(np.float32)


def remap(image: Image, device: str, places: Any, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "remap", device=device, map=places, **parameters))


def scipys(image: Image, map: Image) -> Image:
    at = map.astype(np.float64)
    return by_channels(image, warped(lambda _: (at[..., 1], at[..., 0])))


test_any_image_matches_scipy = matches("remap", scipys, TOLERANCE, shapes=SHAPES, settings=[{"map": PLACES}])


def test_places_by_hand(device: str) -> None:
    image = np.array([[10, 20], [30, 40]], np.uint8)
    nan = float("nan")
    places = [[[1, 1], [0.5, 0], [0, 0.5]], [[0.5, 0.5], [-1, 0], [nan, 0]]]
    assert remap(image, device, places).tolist() == [[40, 15, 20], [25, 0, 0]]
    assert remap(image, device, np.ones((2, 2, 2)), relative=True).tolist() == [[40, 0], [0, 0]]
    assert remap(image, device, np.full((1, 1, 2), 1e30)).tolist() == [[0]]


def test_opencv_agrees(device: str, random_image: Make) -> None:
    image = random_image((41, 61), np.float32)
    theirs = cv2.remap(image, PLACES[..., 0], PLACES[..., 1], cv2.INTER_LINEAR)
    assert_close(remap(image, device, PLACES), theirs, 2e-2)  # before OpenCV 5, its places were 32nds of a pixel


def test_places_may_be_in_a_file(device: str, random_image: Make, tmp_path: Path) -> None:
    image = random_image((17, 31))
    np.save(tmp_path / "places.npy", PLACES)
    assert_close(remap(image, device, str(tmp_path / "places.npy")), remap(image, device, PLACES))
    np.savez(tmp_path / "two.npz", PLACES, PLACES)
    (tmp_path / "text.npy").write_text("0 1")
    for name in ("none.npy", "two.npz", "text.npy"):
        with pytest.raises(ParameterError, match=r"map must be places x,y, as .*; the file .*" + name):
            installed().create("remap", {"map": str(tmp_path / name)})


@pytest.mark.parametrize("value", [np.zeros((2, 2)), np.zeros((2, 2, 3)), np.zeros((0, 2, 2)), [["a"]]], ids=repr)
def test_what_is_no_table_is_refused(value: Any) -> None:
    with pytest.raises(ParameterError, match=r"map must be places x,y, as .*; got"):
        installed().create("remap", {"map": value})


def test_tables_with_the_same_places_are_equal() -> None:
    create = installed().create
    one, other = create("remap", {"map": PLACES}), create("remap", {"map": PLACES.copy()})
    assert one == other and hash(one) == hash(other)
    assert one != create("remap", {"map": PLACES + 1})

"""DataArrays of xarray: what their dimensions mean, and which labels a result keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import ImageError, Pipeline

xr = pytest.importorskip("xarray")
da = pytest.importorskip("dask.array")

Array = npt.NDArray[Any]
Make = Callable[..., Array]
BLUR = Pipeline.from_text("blur:sigma=1.5")


@pytest.fixture(params=["numpy", "dask"])
def labeled(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Returns a DataArray of an array in memory, or of one that is computed later."""

    def make(array: Array, **labels: Any) -> Any:
        lazy = request.param == "dask"
        return xr.DataArray(da.from_array(array, chunks=(16,) * array.ndim) if lazy else array, **labels)

    return make


def test_labels_coordinates_and_attributes_are_kept(labeled: Callable[..., Any], random_image: Make) -> None:
    image = random_image((70, 40, 3))
    coords = {"y": np.arange(70) * 0.5, "x": np.arange(40) * 0.5, "band": ["r", "g", "b"], "when": 7}
    given = labeled(image, dims=("y", "x", "band"), coords=coords, attrs={"units": "counts"}, name="field")
    made = BLUR(given, device="cpu")
    assert type(made) is xr.DataArray
    assert (made.chunks is None) == (given.chunks is None)  # lazy, if it was
    xr.testing.assert_identical(made.compute(), given.copy(data=BLUR(image, device="cpu")))


def test_the_dimensions_before_the_rows_number_images(labeled: Callable[..., Any], random_image: Make) -> None:
    image = random_image((2, 3, 50 * 40)).reshape(2, 3, 50, 40)
    pipeline = Pipeline.from_text("equalize | blur:sigma=1.5")  # each image is measured by itself
    made = pipeline(labeled(image, dims=("time", "channel", "y", "x")), device="cpu")
    assert made.dims == ("time", "channel", "y", "x")
    for number in np.ndindex(2, 3):
        assert np.array_equal(made.values[number], pipeline(image[number], device="cpu"))


def test_a_stack_of_color_images_has_its_channels_last(labeled: Callable[..., Any], random_image: Make) -> None:
    image = np.stack([random_image((50, 40, 3)), random_image((50, 40, 3))])
    gray = Pipeline.from_text("blur:sigma=1.5 | grayscale")
    coords = {"time": [1, 2], "rgb": ["r", "g", "b"]}
    made = gray(labeled(image, dims=("time", "y", "x", "rgb"), coords=coords), device="cpu")
    assert (made.dims, list(made.coords)) == (("time", "y", "x"), ["time"])
    assert np.array_equal(made.values, np.stack([gray(each, device="cpu") for each in image]))


@pytest.mark.parametrize("text", ["flip", "resize:width=20,height=35"])
def test_coordinates_of_moved_pixels_are_dropped(text: str, labeled: Callable[..., Any], random_image: Make) -> None:
    image, pipeline = random_image((70, 40, 3)), Pipeline.from_text(text)
    coords = {"y": np.arange(70), "x": np.arange(40), "band": [1, 2, 3], "mask": (("y", "x"), np.ones((70, 40)))}
    made = pipeline(labeled(image, dims=("y", "x", "band"), coords=coords, attrs={"a": 1}), device="cpu")
    assert (list(made.coords), made.attrs) == (["band"], {"a": 1})
    assert np.array_equal(made.values, pipeline(image, device="cpu"))


def test_dimensions_of_other_names_are_as_in_an_array(labeled: Callable[..., Any], random_image: Make) -> None:
    image = random_image((50, 40))
    made = BLUR(labeled(image, dims=("a", "b")), device="cpu")
    assert made.dims == ("a", "b")
    assert np.array_equal(made.values, BLUR(image, device="cpu"))


@pytest.mark.parametrize("dims", [("x", "y"), ("y", "time", "x"), ("y", "x", "time", "band")], ids=str)
def test_rows_and_columns_in_other_places_are_refused_with_the_remedy(
    dims: tuple[str, ...], labeled: Callable[..., Any]
) -> None:
    with pytest.raises(ImageError, match=r"transpose\(..., 'y', 'x'\) puts them last"):
        BLUR(labeled(np.zeros((3,) * len(dims), np.uint8), dims=dims))

"""What every filter promises, whoever wrote it: held for each that is installed, on each device.

Every type with every channel count once, with the filter's defaults: what differs between filters is in tests/filters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import Filter, ImageError, ParameterError, Pipeline, load
from imgcuda.plan import Plan
from imgcuda.point import result_channels
from imgcuda.testing import assert_close

Image = npt.NDArray[Any]
Make = Callable[..., Image]

INSTALLED = load()
TYPES = ["uint8", "uint16", "float32"]
SHAPES = [(17, 31), (17, 31, 1), (17, 31, 2), (17, 31, 3), (17, 31, 4)]


@pytest.fixture(params=list(INSTALLED))
def name(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def filter(name: str) -> Filter:
    """Each installed filter in turn, with its defaults, or some value where there is none."""
    return INSTALLED.create(name, {p.name: p.some_value() for p in INSTALLED[name].parameters()})


def expected_shape(filter: Filter, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that a filter declares."""
    width, height = filter.result_size(shape[1], shape[0])
    channels = result_channels(filter, shape[2] if len(shape) == 3 else 1)
    grey = channels == 1 and not (len(shape) == 3 and shape[2] == 1)
    return (height, width) if grey else (height, width, channels)


# What comes out


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_type_and_channel_count_gives_the_declared_shape_and_type(
    device: str, filter: Filter, shape: tuple[int, ...], dtype: str, random_image: Make
) -> None:
    result = filter(random_image(shape, dtype), device=device)
    assert isinstance(result, np.ndarray)
    assert (result.shape, result.dtype) == (expected_shape(filter, shape), dtype)
    assert np.isfinite(result).all()


def test_the_result_is_the_same_each_time(device: str, filter: Filter, picture: Image) -> None:
    assert_close(filter(picture, device=device), filter(picture, device=device))


def test_the_result_is_the_callers_own(device: str, filter: Filter, picture: Image) -> None:
    result = filter(picture, device=device)
    assert not np.shares_memory(result, picture)
    assert result.flags.writeable
    assert result.flags.c_contiguous


def test_the_image_is_left_as_it_was(device: str, filter: Filter, random_image: Make) -> None:
    for shape in SHAPES:
        image = random_image(shape)
        before = image.copy()
        filter(image, device=device)
        assert_close(image, before)


@pytest.mark.parametrize(
    "view",
    [
        lambda image: image[::2, ::3],
        lambda image: image[::-1, ::-1],
        lambda image: image[3:40, 5:50],
        lambda image: image.swapaxes(0, 1),
        lambda image: image[..., ::-1],
        np.asfortranarray,
    ],
    ids=["every other", "reversed", "a part", "transposed", "BGR", "columns first"],
)
def test_an_image_may_lie_in_memory_in_any_way(
    device: str, filter: Filter, view: Callable[[Image], Image], picture: Image
) -> None:
    image = view(picture)
    assert_close(filter(image, device=device), filter(np.ascontiguousarray(image), device=device))


def test_an_image_may_be_read_only(device: str, filter: Filter, random_image: Make) -> None:
    image = random_image((17, 31, 3))
    image.flags.writeable = False
    assert_close(filter(image, device=device), filter(image.copy(), device=device))


@pytest.mark.parametrize("shape", [(1, 1), (1, 7, 3), (7, 1, 4)], ids=str)
def test_the_smallest_images_work(device: str, filter: Filter, shape: tuple[int, ...], random_image: Make) -> None:
    assert filter(random_image(shape), device=device).shape == expected_shape(filter, shape)


def test_the_result_does_not_depend_on_the_number_of_threads(
    filter: Filter, picture: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = []
    for count in (1, 2, 5):
        monkeypatch.setenv("IMGCUDA_THREADS", str(count))
        results.append(filter(picture, device="cpu"))
    assert_close(results[1], results[0])
    assert_close(results[2], results[0])


def test_what_is_further_away_than_the_halo_is_not_read(device: str, filter: Filter, random_image: Make) -> None:
    if filter.halo is None:
        pytest.skip(f"{filter.name} may read the whole image")
    size = 2 * filter.halo + 21
    image = random_image((size, size + 8, 3), np.float32)
    before = filter(image, device=device)
    middle = (size // 2, size // 2 + 4)
    image[middle] = 10.0
    changed = np.argwhere(filter(image, device=device) != before)
    assert len(changed)
    assert np.abs(changed[:, :2] - middle).max() <= filter.halo


@pytest.mark.parametrize("dtype", TYPES)
def test_with_little_memory_the_result_is_the_same(
    device: str, filter: Filter, dtype: str, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why := Plan([filter], 70, 500).whole:
        pytest.skip(why)
    image = random_image((40 * (filter.halo or 0) + 500, 70, 3), dtype)
    whole = filter(image, device=device)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(image.nbytes))
    assert_close(filter(image, device=device), whole)


# What is refused


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 5)), np.zeros((4, 5, 7), np.uint8), np.zeros((0, 5), np.uint8), np.zeros(4, np.uint8)],
    ids=str,
)
def test_what_is_no_image_is_refused(device: str, filter: Filter, image: Image) -> None:
    with pytest.raises(ImageError, match=r"must .*; got "):
        filter(image, device=device)


def test_a_parameter_out_of_its_range_is_refused_with_both_sides(name: str) -> None:
    for parameter in INSTALLED[name].parameters():
        for bound, beyond in ((parameter.ge, -1), (parameter.le, 1)):
            if bound is not None:
                with pytest.raises(
                    ParameterError, match=rf"{parameter.name} must be .*{bound:g}.*; got {bound + beyond}"
                ):
                    INSTALLED.create(name, {parameter.name: parameter.type(bound + beyond)})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_parameter_that_is_no_number_is_refused(name: str, value: float) -> None:
    for parameter in INSTALLED[name].parameters():
        with pytest.raises(ParameterError, match=f"{parameter.name} must be .*(; got|, got) {value}"):
            INSTALLED.create(name, {parameter.name: value})


def test_a_misspelt_parameter_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match=f"{name} has no parameter 'zzz'"):
        INSTALLED.create(name, {"zzz": 1})


# What it says of itself


def test_a_filter_explains_itself_and_its_parameters(name: str) -> None:
    summary = INSTALLED[name].summary()
    assert summary[0].isupper()
    assert summary.endswith(".")
    assert all(parameter.help for parameter in INSTALLED[name].parameters())


def test_a_kernel_file_explains_itself(name: str) -> None:
    assert INSTALLED[name].source().text.startswith(("//", "/*"))


# In a chain

CHAINS = [
    ["blur", "edges", "grayscale"],
    ["grayscale", "edges", "blur"],
    ["edges", "edges"],
    ["grayscale", "grayscale"],
]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(17, 31, 3), (33, 65, 4)], ids=str)
@pytest.mark.parametrize("chain", CHAINS, ids=" ".join)
def test_a_chain_equals_its_steps_one_by_one(
    device: str, chain: list[str], shape: tuple[int, ...], dtype: str, random_image: Make
) -> None:
    filters = [INSTALLED.create(name, {}) for name in chain]
    steps = image = random_image(shape, dtype)
    for step in filters:
        steps = step(steps, device=device)
    assert_close(Pipeline(filters)(image, device=device), steps)


def test_the_halo_of_a_chain_is_the_sum_of_its_filters(filter: Filter) -> None:
    expected = None if filter.halo is None else 2 * filter.halo
    assert Pipeline([filter, filter]).halo == expected

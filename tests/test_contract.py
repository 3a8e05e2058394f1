"""What every filter promises: the contract that authors of filters test theirs by, held for each that is installed, and
what their own tests leave out. With the filters' defaults: what differs between filters is in tests/filters.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import Filter, ImageError, ParameterError, Pipeline
from imgcuda.testing import assert_close, contract, contract_checks
from imgcuda.testing.contract_checks import CHECKS
from support.installed import installed, some_values
from support.matrix import exhaustive, matrix

Image = npt.NDArray[Any]
Make = Callable[..., Image]

INSTALLED = installed()
TYPES = ["uint8", "uint16", "float32"]


def with_defaults(name: str) -> Filter:
    """Return an installed filter with its defaults, or some value where there is none."""
    return create(name, {})


def create(name: str, values: dict[str, Any]) -> Filter:
    """Return an installed filter with these values, and any where there is no default."""
    return INSTALLED.create(name, some_values(name) | values)


# Each pair of a type and a channel count takes kernels of its own: the plain run has RGB bytes here, and each type and
# channel count in the tests of each filter.
PAIRED = contract_checks.every_type_and_channel_count
# test_cuda_compile.py compiles each filter for GPUs, with every type and channel count.
ON_GPUS = contract_checks.compiles_for_a_gpu
# For these, each filter's kernels are compiled once more: with checks, for each border, and for other channel counts.
COMPILED_ANEW = [
    contract_checks.a_checked_run_finds_nothing,
    contract_checks.every_border,
    contract_checks.alpha_is_respected,
    contract_checks.channels_are_apart,
]
OTHER_CHECKS = [check for check in CHECKS if check not in (PAIRED, ON_GPUS, *COMPILED_ANEW)]
PAIRS = [
    pytest.param(*pair, marks=() if pair == ("uint8", 3) else pytest.mark.exhaustive)
    for pair in itertools.product(contract_checks.TYPES, contract_checks.CHANNELS)
]

# The plain run has every third filter here; each has tests of its own.
TAKEN = list(INSTALLED)[::3]
OTHERS = [name for name in INSTALLED if name not in TAKEN]
NAMES = [name if name in TAKEN else exhaustive(name) for name in INSTALLED]

test_the_contract = contract(*map(with_defaults, TAKEN), checks=OTHER_CHECKS)
test_the_contract_of_the_others = pytest.mark.exhaustive(contract(*map(with_defaults, OTHERS), checks=OTHER_CHECKS))
test_what_is_compiled_anew = pytest.mark.exhaustive(contract(*map(with_defaults, INSTALLED), checks=COMPILED_ANEW))


@pytest.mark.parametrize(("dtype", "channels"), PAIRS)
def test_a_type_and_channel_count_has_a_result(device: str, filter: Filter, dtype: str, channels: int) -> None:
    contract_checks.type_and_channels(filter, device, dtype, channels)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def filter(name: str) -> Filter:
    """Each installed filter in turn."""
    return with_defaults(name)


# What comes out


def test_the_result_is_the_callers_own(device: str, filter: Filter, picture: Image) -> None:
    result = filter(picture, device=device)
    assert not np.shares_memory(result, picture)
    assert result.flags.writeable
    assert result.flags.c_contiguous


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


def test_the_result_does_not_depend_on_the_number_of_threads(
    filter: Filter, picture: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = []
    for count in (1, 2, 5):
        monkeypatch.setenv("IMGCUDA_THREADS", str(count))
        results.append(filter(picture, device="cpu"))
    assert_close(results[1], results[0])
    assert_close(results[2], results[0])


# What is refused


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 5), int), np.zeros((4, 5, 7), np.uint8), np.zeros((0, 5), np.uint8), np.zeros(4, np.uint8)],
    ids=str,
)
def test_what_is_no_image_is_refused(device: str, filter: Filter, image: Image) -> None:
    with pytest.raises(ImageError, match=r"must .*; got "):
        filter(image, device=device)


def test_a_parameter_out_of_its_range_is_refused_with_both_sides(name: str) -> None:
    for parameter in INSTALLED[name].parameters():
        for bound, beyond in ((parameter.ge, -1), (parameter.le, 1)):
            if bound is not None:
                written = f"{bound:g}" if isinstance(bound, float) else bound
                with pytest.raises(
                    ParameterError, match=f"{parameter.name} must be .*{written}.*; got {bound + beyond}"
                ):
                    create(name, {parameter.name: parameter.type(bound + beyond)})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_parameter_that_is_no_number_is_refused(name: str, value: float) -> None:
    for parameter in INSTALLED[name].parameters():
        given = f"(; got|, got) {value}" if parameter.plain else ""
        with pytest.raises(ParameterError, match=f"{parameter.name} must be .*{given}"):
            create(name, {parameter.name: value})


def test_a_misspelled_parameter_is_refused(name: str) -> None:
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


@matrix(shape=[(17, 31, 3), (33, 65, 4)], dtype=TYPES, chain=CHAINS)
def test_a_chain_equals_its_steps_one_by_one(
    device: str, shape: tuple[int, ...], dtype: str, chain: list[str], random_image: Make
) -> None:
    filters = [INSTALLED.create(name, {}) for name in chain]
    steps = image = random_image(shape, dtype)
    for step in filters:
        steps = step(steps, device=device)
    assert_close(Pipeline(filters)(image, device=device), steps)


def test_the_halo_of_a_chain_is_the_sum_of_its_filters(filter: Filter) -> None:
    expected = None if filter.halo is None else 2 * filter.halo
    assert Pipeline([filter, filter]).halo == expected

"""Types of samples besides the three that kernels compute: the rule for each, or a refusal that names the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import ImageError, Pipeline
from imgcuda.pixels import COMPUTED_AS
from support.installed import installed

Array = npt.NDArray[Any]
Make = Callable[..., Array]

FILTERS = installed()
CHAIN = Pipeline([FILTERS.create("blur", {"sigma": 1.0}), FILTERS.create("gamma", {}), FILTERS.create("edges", {})])
INVERT = FILTERS.create("invert", {})

SCALE = (
    "if 255 is white, convert with array.astype('uint8'); if 65535 is, with array.astype('uint16'); "
    "else with (array / white).astype('float32')"
)
REFUSED = {
    "bool": "convert with array.astype('uint8') * 255, which makes True white",
    "int8": SCALE,
    "int16": SCALE,
    "int64": SCALE,
    "uint32": SCALE,
    "complex64": "filter array.real and array.imag, each by itself",
}


@pytest.fixture(params=["blur and more", "measured", "moved", "nothing"])
def chain(request: pytest.FixtureRequest) -> Pipeline:
    names = {"measured": ["auto-contrast"], "moved": ["flip"], "nothing": []}
    return Pipeline([FILTERS.create(name, {}) for name in names[request.param]]) if request.param in names else CHAIN


@pytest.mark.parametrize("dtype", COMPUTED_AS)
@pytest.mark.parametrize("shape", [(12, 17), (12, 17, 4)], ids=str)
def test_other_floats_are_computed_as_float32_and_returned_in_their_type(
    device: str, chain: Pipeline, dtype: str, shape: tuple[int, ...], random_image: Make
) -> None:
    image = random_image(shape, np.float32).astype(dtype)
    before = image.copy()
    made = chain(image, device=device)
    assert made.dtype == dtype
    np.testing.assert_array_equal(made, chain(image.astype(np.float32), device=device).astype(dtype))
    np.testing.assert_array_equal(image, before)
    assert not np.may_share_memory(made, image)


def test_bfloat16_of_ml_dtypes_is_computed_as_float32(device: str, random_image: Make) -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    image = random_image((12, 17, 3), np.float32).astype(bfloat16)
    wanted = CHAIN(image.astype(np.float32), device=device).astype(bfloat16)
    out = np.zeros_like(image)
    for made in (CHAIN(image, device=device), CHAIN(image, device=device, out=out)):
        assert made.dtype == bfloat16
        np.testing.assert_array_equal(made, wanted)


@pytest.mark.parametrize("dtype", COMPUTED_AS)
def test_such_a_result_is_written_to_out(device: str, dtype: str, random_image: Make) -> None:
    image = random_image((12, 17, 3), np.float32).astype(dtype)
    wanted = CHAIN(image, device=device)
    for out in (np.zeros_like(wanted), np.zeros((12, 34, 3), dtype)[:, ::2], image):
        assert CHAIN(image, device=device, out=out) is out
        np.testing.assert_array_equal(out, wanted)
    with pytest.raises(ImageError, match=rf"of the result's shape and type, \(12, 17, 3\) {dtype}; it is .* float32"):
        CHAIN(image, device=device, out=np.zeros((12, 17, 3), np.float32))


def test_a_float16_is_rounded_once_at_the_end(device: str) -> None:
    step = FILTERS.create("brightness", {"factor": 1 / 3})
    image = np.linspace(0, 1, 300, dtype=np.float16).reshape(15, 20)
    single = image.astype(np.float32)
    for _ in range(4):
        single = step(single, device=device)
    np.testing.assert_array_equal(Pipeline([step] * 4)(image, device=device), single.astype(np.float16))


def test_numbers_beyond_a_type_become_infinite_without_a_warning(device: str) -> None:
    brighter = FILTERS.create("brightness", {"factor": 100.0})
    half = np.array([[1000.0, 600.0, -1000.0]], np.float16)
    assert brighter(half, device=device).tolist() == [[np.inf, 60000.0, -np.inf]]
    flip = FILTERS.create("flip", {"direction": "horizontal"})
    assert flip(np.array([[1e300, -2.0]]), device=device).tolist() == [[-2.0, np.inf]]


def test_nan_and_infinity_of_other_floats_stay(device: str) -> None:
    flip = FILTERS.create("flip", {"direction": "horizontal"})
    for dtype in COMPUTED_AS:
        image = np.array([[np.nan, np.inf, -np.inf, 0.5]], dtype)
        np.testing.assert_array_equal(flip(image, device=device), image[:, ::-1])


def test_numbers_in_lists_are_float64(device: str) -> None:
    made: Any = INVERT([[0.0, 0.25], [1.0, 0.5]], device=device)
    assert (made.dtype, made.tolist()) == (np.float64, [[1.0, 0.75], [0.0, 0.5]])


@pytest.mark.parametrize("dtype", [">u2", ">f4", ">f8", ">f2", "<u2"])
def test_bytes_in_another_order_are_read_and_come_back_in_the_machines_own(
    device: str, dtype: str, random_image: Make
) -> None:
    native = np.dtype(dtype).newbyteorder("=")
    image = random_image((9, 14, 3), np.uint8).astype(native) / (1 if native.kind == "u" else 255)
    image = image.astype(native)
    made = INVERT(image.astype(dtype), device=device)
    assert made.dtype == native
    assert made.dtype.isnative
    np.testing.assert_array_equal(made, INVERT(image, device=device))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_any_strides_and_a_read_only_array_are_read(device: str, dtype: str, random_image: Make) -> None:
    image = (random_image((24, 30, 3), np.float32) * (200 if dtype[0] == "u" else 1)).astype(dtype)
    image.flags.writeable = False
    for view in (image[::-1], image[:, ::-2], image[..., ::-1], image.transpose(1, 0, 2), image[3:17, 5:6]):
        np.testing.assert_array_equal(CHAIN(view, device=device), CHAIN(view.copy(), device=device))


@pytest.mark.parametrize("dtype", REFUSED)
def test_a_type_that_is_refused_is_refused_with_the_remedy(dtype: str) -> None:
    with pytest.raises(ImageError) as caught:
        INVERT(np.zeros((4, 5), dtype), device="cpu")
    types = "uint8, uint16, float32, float16 or float64"
    assert str(caught.value) == f"an image's samples must be {types}; got {dtype}; {REFUSED[dtype]}"


@pytest.mark.parametrize("array", [np.full((2, 2), None), np.full((2, 2), "ab"), np.zeros((2, 2), "M8[s]")], ids=str)
def test_what_are_no_numbers_is_refused_without_a_remedy(array: Array) -> None:
    with pytest.raises(ImageError) as caught:
        INVERT(array, device="cpu")
    assert str(caught.value).endswith(f"; got {array.dtype}")


CALL = re.compile(r"\(array / white\)\.astype\('\w+'\)|array\.astype\('\w+'\)( \* 255)?|array\.(real|imag)")


@pytest.mark.parametrize("dtype", [*REFUSED, "longdouble"])
def test_the_remedies_give_images_that_are_taken(dtype: str) -> None:
    array: Array = np.array([[0, 1], [1, 0]]).astype(dtype)
    with pytest.raises(ImageError) as caught:
        INVERT(array, device="cpu")
    calls = [found[0] for found in CALL.finditer(str(caught.value))]
    assert calls
    for call in calls:
        made = eval(call, {"array": array, "white": 1})
        assert INVERT(made, device="cpu").shape == (2, 2), call


def test_a_masked_array_is_refused_with_the_remedy(device: str) -> None:
    array = np.ma.array(np.full((3, 4), 200, np.uint8), mask=np.eye(3, 4, dtype=bool))
    with pytest.raises(ImageError, match=r"filter array\.filled\(value\), and mask the result: numpy\.ma\.array"):
        INVERT(array, device=device)
    made = np.ma.array(INVERT(array.filled(0), device=device), mask=array.mask)
    assert made.sum() == 9 * 55


@pytest.mark.parametrize("shape", [(0, 5), (4, 0), (0, 0, 3)], ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_an_array_without_pixels_is_refused(shape: tuple[int, ...], dtype: str) -> None:
    with pytest.raises(ImageError, match="must have at least one pixel; got shape"):
        INVERT(np.zeros(shape, dtype), device="cpu")

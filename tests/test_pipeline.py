"""Chains of filters: input and output, released memory, and the errors for filters that fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from itertools import product
from textwrap import dedent
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import (
    DeviceArray,
    DeviceError,
    Filter,
    FilterError,
    Gpu,
    ImageError,
    KernelError,
    Layout,
    NeighborhoodFilter,
    ParameterError,
    Pipeline,
    PointFilter,
    devices,
    param,
)
from imgcuda.execution.executor import run_chain
from imgcuda.parameters import Parameter
from imgcuda.programs.source import Source
from imgcuda.testing import assert_close
from support.installed import installed

Make = Callable[..., npt.NDArray[Any]]

FILTERS = installed()
BLUR, EDGES, GRAYSCALE = (FILTERS.create(name, {}) for name in ("blur", "edges", "grayscale"))


class Negative(Filter):
    """Turn dark to light, with a kernel that a person can read."""

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source(
            "negative.cu",
            dedent("""
            __global__ void negative(const pixel *src, pixel *dst, int width, int height)
            {
                int x = blockIdx.x * blockDim.x + threadIdx.x;
                int y = blockIdx.y * blockDim.y + threadIdx.y;
                if (x >= width || y >= height) return;
                for (int c = 0; c < CHANNELS; c++) {
                    int i = (y * width + x) * CHANNELS + c;
                    dst[i] = to_pixel(PIXEL_MAX - src[i]);
                }
            }
            """),
        )


class Gain(PointFilter):
    """Make brighter or darker."""

    gain: float = param(default=2.0, help="how much")

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source(
            "gain.cu",
            dedent("""
            __device__ color gain(color c, float gain)
            {
                c.r *= gain;
                c.g *= gain;
                c.b *= gain;
                c.a = 0.0f;  // which is not for it to say
                return c;
            }
            """),
        )


class Lift(PointFilter):
    """Make dark parts brighter, by helpers and macros whose names another filter may have, too."""

    channels = 3
    gain: float = param(default=0.5, help="how much")
    curve: Literal["line", "square"] = param(default="line", constant=True, help="along what")

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source(
            "lift.cu",
            dedent("""
            #define AMOUNT 2.0f
            __device__ float shape(float value) {
            #if CURVE == CURVE_SQUARE
                return value * value;
            #else
                return value * AMOUNT;
            #endif
            }
            __device__ color lift(color c, float gain)
            {
                c.r = gain * shape(c.r);
                c.g = gain * shape(c.g);
                c.b = 0.25f + gain * shape(c.b);
                return c;
            }
            """),
        )


class Drop(PointFilter):
    """Make bright parts darker, with a helper and a macro that Lift has, too, and that mean something else."""

    gain: float = param(default=0.7, help="how much")

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source(
            "drop.cu",
            dedent("""
            #define AMOUNT 0.1f
            __device__ float shape(float value) { return value - AMOUNT; }
            __device__ color drop(color c, float gain)
            {
                c.r = gain * shape(c.r);
                c.g = gain * shape(c.g);
                c.b = gain * shape(c.b);
                return c;
            }
            """),
        )


class Wide(NeighborhoodFilter):
    """Look far."""

    halo = 5


def returning(make: Callable[[Gpu, DeviceArray], Any]) -> Filter:
    class Odd(Filter):
        """Return something."""

        @classmethod
        @cache
        def source(cls) -> Source:
            return Source("odd.cu", "")

        def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
            made: DeviceArray = make(gpu, image)
            return made

    return Odd()


class Counting:
    """A session that notes what is not yet released."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.live: list[DeviceArray] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def empty(self, *arguments: Any) -> DeviceArray:
        self.live.append(self._session.empty(*arguments))
        return self.live[-1]

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        self.live.append(self._session.upload(array))
        return self.live[-1]

    def free(self, array: DeviceArray) -> None:
        self.live = [other for other in self.live if other is not array]
        self._session.free(array)


# What goes in and comes out


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 2), (4, 5, 3), (4, 5, 4)], ids=str)
def test_an_image_comes_out_in_the_form_that_it_went_in(
    device: str, shape: tuple[int, ...], random_image: Make
) -> None:
    image = random_image(shape)
    result = Negative()(image, device=device)
    assert result.dtype == np.uint8
    assert_close(result, 255 - image.astype(int))


def test_filters_run_in_order(device: str) -> None:
    image = np.array([[10, 100, 200]], np.uint8)
    assert Pipeline([Negative(), Gain()])(image, device=device).tolist() == [[255, 255, 110]]
    assert Pipeline([Gain(), Negative()])(image, device=device).tolist() == [[235, 55, 0]]


def test_a_pipeline_without_filters_copies(device: str, random_image: Make) -> None:
    image = random_image((4, 5, 3))
    result = Pipeline([])(image, device=device)
    assert_close(result, image)
    assert not np.shares_memory(result, image)


def test_a_point_filter_leaves_alpha_alone(device: str) -> None:
    image = np.array([[[10, 20, 30, 40], [1, 2, 3, 255]]], np.uint8)
    assert Gain()(image, device=device).tolist() == [[[20, 40, 60, 40], [2, 4, 6, 255]]]
    assert Gain()(image[..., 2:], device=device).tolist() == [[[60, 40], [6, 255]]]


@pytest.mark.parametrize("pixels", [1, 2, 3, 4, 5, 255, 256, 257, 1023, 1024, 1025, 4099])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_point_filter_reaches_every_pixel_and_no_further(
    device: str, pixels: int, channels: int, random_image: Make
) -> None:
    image = random_image((1, pixels, channels)) // 2
    assert_close(Gain()(image, device=device), image * 2)


@pytest.mark.parametrize("shape", [(), (5,), (2, 2, 4, 5, 3)], ids=str)
def test_another_shape_is_refused_with_the_shapes_that_are_taken(device: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageError) as caught:
        Negative()(np.zeros(shape, np.uint8), device=device)
    assert str(caught.value) == (
        f"an image must be (height, width) or (height, width, 1 to 4 channels); got shape {shape}"
    )


@pytest.mark.parametrize("shape", [(0, 5), (4, 0), (0, 0, 3), (4, 0, 3)], ids=str)
def test_an_empty_image_is_refused(device: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageError, match="must have at least one pixel; got shape"):
        Negative()(np.zeros(shape, np.uint8), device=device)


def test_an_image_without_channels_is_refused(device: str) -> None:
    with pytest.raises(ImageError, match="got shape"):
        Negative()(np.zeros((4, 5, 0), np.uint8), device=device)


# Per-pixel filters in a row, which may run as one kernel

TOGETHER: list[list[Filter]] = [
    [Lift(), Drop()],
    [Drop(), Lift(), Drop(gain=1.5)],
    [Lift(curve="square"), Lift(curve="line", gain=0.9), Lift(curve="square", gain=3)],
    [Gain(gain=300), Gain(gain=0.01)],
    [GRAYSCALE, Lift(), GRAYSCALE, Drop()],
    [
        Lift(),
        FILTERS.create("grayscale", {"weights": "average"}),
        FILTERS.create("grayscale", {"weights": "lightness"}),
    ],
    [Drop(), BLUR, Lift(), Drop(), EDGES, Drop(), Gain()],
]


def random_chains() -> list[list[Filter]]:
    """Return the per-pixel filters that are installed, each twice, in chains of four: in any order, with any values."""
    random = np.random.default_rng(0)
    names = 2 * [name for name in FILTERS if issubclass(FILTERS[name], PointFilter)]
    random.shuffle(names)
    filters = [random_filter(name, random) for name in names]
    return [filters[first : first + 4] for first in range(0, len(filters), 4)]


def random_filter(name: str, random: np.random.Generator) -> Filter:
    """Return a filter with any values, of those that go together."""
    while True:
        with suppress(ParameterError):
            return FILTERS.create(name, {p.name: random_value(p, random) for p in FILTERS[name].parameters()})


def random_value(parameter: Parameter, random: np.random.Generator) -> Any:
    """Return a value for a parameter; a number is at most 3 from its least, since greater ones make white of all."""
    if not parameter.plain:
        return parameter.some_value()
    if parameter.type is bool or parameter.choices:
        return random.choice(parameter.choices or (False, True))
    low = parameter.ge or 0
    value = random.uniform(low, low + 3 if parameter.le is None else min(parameter.le, low + 3))
    return round(value) if parameter.type is int else value


def with_kinds(chains: list[list[Filter]]) -> Iterator[Any]:
    """Yield each chain with two or three kinds of images in turn, of which the plain run has one in eleven of all."""
    kinds = [(1, "uint8"), (2, "float32"), (3, "uint16"), (4, "uint8")]
    for number, (filters, kind) in enumerate(product(chains, kinds)):
        if number % 11 and (number // 4 + number) % 2:
            continue
        words = " ".join(filter.name for filter in filters)
        marks = pytest.mark.exhaustive if number % 11 else ()
        yield pytest.param(filters, *kind, id=f"{words}-{kind[0]}-{kind[1]}", marks=marks)


@pytest.mark.parametrize(("filters", "channels", "dtype"), [*with_kinds([*TOGETHER, *random_chains()])])
def test_per_pixel_filters_in_a_row_equal_their_steps_bit_for_bit(
    device: str, filters: list[Filter], channels: int, dtype: str, random_image: Make
) -> None:
    steps = image = random_image((37, 53, channels), dtype)
    for step in filters:
        steps = step(steps, device=device)
    assert_close(np.atleast_3d(Pipeline(filters)(image, device=device)), np.atleast_3d(steps))


@pytest.mark.parametrize(
    "text",
    [
        "  __device__ color half(color c)\n  {\n    c.r *= 0.5f;\n    return c;\n  }\n",
        "__device__ color half(color c)\n{\nconst float r = 0.5f;\nc.r *= r;\nreturn c;\n}\n",
    ],
    ids=["an indented function", "a variable at the start of a line"],
)
def test_a_per_pixel_function_may_be_laid_out_in_any_way(device: str, text: str) -> None:
    class Half(PointFilter):
        """Halve the red."""

        @classmethod
        @cache
        def source(cls) -> Source:
            return Source("half.cu", text)

    image = np.full((2, 2, 3), 100, np.uint8)
    assert Pipeline([Half(), Half()])(image, device=device)[0, 0].tolist() == [25, 100, 100]


def test_a_mistake_in_one_of_several_has_its_own_file_and_line(device: str) -> None:
    class Wrong(Gain):
        """Have a mistake on its fourth line."""

        @classmethod
        @cache
        def source(cls) -> Source:
            return Source(
                "wrong.cu",
                "// Wrong.\n__device__ color wrong(color c, float gain)\n{\n    c.r = nonsense;\n    return c;\n}\n",
            )

    with pytest.raises(KernelError) as caught:
        Pipeline([Lift(), Wrong(), Drop()])(np.zeros((4, 5, 3), np.uint8), device=device)
    ((mistake),) = caught.value.mistakes
    assert (mistake.file, mistake.line, mistake.text) == ("wrong.cu", 4, "    c.r = nonsense;")


# What it is


def test_a_pipeline_prints_as_it_is_made() -> None:
    assert repr(Pipeline([Gain(gain=3), Negative()])) == "Pipeline([Gain(gain=3.0), Negative()])"


def test_a_pipeline_takes_filters_only() -> None:
    for wrong in ("blur", Gain, 3):
        with pytest.raises(FilterError, match=r"a pipeline takes filters, as Blur\(sigma=3\); it was given "):
            Pipeline([wrong])  # type: ignore[list-item]


def test_a_pipeline_takes_any_iterable_once() -> None:
    chain = Pipeline(filter for filter in (Gain(), Gain()))
    assert len(chain.filters) == 2


def test_the_halo_of_a_pipeline_is_the_sum() -> None:
    assert Pipeline([]).halo == 0
    assert Pipeline([Gain()]).halo == 0
    assert Pipeline([Wide(), Gain(), Wide()]).halo == 10
    assert Pipeline([BLUR, EDGES, GRAYSCALE]).halo == 9  # 4 * 2, 1 and 0


def test_one_filter_that_reads_all_makes_the_pipeline_read_all() -> None:
    assert Pipeline([Gain(), Negative(), Wide()]).halo is None


@pytest.mark.parametrize(("rows", "taken"), [(16, True), (32, True), (24, True), (96, True), (64, False), (20, False)])
def test_blocks_begin_where_strips_do(device: str, rows: int, taken: bool, random_image: Make) -> None:
    class Anywhere(Negative):
        """Launch with a layout of its own, to read the whole image, which is never cut."""

        layout = Layout(block=(32, 2), rows=24)

        def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
            return gpu.launch("negative", image, layout=Layout(block=(8, rows)))

    class Blocks(Anywhere):
        """Read a pixel only."""

        halo = 0

    image = random_image((17, 31))
    assert_close(Anywhere()(image, device=device), ~image)
    if taken:
        assert_close(Blocks()(image, device=device), ~image)
    else:
        with pytest.raises(
            FilterError, match=rf"blocks: a launch's blocks make {rows} rows, where .* multiples of 96;"
        ):
            Blocks()(image, device=device)


# What is released, and what is said of a filter that fails


def test_each_step_releases_what_it_was_given(device: str, random_image: Make) -> None:
    with devices.choose(device).session() as real:
        session = Counting(real)
        image = session.upload(random_image((17, 31, 4)))
        result = run_chain(session, [BLUR, EDGES, Gain(), GRAYSCALE], image)
        assert session.live == [result]


@pytest.mark.parametrize("shape", [(17, 31, 3), (17, 31, 4)], ids=["RGB", "RGB and alpha"])
def test_a_filter_that_fails_releases_all_but_the_image(
    device: str, shape: tuple[int, ...], random_image: Make
) -> None:
    class Fragile(NeighborhoodFilter):
        """Fail half-way."""

        @classmethod
        @cache
        def source(cls) -> Source:
            return Source("fragile.cu", "")

        def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
            gpu.empty(image.shape, image.dtype)
            raise RuntimeError("half-way")

    with devices.choose(device).session() as real:
        session = Counting(real)
        image = session.upload(random_image(shape))
        with pytest.raises(FilterError, match=r"fragile failed at test_pipeline\.py:\d+: RuntimeError: half-way"):
            run_chain(session, [Fragile()], image)
        assert session.live == [image]


def test_a_foreign_error_is_translated_and_keeps_its_cause(device: str) -> None:
    class Careless(Negative):
        """Divide by zero."""

        def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
            raise ZeroDivisionError("division by zero")

    with pytest.raises(FilterError) as caught:
        Careless()(np.zeros((4, 5), np.uint8), device=device)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_our_own_errors_pass_as_they_are(device: str) -> None:
    class Full(Negative):
        """Find no memory."""

        def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
            raise DeviceError("there is no memory")

    with pytest.raises(DeviceError, match=r"^there is no memory$"):
        Full()(np.zeros((4, 5), np.uint8), device=device)


@pytest.mark.parametrize(
    ("make", "returned"),
    [
        (lambda gpu, image: None, "None"),
        (lambda gpu, image: image, "the image that it was given"),
        (lambda gpu, image: np.zeros(image.shape), "a numpy.ndarray"),
        (lambda gpu, image: [3], "a list"),
        (lambda gpu, image: gpu.empty((3,), np.uint8), "an array of (3,) uint8"),
    ],
)
def test_a_filter_must_return_a_new_image(device: str, make: Callable[[Gpu, DeviceArray], Any], returned: str) -> None:
    with pytest.raises(FilterError) as caught:
        returning(make)(np.zeros((4, 5), np.uint8), device=device)
    assert str(caught.value) == f"odd: run() must return a new image, as gpu.launch does; it returned {returned}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("// nothing yet\n", r"empty\.cu has no kernel 'empty'; it has: none"),
        ("\nvoid empty(const pixel *src) {}\n", r"empty\.cu:2: 'empty' is a function, and no kernel; write __global__"),
    ],
)
def test_a_kernel_that_is_missing_is_named(text: str, said: str, device: str) -> None:
    class Empty(Negative):
        """Have no kernel."""

        @classmethod
        @cache
        def source(cls) -> Source:
            return Source("empty.cu", text)

    with pytest.raises(FilterError, match=said):
        Empty()(np.zeros((4, 5), np.uint8), device=device)


def test_a_point_function_that_does_not_match_the_fields_is_shown_right(device: str) -> None:
    class Loss(Gain):
        """Have another argument than its field."""

        @classmethod
        @cache
        def source(cls) -> Source:
            return Source("loss.cu", "__device__ color loss(color c, int gain) { return c; }")

    with pytest.raises(FilterError) as caught:
        Loss()(np.zeros((4, 5), np.uint8), device=device)
    assert str(caught.value) == (
        "loss.cu: loss(color c, int gain) does not match the filter's fields; write loss(color c, float gain)"
    )


def test_a_point_filter_without_its_function_is_told_what_to_write(device: str) -> None:
    class Lost(Gain):
        """Have no function."""

        @classmethod
        @cache
        def source(cls) -> Source:
            return Source("lost.cu", "")

    with pytest.raises(FilterError, match=r"lost\.cu has no function `__device__ color lost\(color c, float gain\)`"):
        Lost()(np.zeros((4, 5), np.uint8), device=device)

"""The kinds of filters beside those of one pixel and its neighbors: their arguments, on whole images and in strips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from textwrap import dedent
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import (
    Argument,
    DeviceArray,
    Filter,
    FilterError,
    GeometryFilter,
    Gpu,
    Layout,
    Matrix,
    MeasuringFilter,
    NeighborhoodFilter,
    Pipeline,
    PointFilter,
    Rows,
    devices,
    param,
)
from imgcuda.execution.schedule import Schedule
from imgcuda.execution.streaming import filter_image
from imgcuda.programs.source import Source
from imgcuda.testing import assert_close
from support.installed import installed
from support.matrix import exhaustive

Image = npt.NDArray[Any]
Make = Callable[..., Image]

FILTERS = installed()
BLUR, EDGES, GRAYSCALE = (FILTERS.create(name, {}) for name in ("blur", "edges", "grayscale"))
LIMIT = "IMGCUDA_MEMORY_LIMIT"


class Inline(Filter, abstract=True):
    """A filter with its source in the class."""

    text = ""

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source(f"{cls.__name__.lower()}.cu", dedent(cls.text))


class RedToAlpha(Inline, PointFilter):
    """Make alpha what alpha times red is."""

    result_alpha = True
    text = "__device__ color redtoalpha(color c) { c.a *= c.r; return c; }"
    name = "redtoalpha"


class Opaque(Inline, PointFilter):
    """Mix the color with black by alpha, which is removed."""

    result_alpha = False
    text = """
    __device__ color opaque(color c) {
        c.r *= c.a; c.g *= c.a; c.b *= c.a;
        c.a = 0.25f;
        return c;
    }"""


class Where(Inline, PointFilter):
    """Show where each pixel is: the row in red, the column in green, width and height in blue, all in 65535ths."""

    channels = 3
    text = """
    __device__ color where(color c, place at, int extra)
    {
        c.r = at.y / 65535.0f;
        c.g = at.x / 65535.0f;
        c.b = (at.width * 16 + at.height + extra) / 65535.0f;
        return c;
    }
    """

    extra: int = param(default=0, help="what is added to blue")


class Lookup(Inline, PointFilter):
    """Look each level up in a table."""

    text = """
    __device__ color lookup(color c, const float *__restrict__ table, int length)
    {
        c.r = table[min((int)(c.r * length), length - 1)];
        c.g = table[min((int)(c.g * length), length - 1)];
        c.b = table[min((int)(c.b * length), length - 1)];
        return c;
    }
    """

    curve: Matrix = param(default=Matrix.of([[0.25, 0.5, 1.0]]), help="the levels that are put out")

    def arguments(self) -> Mapping[str, Argument]:
        table = self.curve.array[0].astype(np.float32)
        return {"table": table, "length": len(table)}


class Stretch(Inline, MeasuringFilter):
    """Make the brightest sample white."""

    text = """
    __global__ void levels(const pixel *src, unsigned int *dst, int width, int height)
    {
        int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
        if (x < width * CHANNELS && y < height) atomicAdd(dst + src[y * width * CHANNELS + x], 1);
    }
    """
    layout = Layout(over="samples")

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return gpu.reduce("levels", image, shape=(256,), dtype=np.uint32)

    def resolve(self, found: Image) -> Filter:
        return Gain(gain=255 / float(np.flatnonzero(found)[-1]))


class GrayStretch(Stretch):
    """Make an image gray, and its brightest sample white; note the channels of the images that are measured."""

    text = Stretch.text.replace("CHANNELS", "1")
    measured: ClassVar[list[int]] = []

    def preparation(self, channels: int, dtype: npt.DTypeLike) -> Sequence[Filter]:
        return [GRAYSCALE] if channels == 3 else []

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        self.measured.append(image.channels)
        return super().measure(gpu, gpu.apply(GRAYSCALE, image) if image.channels == 3 else image)

    def resolve(self, found: Image) -> Filter:
        return GrayGain(gain=255 / float(np.flatnonzero(found)[-1]))


class Gain(Inline, PointFilter):
    """Multiply."""

    text = """
    __device__ color gain(color c, float gain)
    {
        c.r *= gain;
        c.g *= gain;
        c.b *= gain;
        return c;
    }
    """

    gain: float = param(help="by how much")


class GrayGain(Gain):
    """Multiply the luminance."""

    channels = 1
    text = """
    __device__ color gray_gain(color c, float gain)
    {
        c.r = pixel_to_unit(unit_to_pixel(rec601_luminance(c.r, c.g, c.b))) * gain;
        return c;
    }
    """


class Upside(Inline, GeometryFilter):
    """Stand an image on its head."""

    alpha_mode = "straight"
    text = """
    __global__ void upside(const pixel *src, pixel *dst, int width, int height, int from, int to, int whole)
    {
        int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
        if (x >= width || y >= height) return;
        long long row = whole - 1 - (to + y) - from;
        for (int c = 0; c < CHANNELS; c++) dst[(y * width + x) * CHANNELS + c] = src[(row * width + x) * CHANNELS + c];
    }
    """

    def reads(self, wanted: Rows, width: int, height: int) -> tuple[int, int]:
        return height - wanted.last, height - wanted.first

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        shape = (gpu.wanted.number, image.width, image.channels)
        return gpu.launch("upside", image, gpu.rows.first, gpu.wanted.first, gpu.rows.height, shape=shape)


class Every(Inline, GeometryFilter):
    """Keep every so many rows and columns."""

    text = """
    __global__ void every(const pixel *src, pixel *dst, int width, int height, int step, int from, int to, int pitch)
    {
        int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
        if (x >= width || y >= height) return;
        long long row = (to + y) * step - from;
        for (int c = 0; c < CHANNELS; c++)
            dst[(y * width + x) * CHANNELS + c] = src[(row * pitch + x * step) * CHANNELS + c];
    }
    """

    step: int = param(default=3, ge=1, le=100, help="how many")

    def result_size(self, width: int, height: int) -> tuple[int, int]:
        return -(-width // self.step), -(-height // self.step)

    def reads(self, wanted: Rows, width: int, height: int) -> tuple[int, int]:
        return wanted.first * self.step, (wanted.last - 1) * self.step + 1

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        shape = (gpu.wanted.number, -(-image.width // self.step), image.channels)
        where = gpu.rows.first, gpu.wanted.first, image.width
        return gpu.launch("every", image, self.step, *where, shape=shape)


class Ghost(Inline, NeighborhoodFilter):
    """Add a blurred image to itself."""

    text = """
    __global__ void add(const pixel *src, pixel *dst, int width, int height, const pixel *other)
    {
        int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
        if (x >= width || y >= height) return;
        for (int c = 0; c < CHANNELS; c++) {
            int i = (y * width + x) * CHANNELS + c;
            dst[i] = to_pixel(0.5f * (src[i] + other[i]));
        }
    }
    """
    halo = 8

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return gpu.launch("add", image, gpu.apply(BLUR, image))


class Settle(Inline):
    """Count down until everything is 10 at most."""

    text = """
    __global__ void lower(const pixel *src, pixel *dst, int width, int height, int *changed)
    {
        int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
        if (x >= width * CHANNELS || y >= height) return;
        int i = y * width * CHANNELS + x;
        int level = src[i];
        dst[i] = level > 10 ? level - 1 : level;
        if (level > 11) changed[0] = 1;
    }
    """
    layout = Layout(over="samples")

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        changed = gpu.zeros((1,), np.int32)
        image = gpu.launch("lower", image, changed)
        while gpu.download(changed)[0]:
            changed = gpu.zeros((1,), np.int32)
            gpu.launch("lower", image, changed, out=image)
        return image


def stretched(image: Image) -> Image:
    stretched: Image = np.rint(image * (255 / image.max())).clip(0, 255).astype(np.uint8)
    return stretched


# Where a pixel is


@pytest.mark.parametrize("dtype", ["uint16", exhaustive("float32")])
@pytest.mark.parametrize(
    "shape", [(1, 1, 3), (3, 200, 3), (211, 33, 1), (700, 1, 1), (120, 50, 4), (7, 1500, 3)], ids=str
)
def test_a_function_is_told_where_the_pixel_is(
    device: str, shape: tuple[int, ...], dtype: str, random_image: Make
) -> None:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    expected = np.stack([rows, columns, columns * 0 + shape[1] * 16 + shape[0] + 7], axis=-1)
    made = Where(extra=7)(random_image(shape, dtype), device=device)[..., :3]
    assert_close(made, expected if dtype == "uint16" else expected / 65535, 1e-6 if dtype == "float32" else 0)


def test_an_unknown_alpha_mode_is_refused_on_images_with_alpha() -> None:
    class Odd(Upside):
        """Stand an image on its head, with an alpha mode that there is not."""

        alpha_mode = "keep"  # type: ignore[assignment]

    with pytest.raises(FilterError, match='odd: alpha_mode must be one of "straight", "premultiplied", "color"; it is'):
        Odd()(np.zeros((4, 4, 4), np.uint8), device="cpu")


def test_a_function_that_does_not_ask_is_not_told(device: str, random_image: Make) -> None:
    image = random_image((40, 30, 3), np.uint16)
    chain = [Gain(gain=0.5), Where(), Gain(gain=2)]
    steps = image
    for filter in chain:
        steps = filter(steps, device=device)
    assert_close(Pipeline(chain)(image, device=device), steps)


# Tables


def test_a_table_reaches_a_function(device: str) -> None:
    image = np.array([[0, 84, 86, 169, 171, 255]], np.uint8)
    assert Lookup()(image, device=device).tolist() == [[64, 64, 128, 128, 255, 255]]
    assert Lookup(curve=Matrix.of([[1, 0]]))(image, device=device).tolist() == [[255, 255, 255, 0, 0, 0]]


def test_a_table_of_another_type_is_refused() -> None:
    class Wrong(Lookup):
        """Hand over doubles."""

        name = "lookup"

        def arguments(self) -> Mapping[str, Argument]:
            return {"table": self.curve.array, "length": 3}

    with pytest.raises(FilterError, match=r"the table 'table' must be one of float32, .*; it is float64"):
        Wrong()(np.zeros((2, 2), np.uint8), device="cpu")


# The whole image, measured


@pytest.mark.parametrize("chain", [[], [GRAYSCALE], [BLUR, EDGES], [Upside()], [Every()]], ids=str)
def test_what_is_measured_is_what_the_filters_before_it_make(
    device: str, chain: list[Filter], random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((900, 61, 3)) // 2
    expected = stretched(Pipeline(chain)(image, device=device))
    pipeline = Pipeline([*chain, Stretch()])
    assert_close(pipeline(image, device=device), expected, 1)
    whole = pipeline(image, device=device)
    monkeypatch.setenv(LIMIT, str(image.nbytes))
    assert_close(pipeline(image, device=device), whole)


def test_one_may_measure_after_another(device: str, random_image: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    image = random_image((900, 61, 3)) // 3
    pipeline = Pipeline([Stretch(), Gain(gain=0.25), BLUR, Stretch(), EDGES])
    whole = pipeline(image, device=device)
    monkeypatch.setenv(LIMIT, str(image.nbytes))
    assert_close(pipeline(image, device=device), whole)


def test_what_measures_must_return_a_filter() -> None:
    class Nothing(Stretch):
        """Return nothing."""

        def resolve(self, found: Image) -> Filter:
            return None  # type: ignore[return-value]

    with pytest.raises(FilterError, match=r"nothing: resolve\(\) must return a filter; it returned None"):
        Nothing()(np.ones((2, 2), np.uint8), device="cpu")


# Rows that move


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 50, 1), (333, 61, 3), (2500, 40, 4)], ids=str)
def test_rows_may_move_and_sizes_change(
    device: str, shape: tuple[int, ...], random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image(shape)
    image[..., -1] = 255
    for made, expected in (
        (Upside(), image[::-1]),
        (Every(), image[::3, ::3]),
        (Pipeline([Every(), Upside(), Every(step=2)]), image[::3, ::3][::-1][::2, ::2]),
    ):
        assert_close(made(image, device=device), expected)
        if shape[0] > 300:
            monkeypatch.setenv(LIMIT, str(image.nbytes))
            assert_close(made(image, device=device), expected)
            monkeypatch.delenv(LIMIT)


CHAINS: list[list[Filter]] = [
    [Every(), BLUR],
    [BLUR, Every(), EDGES],
    [EDGES, Upside(), BLUR, Upside()],
    [Where(), Upside(), BLUR],
    [Upside(), Where(), Every(step=7), Where(extra=1)],
    [BLUR, Every(), Ghost(), Upside(), EDGES, GRAYSCALE],
]


@pytest.mark.parametrize("chain", CHAINS, ids=str)
def test_a_chain_across_sizes_makes_the_same_bytes_in_strips(
    device: str, chain: list[Filter], random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((1501, 45, 3), np.uint16)
    steps = image
    for filter in chain:
        steps = filter(steps, device=device)
    whole = Pipeline(chain)(image, device=device)
    assert_close(whole, steps)
    monkeypatch.setenv(LIMIT, str(image.nbytes))
    assert_close(Pipeline(chain)(image, device=device), whole)


def test_what_prepares_a_two_phase_filter_runs_before_it_measures(
    device: str, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((300, 40, 3)) // 2
    pipeline = Pipeline([BLUR, GrayStretch(), EDGES])
    expected = Pipeline([BLUR, GRAYSCALE, Stretch(), EDGES])(image, device=device)
    for _ in range(2):  # the second call finds the plan of the first
        GrayStretch.measured.clear()
        assert_close(pipeline(image, device=device), expected)
        assert set(GrayStretch.measured) == {1}
    monkeypatch.setenv(LIMIT, "100000")
    assert_close(pipeline(image, device=device), expected)  # in strips, without the preparation
    assert set(GrayStretch.measured) == {1, 3}


@pytest.mark.parametrize("chain", [[BLUR, Stretch()], [Every(), Stretch(), Where()], [Upside(), BLUR]], ids=str)
def test_several_devices_make_the_same_bytes(device: str, chain: list[Filter], random_image: Make) -> None:
    image = random_image((333, 70, 3)) // 2
    whole = Pipeline(chain)(image, device=device)
    assert_close(filter_image([devices.choose(device)] * 3, chain, image), whole)


def test_two_gpus_make_the_same_bytes(gpu: str, random_image: Make) -> None:
    if len(devices.members(devices.choose("cuda:all"))) < 2:
        pytest.skip("there is one GPU only")
    image = random_image((3000, 900, 3)) // 2
    for chain in CHAINS:
        pipeline = Pipeline([*chain[:1], Stretch(), *chain[1:]])
        assert_close(pipeline(image, device="cuda:all"), pipeline(image, device=gpu))


def test_a_strip_reads_only_the_rows_that_it_needs() -> None:
    plan = Schedule([EDGES, Every(step=10), Upside()], 100, 1000)
    assert plan.height == 100
    strip = plan.strip(0, 32)
    assert [(rows.first, rows.last) for rows in strip.spans] == [(608, 992), (64, 100), (0, 32)]


def test_a_size_of_nothing_is_refused() -> None:
    class Gone(Every):
        """Make nothing."""

        def result_size(self, width: int, height: int) -> tuple[int, int]:
            return width, 0

    with pytest.raises(FilterError, match="gone would make an image of 20x0 pixels out of 20x10"):
        Gone()(np.zeros((10, 20), np.uint8), device="cpu")


# One filter inside another, and launches until nothing changes


@pytest.mark.parametrize("channels", [3, 4])
def test_a_filter_may_apply_another(
    device: str, channels: int, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((1500, 50, channels))
    made = Ghost()(image, device=device)
    if channels == 3:
        assert_close(made, (image.astype(int) + BLUR(image, device=device)) / 2, 0.5)
    monkeypatch.setenv(LIMIT, str(image.nbytes))
    assert_close(Ghost()(image, device=device), made)


def test_a_filter_that_needs_the_whole_image_cannot_be_applied_by_another(device: str) -> None:
    class Inner(Ghost):
        """Apply what cannot be."""

        def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
            return gpu.apply(Stretch(), image)

    with pytest.raises(FilterError, match="stretch cannot be applied by another filter: it needs the whole image"):
        Inner()(np.ones((4, 4), np.uint8), device=device)


def test_launches_may_go_on_until_nothing_changes(device: str, random_image: Make) -> None:
    image = random_image((30, 40, 3))
    assert_close(Settle()(image, device=device), np.minimum(image, 10))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_filter_adds_changes_and_removes_alpha(device: str, dtype: str) -> None:
    rgb = np.array([[[51, 0, 255]]]).astype(dtype) / (1 if dtype == "uint8" else 255 if dtype == "float32" else 1 / 257)
    color, white = rgb.astype(dtype), np.dtype(dtype).type(1 if dtype == "float32" else np.iinfo(dtype).max)
    fifth = color[0, 0, 0]
    added = RedToAlpha()(color, device=device)
    assert_close(added, np.dstack([color, [[fifth]]]))
    assert_close(RedToAlpha()(added, device=device)[..., 3], [[0.2 * fifth]], 0.51 if white > 1 else 1e-7)
    assert_close(Opaque()(added, device=device), 0.2 * color, 0.51 if white > 1 else 1e-7)
    gray = np.ascontiguousarray(color[..., 2])
    assert_close(RedToAlpha()(gray, device=device), [[[white, white]]])
    assert Opaque()(RedToAlpha()(gray, device=device), device=device).shape == (1, 1)


def test_alpha_between_fused_filters_is_as_one_by_one(device: str) -> None:
    image = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    chain = [RedToAlpha(), GRAYSCALE, RedToAlpha(), Opaque(), RedToAlpha(), RedToAlpha(), Opaque(), GRAYSCALE]
    for count in range(1, len(chain) + 1):
        alone: Image = image
        for filter in chain[:count]:
            alone = filter(alone, device=device)
        assert_close(Pipeline(chain[:count])(image, device=device), alone)


def test_no_table_keeps_an_old_alpha(device: str) -> None:
    image = np.full((600, 600, 2), 51, np.uint8)
    for _ in range(3):
        assert RedToAlpha()(image, device=device)[0, 0].tolist() == [51, 10]

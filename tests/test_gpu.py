"""The argument `gpu` of a filter's run: launches are checked, and all arrays are released."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import DeviceArray, FilterError, Gpu, Layout
from imgcuda.engine.protocol import NO_MEMORY, Launch
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program, Source

SOURCE = Source(
    "tones.cu",
    """
    __global__ void darken(const pixel *src, pixel *dst, int width, int height, float amount, int steps, bool on) {}
    __global__ void table(const pixel *src, float *dst, int width, int height, const float *weights) {}
    __global__ void palette(const pixel *src, pixel *dst, int width, int height, const rgb *colors) {}
    __global__ void large(const pixel *src, pixel *dst, int width, int height, long long seed) {}
    """,
)


class FakeSession:
    """A device that only notes what is asked of it."""

    packs, tables = True, None

    def __init__(self) -> None:
        self.live: list[DeviceArray] = []
        self.zeroed: list[DeviceArray] = []
        self.memory = NO_MEMORY
        """The memory of the last launch."""
        self.launches: list[tuple[Program, str, Dim3, Dim3, list[Any]]] = []

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        made = DeviceArray(0, tuple(shape), np.dtype(dtype))
        self.live.append(made)
        return made

    def zeros(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        self.zeroed.append(self.empty(shape, dtype))
        return self.zeroed[-1]

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        return self.empty(array.shape, array.dtype)

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        return np.zeros(array.shape, array.dtype)

    def free(self, array: DeviceArray) -> None:
        self.live.remove(array)

    def launch(self, launch: Launch) -> None:
        self.memory = launch.memory
        self.launches.append((*launch[:4], list(launch.arguments)))


@pytest.fixture
def session() -> FakeSession:
    return FakeSession()


@pytest.fixture
def image(session: FakeSession) -> DeviceArray:
    return session.empty((50, 100, 3), np.uint8)


@pytest.fixture  # not called `gpu`: tests that ask for that are skipped where there is none
def fake(session: FakeSession, image: DeviceArray) -> Gpu:
    return Gpu(session, SOURCE, image, {"LEVEL": 4}, Layout(over="samples", block=(32, 8)))


# A launch


def test_a_launch_passes_image_result_size_and_arguments(session: FakeSession, image: DeviceArray, fake: Gpu) -> None:
    result = fake.launch("darken", image, 0.5, 3, True)
    assert (result.shape, result.dtype) == (image.shape, image.dtype)
    ((program, kernel, grid, block, values),) = session.launches
    assert (kernel, grid, block) == ("darken", Dim3(10, 7), Dim3(32, 8))
    assert values[:2] == [image, result]
    assert values[2:] == [100, 50, 0.5, 3, True]
    assert [type(value) for value in values[2:]] == [np.int32, np.int32, np.float32, np.int32, np.bool_]
    for line in ("#define LEVEL 4", "#define CHANNELS 3", "#define BLOCK_WIDTH 32", "#define PIXEL unsigned char"):
        assert line in program.text.splitlines()


def test_a_launch_may_make_another_shape_and_type(session: FakeSession, image: DeviceArray, fake: Gpu) -> None:
    weights = fake.upload(np.ones(3, np.float32))
    result = fake.launch("table", image, weights, shape=(20, 40, 1), dtype=np.float32)
    assert (result.shape, result.dtype) == ((20, 40, 1), np.dtype(np.float32))
    _, _, grid, _, values = session.launches[0]
    assert values[2:4] == [40, 20]  # the result's size, which threads cover
    assert grid == Dim3(2, 3)


def test_a_launch_may_have_constants_and_a_layout_of_its_own(
    session: FakeSession, image: DeviceArray, fake: Gpu
) -> None:
    fake.launch("darken", image, 1, 1, False, constants={"LEVEL": 5}, layout=Layout(block=(16, 16)))
    program, _, grid, block, _ = session.launches[0]
    assert "#define LEVEL 5" in program.text
    assert (grid, block) == (Dim3(7, 4), Dim3(16, 16))


@pytest.mark.parametrize("packs", [True, False])
def test_only_a_gpu_has_the_constants_that_are_arguments_too(session: FakeSession, fake: Gpu, packs: bool) -> None:
    session.packs = packs
    image = session.empty((50, 100, 3), np.uint8)
    for level in (6, 7):
        fake.launch("darken", image, 1, level, False, gpu_constants={"LEVEL": level, "ROWS": level})
    programs, values = zip(*((launch[0], launch[-1]) for launch in session.launches), strict=True)
    assert [each[5] for each in values] == [6, 7]
    assert [f"#define {name} 7\n" in programs[1].text for name in ("LEVEL", "ROWS")] == [packs, packs]
    assert ("#define LEVEL" in programs[0].text) == packs
    assert (programs[0] == programs[1]) != packs  # the CPU has one program for both


@pytest.mark.parametrize(("packs", "pack", "block"), [(True, 4, 16), (False, 1, 64)])
def test_only_a_device_that_packs_is_asked_to(
    session: FakeSession, image: DeviceArray, fake: Gpu, packs: bool, pack: int, block: int
) -> None:
    session.packs = packs
    fake.launch("darken", image, 1, 1, False, layout=Layout(block=(16, 16), pack=4))
    program, _, grid, threads, _ = session.launches[0]
    assert f"#define PACK {pack}\n" in program.text
    assert (grid.x, threads.x) == (2, block)


def test_a_table_is_uploaded_as_one_piece(fake: Gpu) -> None:
    assert fake.upload([[1.0, 2.0], [3.0, 4.0]]).shape == (2, 2)
    assert fake.upload(np.arange(10)[::2]).shape == (5,)


# Its checks


def test_shared_memory_of_no_size_is_refused_before_anything_runs(session: FakeSession, image: DeviceArray) -> None:
    text = "extern __shared__ float tile[];\n__global__ void k(const pixel *src, pixel *dst, int width, int height) {}"
    fake = Gpu(session, Source("tile.cu", text), image, {}, Layout())
    with pytest.raises(
        FilterError, match=r"tile\.cu: a launch cannot say the size of `extern __shared__` memory; give"
    ):
        fake.launch("k", image)
    assert not session.launches


def test_an_unknown_kernel_is_named_with_the_known_ones(image: DeviceArray, fake: Gpu) -> None:
    with pytest.raises(FilterError, match=r"tones\.cu has no kernel 'darkn'; did you mean 'darken'\?"):
        fake.launch("darkn", image)
    with pytest.raises(FilterError, match=r"tones\.cu has no kernel 'sepia'; it has: darken, table, palette, large"):
        fake.launch("sepia", image)


@pytest.mark.parametrize(("arguments", "given"), [((), 4), ((0.5,), 5), ((0.5, 3, True, 1), 8)])
def test_the_number_of_arguments_is_checked(
    image: DeviceArray, fake: Gpu, arguments: tuple[Any, ...], given: int
) -> None:
    more = ", or make more of them fields of the filter"
    remedy = f"; write darken(src, dst, width, height){more}" if not arguments else ""
    with pytest.raises(FilterError) as caught:
        fake.launch("darken", image, *arguments)
    assert str(caught.value) == (
        f"tones.cu: darken(src, dst, width, height, amount, steps, on) takes 7 arguments; it was given {given}{remedy}"
    )


def test_a_number_where_a_pointer_is_wanted_is_refused(image: DeviceArray, fake: Gpu) -> None:
    with pytest.raises(
        FilterError, match=r"tones\.cu: table: argument 'weights' is float \*; it was given the number 3, which fits"
    ):
        fake.launch("table", image, 3, dtype=np.float32)


def test_an_array_where_a_number_is_wanted_is_refused(image: DeviceArray, fake: Gpu) -> None:
    with pytest.raises(FilterError, match=r"is float; it was given an array of float32, which fits `float \*amount`"):
        fake.launch("darken", image, fake.upload(np.ones(3, np.float32)), 3, True)


def test_an_array_of_another_type_is_refused(image: DeviceArray, fake: Gpu) -> None:
    with pytest.raises(FilterError, match=r"\*; it was given an array of float64, which fits `double \*weights`"):
        fake.launch("table", image, fake.upload(np.ones(3)), dtype=np.float32)


def test_a_result_of_another_type_is_refused(image: DeviceArray, fake: Gpu) -> None:
    with pytest.raises(FilterError, match=r"'dst' is float \*; .* array of uint8, which fits `pixel \*dst`"):
        fake.launch("table", image, fake.upload(np.ones(3, np.float32)))


def test_a_fraction_where_a_whole_number_is_wanted_is_refused(image: DeviceArray, fake: Gpu) -> None:
    with pytest.raises(FilterError, match=r"'steps' is int; it was given the number 2\.5, which fits `float steps`"):
        fake.launch("darken", image, 0.5, 2.5, True)


def test_a_whole_number_that_no_float_holds_is_passed_on(session: FakeSession, image: DeviceArray, fake: Gpu) -> None:
    fake.launch("large", image, 2**53 + 1)
    assert session.launches[0][-1][-1] == 2**53 + 1


def test_a_pointer_to_the_authors_own_type_takes_any_array(image: DeviceArray, fake: Gpu) -> None:
    fake.launch("palette", image, fake.upload(np.zeros(30, np.uint8)))


# Release


def test_everything_but_the_result_is_released(session: FakeSession, image: DeviceArray, fake: Gpu) -> None:
    with fake:
        weights = fake.upload(np.ones(3, np.float32))
        fake.empty((7, 7), np.int32)
        half = fake.launch("table", image, weights, dtype=np.float32)
        result = fake.keep(fake.launch("darken", image, 0.5, 1, True))
        assert session.live == [image, weights, session.live[2], half, result]
    assert session.live == [image, result]


def test_everything_is_released_when_a_filter_raises(session: FakeSession, image: DeviceArray, fake: Gpu) -> None:
    with pytest.raises(RuntimeError, match="half-way"), fake:
        fake.empty((7, 7), np.int32)
        fake.launch("darken", image, 0.5, 1, True)
        raise RuntimeError("half-way")
    assert session.live == [image]


def test_the_result_of_a_launch_that_is_refused_is_released(
    session: FakeSession, image: DeviceArray, fake: Gpu
) -> None:
    with pytest.raises(FilterError), fake:
        fake.launch("darken", image)
    assert session.live == [image]


def test_names_that_are_known_are_held_against_the_kernels_own(
    session: FakeSession, image: DeviceArray, fake: Gpu
) -> None:
    fake.launch("darken", image, {"amount": 0.5, "steps": 3}, True)
    assert session.launches[0][-1][4:] == [0.5, 3, True]
    with pytest.raises(FilterError) as caught:
        fake.launch("darken", image, {"steps": 1, "amount": 2, "on": True})
    assert str(caught.value) == (
        "tones.cu: darken(src, dst, width, height, amount, steps, on) does not have the filter's fields in their order"
        "; write darken(src, dst, width, height, steps, amount, on)"
    )
    with pytest.raises(FilterError, match=r"; write darken\(src, dst, width, height, amount, steps\)"):
        fake.launch("darken", image, {"amount": 0.5, "steps": 3})
    with pytest.raises(FilterError, match=r"; write darken\(src, dst, width, height, steps, amount, on\)"):
        fake.launch("darken", image, {"steps": 1, "amount": 0.5, "on": True})  # the order, and not that 0.5 is no int


def test_a_launch_may_write_to_an_array_that_is_there(session: FakeSession, image: DeviceArray, fake: Gpu) -> None:
    there = fake.empty((20, 40, 3), np.uint8)
    assert fake.launch("darken", image, 0.5, 3, True, out=there) is there
    assert session.launches[0][-1][1:4] == [there, 40, 20]


def test_sums_begin_at_zero_and_threads_cover_the_image(session: FakeSession, image: DeviceArray, fake: Gpu) -> None:
    made = fake.reduce("table", image, np.ones(3, np.float32), shape=(256,), dtype=np.float32)
    assert (made.shape, session.zeroed) == ((256,), [made])
    _, _, grid, _, values = session.launches[0]
    assert values[1:4] == [made, 100, 50]
    assert grid == Dim3(10, 7)


def test_what_is_downloaded_is_a_copy(fake: Gpu) -> None:
    array = fake.zeros((4,), np.int32)
    assert fake.download(array).flags.owndata

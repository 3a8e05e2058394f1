"""Per-pixel filters by tables: the same bytes as by their own kernel, and one table for all images."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product, starmap
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import Filter, Pipeline, devices
from imgcuda.cpu.session import CpuSession
from imgcuda.engine.known_tables import KnownTables, known_tables
from imgcuda.engine.protocol import Launch
from imgcuda.execution import chain_plan, tables
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program, macro
from support.installed import installed
from support.matrix import every_third, exhaustive

UINT8 = np.dtype(np.uint8)
PRELUDE = """typedef unsigned char pixel;
#define HAS_ALPHA(channels) ((channels) % 2 == 0)
#define COLORS_IN(channels) ((channels) - HAS_ALPHA(channels))
"""
Pixels = npt.NDArray[np.uint8]

ALONE: dict[str, list[dict[str, Any]]] = {
    "brightness": [{"factor": 0.0}, {"factor": 0.37}, {"factor": 1.5}],
    "contrast": [{"factor": 1.5}, {"factor": 0.3, "pivot": 0.2}],
    "gamma": [{"gamma": 2.2}, {"gamma": 0.45, "gain": 1.2}, {"gamma": 1.0}],
    "invert": [{}],
    "posterize": [{"levels": 2}, {"levels": 5}],
}
"""The built-in filters that make each channel from that channel alone, with parameters."""
GRAY_TOO: dict[str, list[dict[str, Any]]] = {
    "threshold": [{"level": 0.4}],
    "grayscale": [{}],
    "saturation": [{"factor": 2.0}],
}
"""Those that do so with gray images."""
CASES = [(name, given) for name, several in ALONE.items() for given in several]
GRAY_CASES = [(name, given) for name, several in GRAY_TOO.items() for given in several]


@pytest.fixture(autouse=True)
def for_small_images(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let tables be used for images of any size, and begin without any."""
    monkeypatch.setattr(tables, "SMALLEST", 1)
    monkeypatch.setattr(tables, "SMALLEST_ONCE", 1)
    known_tables("cpu").clear()
    chain_plan.forget()  # what was planned for images that were too small
    yield
    known_tables("cpu").clear()


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the kernels that are launched."""
    launched: list[str] = []
    launch = CpuSession.launch

    def noted(self: CpuSession, asked: Launch) -> None:
        launched.append(asked.kernel)
        launch(self, asked)

    monkeypatch.setattr(CpuSession, "launch", noted)
    return launched


def levels(channels: int) -> Pixels:
    """Return a picture in which each channel has all levels, the next one in another order."""
    order = [np.random.default_rng(seed).permutation(256) for seed in range(channels)]
    return np.stack(order, axis=-1).astype(np.uint8).reshape(8, 32, channels)


def noise(height: int, width: int, channels: int) -> Pixels:
    return np.random.default_rng(7).integers(0, 256, (height, width, channels), dtype=np.uint8)


def directly(filters: list[Filter], image: Pixels, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what the filters' own kernel makes of an image."""
    with monkeypatch.context() as patch:
        patch.setattr(CpuSession, "tables", None)
        return Pipeline(filters)(image, device="cpu")


@pytest.mark.parametrize(
    ("name", "given", "channels"), every_third((*case, channels) for case, channels in product(CASES, [3, 1, 2, 4]))
)
def test_all_levels_become_the_same(
    name: str, given: dict[str, Any], channels: int, kernels: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    filters = [installed().create(name, given)]
    for image in (levels(channels), noise(41, 57, channels), noise(300, 200, channels)):
        wanted = directly(filters, image, monkeypatch)
        kernels.clear()
        made = Pipeline(filters)(image, device="cpu")
        assert kernels[-1] == "tables"
        assert made.tobytes() == wanted.tobytes()


@pytest.mark.parametrize(
    ("name", "given", "channels"),
    every_third((*case, channels) for case, channels in product(GRAY_CASES, [1, 2, 3, 4])),
)
def test_what_mixes_colors_has_a_table_for_gray_only(
    name: str, given: dict[str, Any], channels: int, kernels: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    filters = [installed().create(name, given)]
    made = Pipeline(filters)(levels(channels), device="cpu")
    assert ("tables" in kernels) == (channels < 3)
    assert made.tobytes() == directly(filters, levels(channels), monkeypatch).tobytes()


@pytest.mark.parametrize(("order", "channels"), every_third(product(["bgr", "rbg", "grb", "gbr", "brg"], [3, 4])))
def test_samples_that_move_are_moved(
    order: str, channels: int, kernels: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    filters = [installed().create("swap-channels", {"order": order})]
    for image in (noise(1, 1, channels), noise(41, 57, channels), noise(300, 200, channels)):
        kernels.clear()
        made = Pipeline(filters)(image, device="cpu")
        assert kernels[-1] == "tables"
        assert (made[:, :, :3] == image[:, :, ["rgb".index(name) for name in order]]).all()
        assert made.tobytes() == directly(filters, image, monkeypatch).tobytes()


def test_samples_that_move_and_change_have_no_table(kernels: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    filters = [installed().create(name, {}) for name in ("swap-channels", "invert")]
    made = Pipeline(filters)(levels(3), device="cpu")
    assert "tables" not in kernels
    assert (made == 255 - levels(3)[:, :, ::-1]).all()


@pytest.mark.parametrize("channels", [3, exhaustive(4)])
def test_each_channel_may_have_a_table_of_its_own(
    channels: int, kernels: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("equalize", "auto-contrast"):
        image: Pixels = (noise(70, 90, channels) // 2 + np.arange(channels)).astype(np.uint8)
        filters = [installed().create(name, {})]
        kernels.clear()
        made = Pipeline(filters)(image, device="cpu")
        assert kernels[-1] == "tables"
        assert made.tobytes() == directly(filters, image, monkeypatch).tobytes()


def test_a_chain_has_one_table_that_the_next_image_uses_again(
    kernels: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = [installed().create(*each) for each in CASES[1:8:3]]
    first, second = noise(64, 65, 3), noise(80, 81, 3)
    wanted = [directly(chain, image, monkeypatch).tobytes() for image in (first, second)]
    kernels.clear()
    made = [Pipeline(chain)(image, device="cpu").tobytes() for image in (first, second)]
    assert made == wanted
    assert kernels == ["point", "tables", "tables"]


def test_other_values_have_another_table(monkeypatch: pytest.MonkeyPatch) -> None:
    for factor in (0.5, 0.25, 0.0, 0.5):
        filters = [installed().create("brightness", {"factor": factor})]
        made = Pipeline(filters)(levels(3), device="cpu")
        assert made.tobytes() == directly(filters, levels(3), monkeypatch).tobytes()


@pytest.mark.parametrize(
    ("name", "given", "operation"),
    [
        ("invert", {}, tables.Operation.XOR),
        ("brightness", {"factor": 1.0}, tables.Operation.XOR),
        ("posterize", {"levels": 2}, tables.Operation.STEP),
        ("gamma", {"gamma": 2.0}, tables.Operation.LOOKUP),
        ("swap-channels", {"order": "gbr"}, tables.Operation.MOVE),
    ],
)
def test_a_table_is_recognized_as_arithmetic(
    name: str, given: dict[str, Any], operation: tables.Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[tables.LevelTable] = []
    monkeypatch.setattr(KnownTables, "put", lambda self, key, table: kept.append(table))
    installed().create(name, given)(levels(3), device="cpu")
    assert [table.operation for table in kept] == [operation]


def test_strips_have_the_same_bytes(kernels: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    filters = [installed().create("gamma", {"gamma": 1.7}), installed().create("blur", {"sigma": 1.0})]
    image = noise(2000, 600, 3)
    wanted = Pipeline(filters)(image, device="cpu").tobytes()
    kernels.clear()
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", "4M")
    assert Pipeline(filters)(image, device="cpu").tobytes() == wanted
    assert kernels.count("tables") > 1


def test_a_checked_run_runs_the_filters_own_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_CHECK", "1")
    monkeypatch.setattr(tables, "by_table", lambda *rest: pytest.fail("a table"))
    assert (installed().create("invert", {})(levels(3), device="cpu") == 255 - levels(3)).all()


def test_small_images_and_other_types_have_no_table(kernels: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SMALLEST", 1 << 18)
    invert = installed().create("invert", {})
    for image in (levels(3), np.zeros((600, 600), np.uint16), np.zeros((600, 600), np.float32)):
        invert(image, device="cpu")
    assert kernels == ["point"] * 3


def test_a_small_image_gets_a_table_the_second_time(kernels: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SMALLEST_ONCE", 1 << 21)
    for name in ("invert", "sepia"):
        made = [installed().create(name, {})(levels(3), device="cpu").tobytes() for _ in range(3)]
        assert len(set(made)) == 1
    assert kernels == ["point", "point", "tables", "tables", "point", "point", "point"]


def test_a_large_argument_is_not_compared(kernels: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LARGEST_ARGUMENT", 100)
    installed().create("equalize", {})(noise(70, 90, 3), device="cpu")
    assert "tables" not in kernels


def test_few_tables_are_kept() -> None:
    kept = KnownTables()
    for number in range(100):
        kept.put(number, str(number))
        kept.get(0)
    assert kept.get(0) == "0"
    assert kept.get(1) is None
    assert kept.get(99) == "99"


@pytest.mark.parametrize(("size", "channels"), every_third(product([(97, 1031), (1, 3), (7, 5)], [1, 2, 3, 4])))
def test_the_kernel_as_a_gpu_runs_it(size: tuple[int, int], channels: int) -> None:
    """The packed kernel, whose threads make 16 samples each, on the CPU, without the prelude, which is of one there."""
    height, width = size
    image, table = noise(height, width, channels), np.random.default_rng(3).permutation(256).astype(np.uint8)
    constants = {**tables.LAYOUT.constants, **tables.NAMES, "TABLES": 1, "OPERATION": 0, "CHANNELS": channels}
    program = Program("tables.cu", "".join([*starmap(macro, constants.items()), PRELUDE, tables.source().text]), UINT8)
    with devices.choose("cpu").session() as session:
        made = session.empty(image.shape, np.uint8)
        values = [session.upload(image), made, np.int32(width), np.int32(height), session.upload(table), np.int32(0)]
        grid = tables.LAYOUT.grid(width, height, channels)
        session.launch(Launch(program, "tables", grid, Dim3(*tables.LAYOUT.block), values))
        result = session.download(made)
    wanted = table[image]
    if channels in (2, 4):
        wanted[..., -1] = image[..., -1]
    assert (result == wanted).all()

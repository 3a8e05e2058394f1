"""Dask arrays: filtered later, strip by strip, to the bytes of the whole image."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import FilterError, ImageError, Pipeline
from imgcuda.lazy.strip_tasks import Chain
from support.installed import installed

da = pytest.importorskip("dask.array")

Array = npt.NDArray[Any]
Make = Callable[..., Array]

CHAINS = [
    "invert",
    "blur:sigma=3 | edges",
    "blur:sigma=2,border=constant",
    "blur:sigma=2,border=wrap | equalize",
    "equalize | blur:sigma=2,border=wrap",
    "equalize",
    "auto-contrast | blur:sigma=2 | equalize",
    "resize:width=90,height=400 | auto-threshold",
    "rotate:angle=30",
    "flip | median:radius=2",
    "pixelate:size=7 | vignette",
    "add-noise:seed=3 | grayscale",
]
SHAPE = (300, 170, 3)


@pytest.mark.parametrize("text", CHAINS)
@pytest.mark.parametrize("chunks", [(64, 64, 3), (5, 170, 2), (300, 100, 1)], ids=str)
def test_the_result_has_the_bytes_of_the_whole_image(
    device: str, text: str, chunks: tuple[int, ...], random_image: Make
) -> None:
    image, pipeline = random_image(SHAPE), Pipeline.from_text(text)
    wanted = pipeline(image, device=device)
    made = pipeline(da.from_array(image, chunks=chunks), device=device)
    assert (made.shape, made.dtype) == (wanted.shape, wanted.dtype)
    computed = made.compute()
    assert type(computed) is np.ndarray
    assert np.array_equal(computed, wanted)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32], ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize("shape", [(150, 40), (150, 40, 1), (150, 40, 2), (150, 40, 4)], ids=str)
def test_all_kinds_of_images_give_the_bytes_of_the_whole(
    dtype: npt.DTypeLike, shape: tuple[int, ...], random_image: Make
) -> None:
    image = random_image(shape, dtype)
    pipeline = Pipeline.from_text("auto-contrast | blur:sigma=1.5 | invert")
    made = pipeline(da.from_array(image, chunks=(32, 16, *shape[2:])), device="cpu")
    assert made.numblocks[0] > 1
    assert np.array_equal(made.compute(), pipeline(image, device="cpu"))


@pytest.mark.parametrize("dtype", ["float16", "float64", ">u2"])
def test_types_that_are_computed_as_others_come_back(dtype: str, random_image: Make) -> None:
    image = random_image((150, 40, 3), np.uint8 if "f" in dtype else np.uint16).astype(dtype)
    pipeline = Pipeline.from_text("auto-contrast | blur:sigma=1.5")
    wanted = pipeline(image, device="cpu")
    made = pipeline(da.from_array(image, chunks=(32, 16, 3)), device="cpu")
    assert made.dtype == wanted.dtype == made.compute().dtype
    assert np.array_equal(made.compute(), wanted)


@pytest.mark.parametrize("border", ["reflect", "mirror", "nearest", "constant"])
def test_borders_are_at_the_edge_of_the_image_alone(border: str, random_image: Make) -> None:
    image = random_image((200, 30))
    pipeline = Pipeline.from_text(f"blur:sigma=2,border={border}")
    made = pipeline(da.from_array(image, chunks=(3, 7)), device="cpu")  # smaller than the halo
    assert np.array_equal(made.compute(), pipeline(image, device="cpu"))


@pytest.mark.parametrize("text", ["blur:sigma=2", "auto-contrast | equalize", "resize:width=30,height=77"])
def test_nothing_is_computed_before_it_is_asked_for(text: str) -> None:
    def refuse(block: Array) -> Array:
        raise AssertionError("a chunk was computed")

    given = da.zeros((400, 60, 3), chunks=(64, 60, 3), dtype=np.uint8).map_blocks(refuse, dtype=np.uint8)
    made = Pipeline.from_text(text)(given)
    height = 77 if "resize" in text else 400
    assert (made.shape[0], made.dtype) == (height, np.uint8)
    assert sum(made.chunks[0]) == height
    with pytest.raises(AssertionError, match="a chunk was computed"):
        made.compute()


def test_a_part_of_the_result_computes_the_chunks_that_it_needs() -> None:
    read: list[int] = []

    def note(block: Array, block_info: Any = None) -> Array:
        read.append(block_info[0]["chunk-location"][0])
        return block

    given = da.zeros((1024, 60), chunks=(128, 60), dtype=np.uint8)
    noted = da.map_blocks(note, given, dtype=np.uint8, meta=np.empty((0, 0), np.uint8))
    made = Pipeline.from_text("blur:sigma=1")(noted, device="cpu")
    assert made.chunks[0] == (128,) * 8
    made[300:310].compute(scheduler="synchronous")
    assert sorted(read) == [1, 2, 3]


def test_strips_have_the_rows_of_chunks_but_no_more_than_memory_allows() -> None:
    invert = Pipeline.from_text("invert")
    assert invert(da.zeros((4096, 100), chunks=(1024, 100), dtype=np.uint8)).chunks[0] == (1024,) * 4
    wide = invert(da.zeros((40_000, 40_000, 3), chunks=(10_000, 10_000, 3), dtype=np.uint8))
    assert max(wide.chunks[0]) * 40_000 * 3 <= 64 << 20
    halo = Pipeline.from_text("blur:sigma=3").halo
    assert halo
    blurred = Pipeline.from_text("blur:sigma=3")(da.zeros((4096, 100), chunks=(8, 100), dtype=np.uint8))
    assert blurred.chunks[0][0] >= 16 * halo


def test_equal_work_has_one_name() -> None:
    given = da.zeros((64, 64), dtype=np.uint8)
    one, same = (Pipeline.from_text("blur:sigma=2 | equalize")(given) for _ in range(2))
    others = [
        Pipeline.from_text("blur:sigma=3 | equalize")(given),
        Pipeline.from_text("blur:sigma=2 | equalize")(given + 1),
    ]
    assert one.name == same.name
    assert one.name not in [other.name for other in others]


def test_what_a_worker_gets_of_a_chain_is_small() -> None:
    pipeline = Pipeline.from_text("blur:sigma=3 | edges | equalize")
    assert len(pickle.dumps(Chain(pipeline.filters))) < 1000
    chain = pickle.loads(pickle.dumps(Chain(pipeline.filters)))
    assert Pipeline(chain.filters) == pipeline


def test_a_lazy_result_is_filtered_again_and_by_single_filters(random_image: Make) -> None:
    image = random_image((130, 50))
    blur, edges = installed().create("blur", {"sigma": 2.0}), installed().create("edges", {})
    made = edges(blur(da.from_array(image, chunks=(40, 50)), device="cpu") + 0, device="cpu")
    assert np.array_equal(made.compute(), edges(blur(image, device="cpu"), device="cpu"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda: da.zeros((20, 20), dtype=np.int32), "samples must be uint8, uint16"),
        (lambda: da.zeros((2, 20, 20, 3), dtype=np.uint8), r"must be \(height, width\)"),
        (lambda: da.zeros((0, 20), dtype=np.uint8), "at least one pixel"),
        (lambda: da.ones((20, 20), dtype=np.uint8)[da.ones(20, dtype=bool)], "call compute_chunk_sizes"),
    ],
)
def test_an_array_that_holds_no_image_is_refused_at_once(given: Callable[[], Any], message: str) -> None:
    with pytest.raises(ImageError, match=message):
        Pipeline.from_text("invert")(given())


def test_out_and_too_many_pixels_are_refused() -> None:
    given: Any = da.zeros((20, 20), dtype=np.uint8)
    with pytest.raises(ImageError, match="out is for arrays in memory"):
        Pipeline.from_text("invert")(given, out=np.zeros((20, 20), np.uint8))
    with pytest.raises(ImageError, match="more than 100"):
        Pipeline.from_text("resize:width=30,height=30")(given, max_pixels=100)


def test_a_two_phase_filter_that_resolves_to_a_larger_halo_says_so(
    random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    blur = installed().create("blur", {"sigma": 2.0})
    monkeypatch.setattr(installed()["equalize"], "resolve", lambda filter, found: blur)
    pipeline, image = Pipeline.from_text("equalize"), random_image((200, 40, 3))
    with pytest.raises(FilterError, match="give the whole image"):
        pipeline(da.from_array(image, chunks=(64, 40, 3)), device="cpu").compute()
    whole = pipeline(da.from_array(image, chunks=-1), device="cpu").compute()
    assert np.array_equal(whole, blur(image, device="cpu"))


def test_a_two_phase_filter_that_measures_too_often_says_so(
    random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed()["auto-contrast"], "passes", lambda filter, dtype: 1)
    image = random_image((70, 40, 3), np.uint16)
    with pytest.raises(FilterError, match="measures more often than"):
        Pipeline.from_text("auto-contrast")(da.from_array(image), device="cpu").compute()


def test_dask_is_not_imported_before_a_dask_array_arrives() -> None:
    code = (
        "import sys, numpy as np, imgcuda\n"
        "imgcuda.apply(np.zeros((9, 9), np.uint8), 'invert', device='cpu')\n"
        "print([name for name in ('dask', 'xarray', 'imgcuda.lazy.graph') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"

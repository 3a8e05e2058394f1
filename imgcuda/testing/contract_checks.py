"""The contract of every filter, as checks of one filter on one device; the message of a failure says what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from imgcuda import devices
from imgcuda.engine.memory_limit import limited
from imgcuda.execution.executor import run_chain
from imgcuda.execution.point import result_channels
from imgcuda.execution.schedule import Schedule, size_decider
from imgcuda.filters import Border, Filter, PointFilter
from imgcuda.testing.gpu_compilation import compile_for_gpu, nvrtc_missing
from imgcuda.testing.guarded import GuardedSession

Image = npt.NDArray[Any]
Check = Callable[[Filter, str], None]

TYPES = ("uint8", "uint16", "float32")
CHANNELS = (1, 2, 3, 4)
KINDS = (("uint8", 1), ("uint8", 3), ("uint8", 4), ("uint16", 2), ("float32", 1))
"""Pixel types and channel counts that have each at least once, but not all pairs: each takes kernels of its own, and
compiling takes most of the time."""

AWKWARD = ((1, 1), (1, 50), (50, 1), (17, 31), (33, 65), (70, 300))
"""Sizes that are not a multiple of any block's size, down to one pixel."""


class NotApplicableError(Exception):
    """Raised by a check that does not apply to a filter, or to a device."""


def random_image(shape: tuple[int, ...], dtype: npt.DTypeLike = np.uint8, seed: int = 0) -> Image:
    """Return an image of random levels, or of random values from 0 to 1 for floats."""
    random, kind = np.random.default_rng([seed, *shape]), np.dtype(dtype)
    if kind.kind == "f":
        return random.random(shape, dtype=np.float32).astype(kind)
    return random.integers(0, np.iinfo(kind).max, shape, dtype=kind, endpoint=True)


def declared_shape(filter: Filter, shape: tuple[int, ...], made: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of a filter's result for an array of this shape, by the filter's declaration.

    Where it only declares that the pixels decide on the size, that is as `made`, the shape of the result.
    """
    width, height = made[1::-1] if size_decider([filter]) else filter.result_size(shape[1], shape[0])
    channels = result_channels(filter, shape[2] if len(shape) == 3 else 1)
    gray = channels == 1 and not (len(shape) == 3 and shape[2] == 1)
    return (height, width) if gray else (height, width, channels)


# ---- the checks


def every_type_and_channel_count(filter: Filter, device: str) -> None:
    """Results have the declared shape and the image's type, for every type and channel count."""
    for dtype in TYPES:
        for channels in CHANNELS:
            type_and_channels(filter, device, dtype, channels)


def type_and_channels(filter: Filter, device: str, dtype: str, channels: int) -> None:
    """As every_type_and_channel_count, for one pair: compiling its kernels takes about a second."""
    image = random_image((17, 31, channels), dtype)
    made = filter(image, device=device)
    observed = f"{filter.name} made {made.shape} {made.dtype} of {image.shape} {image.dtype}"
    wanted = declared_shape(filter, image.shape, made.shape)
    declared = "`channels`, `result_alpha` and `result_size` declare the shape"
    _require(made.shape == wanted, f"{observed}, not {wanted}; {declared}")
    _require(made.dtype == image.dtype, f"{observed}; a result has the image's own type")
    _require(bool(np.isfinite(made).all()), f"{observed}, with values that are not finite; look for a division by 0")


def awkward_sizes(filter: Filter, device: str) -> None:
    """The filter runs on images of any size, down to one pixel."""
    for size in AWKWARD:
        image = random_image((*size, 3))
        made = filter(image, device=device).shape
        _require(made == declared_shape(filter, image.shape, made), f"{filter.name} fails for an image of {size}")


def every_border(filter: Filter, device: str) -> None:
    """Every border rule gives finite values, on an image smaller than the halo."""
    if not hasattr(filter, "border"):
        raise NotApplicableError(f"{filter.name} has no border")
    for border in get_args(Border):
        made = replace(filter, border=border)(random_image((5, 3), np.float32), device=device)  # type: ignore[type-var]
        _require(bool(np.isfinite(made).all()), f"{filter.name} with border={border} makes values that are not finite")


def the_same_each_time(filter: Filter, device: str) -> None:
    """Two runs give the same bytes, and do not change the image."""
    image = random_image((61, 83, 3))
    before = image.copy()
    first = filter(image, device=device)
    _equal(image, before, f"{filter.name} changed the image that it was given; write to `dst` only")
    second = filter(image, device=device)
    _equal(
        first, second, f"{filter.name} made another result the second time; look for a race, or for what was not set"
    )


def strips_make_the_whole(filter: Filter, device: str) -> None:
    """An image in strips gives the same bytes as the whole image."""
    schedule = Schedule([filter], 70, 500)
    if schedule.whole:
        raise NotApplicableError(schedule.whole)
    halo = schedule.tiling.halo
    for channels in (3, 4):
        image = random_image((40 * halo + 700, 47, channels))
        whole = filter(image, device=device)
        with limited(8 * image.nbytes // 3):
            strips = filter(image, device=device)
        _equal(
            strips,
            whole,
            f"{filter.name} makes other bytes in strips than of the whole image; is its `halo` ({filter.halo}) as "
            "large as what it reads? A kernel that needs to know where it is takes gpu.rows.first",
        )


def the_halo_is_true(filter: Filter, device: str) -> None:
    """No pixel further away than the halo changes a pixel; the halo is not many times too large."""
    if filter.halo is None:
        raise NotApplicableError(f"{filter.name} declares no halo")
    size = 2 * filter.halo + 21
    image = random_image((size, size + 8), np.float32)
    before, (row, column) = filter(image, device=device), (size // 2, size // 2 + 4)
    image[row, column] = 10.0 - image[row, column]
    changed = np.argwhere((filter(image, device=device) != before).reshape(*before.shape[:2], -1).any(axis=2))
    reach = int(np.abs(changed - (row, column)).max()) if len(changed) else 0
    observed = f"{filter.name} declares a halo of {filter.halo}, and a pixel changes others up to {reach} away"
    _require(reach <= filter.halo, f"{observed}; make `halo` as large")
    _require(filter.halo <= 2 * reach + 8 or filter.row_step > 1, f"{observed}; a smaller `halo` makes strips cheaper")


def alpha_is_respected(filter: Filter, device: str) -> None:
    """Per-pixel filters leave alpha as it is; others filter an opaque image as one without alpha."""
    if filter.result_alpha is not None:
        raise NotApplicableError(f"{filter.name} makes another alpha, as its `result_alpha` says")
    colors = random_image((33, 65, 3))
    image = np.dstack([colors, random_image((33, 65), seed=1)])
    if isinstance(filter, PointFilter) or filter.alpha_mode == "color":
        _equal(filter(image, device=device)[..., -1], image[..., 3], f"{filter.name} must leave alpha as it is")
    image[..., 3] = 255
    if getattr(filter, "border", None) == "constant":  # else transparent pixels beyond the edge mix in
        filter = replace(filter, border="nearest")  # type: ignore[type-var]
    made, alone = filter(image, device=device), filter(colors, device=device)
    apart = _distance(made[..., :-1], alone.reshape(*made.shape[:2], -1))
    _require(
        apart <= 1,
        f"{filter.name} makes something else of an opaque image with alpha, up to {apart:g} levels off; what does not "
        'leave a flat image flat should keep alpha: alpha_mode = "color"',
    )


def channels_are_apart(filter: Filter, device: str) -> None:
    """A filter that says it is channelwise makes of RGB what it makes of three gray images."""
    if not filter.channelwise:
        raise NotApplicableError(f"{filter.name} is not channelwise")
    for dtype, allowed in (("uint8", 1.0), ("float32", 1e-4)):
        image = random_image((37, 53, 3), dtype)
        made = filter(image, device=device)
        alone = np.stack([filter(np.ascontiguousarray(image[:, :, c]), device=device) for c in range(3)], axis=2)
        apart = _distance(made, alone)
        _require(
            apart <= allowed,
            f"{filter.name} says that it is channelwise, and makes something else of RGB than of three gray images, up "
            f"to {apart:g} off for {dtype}; make `channelwise` False, which it is by default",
        )


def nothing_beyond_its_arrays(filter: Filter, device: str) -> None:
    """Kernels write all of a result and nothing beyond an array, and all memory is released."""
    for dtype, channels in KINDS:
        made = []
        for garbage in (0xA5, 0x3C):
            with devices.choose(device).session() as real:
                session = GuardedSession(real, garbage)
                image = session.upload(random_image((37, 53, channels), dtype))
                result = run_chain(session, [filter], image)
                made.append(session.download(result).copy())
                damage, kept = session.damaged(), len(session.live) - 1
            _require(not damage, f"{filter.name} writes {', '.join(damage)}; hold x and y against width and height")
            _require(
                kept == 0, f"{filter.name} keeps {kept} arrays that it made; let `gpu` make them, and return one only"
            )
        _equal(made[0], made[1], f"{filter.name} leaves a part of a result unwritten, or reads what nothing wrote")


def a_checked_run_finds_nothing(filter: Filter, device: str) -> None:
    """A checked run, on the CPU, finds no access out of bounds, no data race and no read of uninitialized memory."""
    if device != "cpu":
        raise NotApplicableError("checked runs are for the CPU; on a GPU, compute-sanitizer does what they do")
    with devices.checked():
        for shape in ((1, 1), (17, 31, 3), (9, 40, 4)):
            filter(random_image(shape, np.float32), device="cpu")


def compiles_for_a_gpu(filter: Filter, device: str) -> None:
    """NVRTC, the compiler for GPUs, compiles each kernel; it must be installed, but needs no GPU."""
    if device != "cpu":
        raise NotApplicableError("a GPU has compiled the kernels for every other check")
    if why := nvrtc_missing():
        raise NotApplicableError(why)
    for dtype, channels in KINDS:
        compile_for_gpu([filter], random_image((64, 96, channels), dtype))


def a_gpu_makes_what_the_cpu_makes(filter: Filter, device: str) -> None:
    """A GPU's result is within one level of the CPU's, for floats within 1e-4."""
    if device == "cpu":
        raise NotApplicableError("there is nothing to compare the CPU with")
    for dtype, allowed in (("uint8", 1.0), ("uint16", 1.0), ("float32", 1e-4)):
        image = random_image((70, 131, 3), dtype)
        apart = _distance(filter(image, device=device), filter(image, device="cpu"))
        _require(
            apart <= allowed,
            f"{filter.name} on {device} is up to {apart:g} off from the CPU for {dtype}; decisions that hang on the "
            "last bit of a float may fall otherwise: round where it does not matter",
        )


CHECKS: tuple[Check, ...] = (
    a_checked_run_finds_nothing,
    compiles_for_a_gpu,
    every_type_and_channel_count,
    awkward_sizes,
    every_border,
    the_same_each_time,
    strips_make_the_whole,
    the_halo_is_true,
    alpha_is_respected,
    channels_are_apart,
    nothing_beyond_its_arrays,
    a_gpu_makes_what_the_cpu_makes,
)
"""All checks, in the order in which to fix failures; checks that find crashes and endless loops are first."""


def _require(condition: bool, why: str) -> None:
    if not condition:
        raise AssertionError(why)


def _distance(one: Image, other: Image) -> float:
    """Return by how much two images differ at most; infinity if their shapes do."""
    return float(np.abs(one.astype(np.float64) - other).max()) if one.shape == other.shape else inf


def _equal(one: Image, other: Image, why: str) -> None:
    differ = np.count_nonzero(one != other) if one.shape == other.shape else max(one.size, other.size)
    _require(differ == 0, f"{why} ({differ} of {one.size} samples differ)")

"""Images of more than four channels: each channel as a gray image of its own, wherever the image comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import ImageError, Pipeline, devices, functions
from imgcuda.execution import in_rows
from imgcuda.execution.channel_groups import channel_groups
from imgcuda.registry import installed

Array = npt.NDArray[Any]
Make = Callable[..., Array]

CHAINS = ["blur:sigma=1.5", "equalize | resize:width=20,height=50", "auto-contrast | invert", "median:radius=1 | flip"]


def apart(chain: Pipeline, image: Array, device: str) -> Array:
    """Return each channel filtered as a gray image."""
    return np.stack([chain(image[:, :, c], device=device) for c in range(image.shape[2])], axis=2)


@pytest.mark.parametrize("text", CHAINS)
@pytest.mark.parametrize(("channels", "dtype"), [(5, "uint8"), (6, "uint16"), (7, "float32"), (8, "uint8")])
def test_each_channel_is_filtered_as_a_gray_image(
    text: str, channels: int, dtype: str, device: str, random_image: Make
) -> None:
    image, chain = random_image((40, 31, channels), dtype), Pipeline.from_text(text)
    image[:20, :, -1] = 0  # what is transparent, if it were alpha
    wanted = apart(chain, image, device)
    assert np.array_equal(chain(image, device=device), wanted)
    out = np.empty_like(wanted)
    assert chain(image, device=device, out=out) is out
    assert np.array_equal(out, wanted)
    first = chain(image.transpose(2, 0, 1), device=device, layout="CHW")
    assert np.array_equal(first, wanted.transpose(2, 0, 1))
    batch = chain(np.stack([image, image]), device=device, layout="NHWC")
    assert np.array_equal(batch, np.stack([wanted, wanted]))


@pytest.mark.parametrize("count", range(5, 12))
def test_no_group_has_a_channel_that_would_be_alpha(count: int) -> None:
    groups = channel_groups([], count)
    assert {group.stop - group.start for group in groups} <= {1, 3}
    assert [c for group in groups for c in range(group.start, group.stop)] == list(range(count))


@pytest.mark.parametrize("text", ["grayscale", "blur | saturation", "equalize:per_channel=false", "add-noise"])
def test_a_filter_that_mixes_channels_is_refused(text: str, random_image: Make) -> None:
    image, chain = random_image((40, 31, 7)), Pipeline.from_text(text)
    name = text.partition(":")[0].split(" | ")[-1]
    with pytest.raises(ImageError, match=f"{name} takes images of 1 to 4 channels, .* this one has 7"):
        chain(image, device="cpu")


@pytest.mark.parametrize("shape", [(5, 70, 7), (60, 7, 7), (3, 224, 224)])
def test_axes_that_may_be_in_another_order_are_not_taken_for_channels(shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageError, match=r"got shape .*takes layout="):
        functions.blur(np.zeros(shape, np.uint8), device="cpu")


@pytest.mark.parametrize("text", CHAINS)
def test_dask_and_xarray_give_the_same(text: str, random_image: Make) -> None:
    da, xr = pytest.importorskip("dask.array"), pytest.importorskip("xarray")
    image, chain = random_image((90, 31, 8)), Pipeline.from_text(text)
    wanted = apart(chain, image, "cpu")
    lazy = chain(da.from_array(image, chunks=(20, 16, 3)), device="cpu")
    assert isinstance(lazy, da.Array)
    assert np.array_equal(lazy.compute(), wanted)
    few_columns = xr.DataArray(image[:, :6], dims=("y", "x", "band"))
    assert np.array_equal(chain(few_columns, device="cpu").values, apart(chain, image[:, :6], "cpu"))
    assert np.array_equal(chain(few_columns.chunk(), device="cpu").values, apart(chain, image[:, :6], "cpu"))


@pytest.mark.parametrize("text", CHAINS)
def test_strips_of_rows_give_the_same(text: str, monkeypatch: pytest.MonkeyPatch, random_image: Make) -> None:
    image, chain = random_image((300, 31, 7)), Pipeline.from_text(text)
    monkeypatch.setattr(in_rows, "STRIP_BYTES", 1 << 12)
    strips = list(in_rows.filter_in_rows(devices.members(devices.choose("cpu")), chain.filters, image))
    assert np.array_equal(np.concatenate(strips), apart(chain, image, "cpu"))


def test_color_filters_mix_channels_and_others_do_not() -> None:
    registry = installed()
    color = {"grayscale", "saturation", "sepia", "threshold", "bilateral", "canny", "add-noise"}
    assert color <= {name for name in registry if _mixes(registry[name])}
    assert not {"blur", "resize", "median", "invert", "equalize", "flip"} & {
        name for name in registry if _mixes(registry[name])
    }


def _mixes(kind: Any) -> bool:
    """Return whether a filter with its defaults mixes channels; one that needs a parameter is not asked."""
    return not any(parameter.required for parameter in kind.parameters()) and not kind().channelwise

"""Linear light: by sRGB's curve or the profile's, there and back."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from PIL import ImageCms

from imgcuda.errors import ImageError
from imgcuda.images.linear import STEPS, Curve, Light, curves, srgb
from support.picture_files import Pixels, samples

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def profile(*curve: bytes, kind: bytes = b"RGB ") -> bytes:
    """Return the least that is a profile: its head, and a table of its curves."""
    names = (b"kTRC",) if kind == b"GRAY" else (b"rTRC", b"gTRC", b"bTRC")
    tags = [*zip(names, curve * (len(names) if len(curve) == 1 else 1), strict=True)]
    place, table, data = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, tag in tags:
        table += struct.pack(">4sII", name, place + len(data), len(tag))
        data += tag
    return bytes(16) + kind + bytes(108) + table + data


def curv(*values: int) -> bytes:
    return b"curv" + bytes(4) + struct.pack(f">I{len(values)}H", len(values), *values)


def para(kind: int, *values: float) -> bytes:
    return b"para" + bytes(4) + struct.pack(f">HH{len(values)}i", kind, 0, *(round(65536 * value) for value in values))


SRGB_PARAMETERS = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)

CURVES: list[tuple[bytes, Curve]] = [
    (curv(), STEPS),
    (curv(round(2.2 * 256)), STEPS ** (round(2.2 * 256) / 256)),
    (curv(0, 16384, 65535), np.interp(STEPS, [0, 0.5, 1], [0, 16384 / 65535, 1])),
    (para(0, 1.8), STEPS**1.8),
    (para(1, 2.0, 0.5, 0.5), (0.5 * STEPS + 0.5) ** 2),
    (para(2, 2.0, 0.75, 0.0, 0.25), (0.75 * STEPS) ** 2 + 0.25),
    (para(3, *SRGB_PARAMETERS), srgb()),
    (para(4, *SRGB_PARAMETERS, 0.0, 0.0), srgb()),
]


@pytest.mark.parametrize(("tag", "expected"), CURVES)
def test_the_curves_of_profiles_are_read(tag: bytes, expected: Curve) -> None:
    for curve in curves(profile(tag)):
        assert np.abs(curve - expected).max() < 5e-5  # a profile's numbers have 16 bits after the point


@pytest.mark.parametrize("size", [2, 60, 130, 150, 540])
def test_a_profile_that_is_none_is_refused(size: int) -> None:
    with pytest.raises(ImageError, match="its color profile has no curves, which --linear needs"):
        Light(SRGB[:size].ljust(20, b"\0")[:16] + b"RGB " + SRGB[20:size], samples(3))


def test_a_profile_of_tables_is_refused() -> None:
    with pytest.raises(ImageError, match="no curves"):
        curves(profile(b"mft2" + bytes(40)))


def test_srgb_is_the_default_and_what_the_profile_says() -> None:
    pixels = samples(3)
    assert np.abs(Light(b"", pixels).linear() - Light(SRGB, pixels).linear()).max() < 5e-5


@pytest.mark.parametrize(("level", "light"), [(0, 0), (255, 1), (188, 0.502886), (10, 0.003035)])
def test_levels_are_the_light_that_the_standard_says(level: int, light: float) -> None:
    made = Light(b"", np.full((1, 1), level, np.uint8)).linear()
    assert made[0, 0] == pytest.approx(light, abs=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("icc", [b"", SRGB, profile(curv(round(2.2 * 256)))])
def test_every_level_comes_back(icc: bytes, dtype: Any) -> None:
    levels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(1, -1, 1).repeat(3, axis=2)
    light = Light(icc, levels)
    back = light.encoded(light.linear())
    assert back.dtype == dtype
    assert np.array_equal(back, levels)


def test_floats_come_back_and_what_is_beyond_the_curve_is_left() -> None:
    floats = np.random.default_rng(0).uniform(-0.5, 2, (9, 9, 3)).astype(np.float32)
    floats[0, 0] = np.nan
    light = Light(b"", floats)
    assert np.allclose(light.encoded(light.linear()), floats, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_is_no_light(channels: int) -> None:
    pixels = samples(channels)
    assert np.allclose(Light(b"", pixels).linear()[:, :, -1], pixels[:, :, -1] / 255)


@pytest.mark.parametrize(("before", "after"), [(3, 1), (4, 2), (1, 3)])
def test_a_filter_may_change_the_channels(before: int, after: int) -> None:
    gray: Pixels = np.full((2, 2, before), 100, np.uint8)
    light = Light(SRGB, gray[:, :, 0] if before == 1 else gray)
    made = light.encoded(np.resize(light.linear(), (2, 2, after)))
    assert made.shape == (2, 2, after) and (made[:, :, 0] == 100).all()

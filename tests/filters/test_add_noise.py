"""Add noise: every byte against the same in NumPy; and against the distributions that it is to have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import special, stats

import imgcuda
from imgcuda.testing import assert_close
from support.matrix import every_third, exhaustive, matrix

Image = npt.NDArray[Any]
Words = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float32]
Make = Callable[..., Image]

KINDS = ["gaussian", "uniform", "salt-and-pepper", "poisson"]
SHAPES = [(1, 1), (1, 50), (50, 1), (17, 31), (40, 30, 2), (33, 65, 4), (5, 1100, 3)]
SAMPLES = (1000, 1000, 3)
"""What statistics are made over. They are the same each time, so a test that passes once always does."""


def noisy(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "add-noise", device=device, **parameters))


def noise(device: str, **parameters: Any) -> Image:
    """Return the noise alone, of a standard deviation of 1."""
    return noisy(np.zeros(SAMPLES, np.float32), device, amount=1, **parameters).astype(np.float64)


# By hand


def test_the_first_pixel_has_the_first_published_words(device: str) -> None:
    # Philox makes 6627e8d5, e169c58d and bc57ac4c of zeros. As signed 2^31sts they are 0.79809, -0.23896 and -0.52857.
    gray = np.full((1, 1, 3), 0.5, np.float32)
    assert_close(noisy(gray, device, kind="uniform", amount=0.1), [[[0.63823, 0.45861, 0.40845]]], 1e-5)
    # Without the first bit, in 2^32nds, they are tails: of 0.39905 below, and 0.38052 and 0.23571 above the rest; those
    # begin at -0.25582, 0.30411 and 0.72016.
    assert_close(noisy(gray, device, kind="gaussian", amount=0.1), [[[0.47442, 0.53041, 0.57202]]], 1e-5)
    # Their first 24 bits are, in 2^24ths, 0.39905, 0.88052 and 0.73571.
    made = [noisy(gray, device, kind="salt-and-pepper", amount=amount).tolist() for amount in (0.3, 0.5, 0.8)]
    assert made == [[[[0.5, 0.5, 0.5]]], [[[1, 0.5, 0.5]]], [[[0, 0.5, 1]]]]
    # Where 4 photons are expected, up to 2, 3, 4 and 5 come with a chance of 0.2381, 0.4335, 0.6288 and 0.7851: of
    # 0.39905, 1 - 0.38052 and 1 - 0.23571 they are 3, 4 and 5.
    dark = np.full((1, 1, 3), 0.04, np.float32)
    assert_close(100 * noisy(dark, device, kind="poisson", amount=0.1), [[[3, 4, 5]]], 1e-5)


@pytest.mark.parametrize("kind", [KINDS[0], *map(exhaustive, KINDS[1:])])
def test_the_same_noise_for_all_colors_leaves_gray_gray(device: str, kind: str) -> None:
    made = noisy(np.full((9, 50, 3), 100, np.uint8), device, kind=kind, amount=0.3, monochrome=True)
    assert_close(made, made[..., :1].repeat(3, axis=2))
    assert len(np.unique(made)) > 1
    assert_close(noisy(np.full((9, 50), 100, np.uint8), device, kind=kind, amount=0.3), made[..., 0])


def test_bytes_are_clipped_and_floats_are_not(device: str) -> None:
    floats = noisy(np.ones((40, 50), np.float32), device)
    assert floats.max() > 1.2
    assert_close(noisy(np.full((40, 50), 255, np.uint8), device), np.rint(np.minimum(floats, 1) * 255))


# The same in NumPy, which rounds floats as every device does


def philox(counter: Sequence[Any], key: tuple[int, int]) -> list[Words]:
    """Return Philox4x32-10 of four arrays of words."""
    low = 0xFFFFFFFF
    a, b, c, d = np.asarray(counter, np.uint64)
    for number in range(10):
        keys = [np.uint64((key[0] + number * 0x9E3779B9) & low), np.uint64((key[1] + number * 0xBB67AE85) & low)]
        left, right = a * np.uint64(0xD2511F53), c * np.uint64(0xCD9E8D57)
        a, b, c, d = (right >> 32) ^ b ^ keys[0], right & low, (left >> 32) ^ d ^ keys[1], left & low
    return [word.astype(np.uint32) for word in (a, b, c, d)]


def words(shape: tuple[int, ...], seed: int) -> Words:
    """Return the words of an image's samples, (height, width, 3)."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.stack(philox([x, y, 0 * x, 0 * x], (seed, 0))[:3], axis=-1)


def horner(x: Floats, *coefficients: float) -> Floats:
    made = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        made = made * x + np.float32(coefficient)
    return made


def tail(word: Words) -> Floats:
    return ((word & 0x7FFFFFFF).astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-32)


def normal(word: Words) -> Floats:
    bits = tail(word).view(np.int32)
    exponent = (bits - 0x3F2AAAAB) >> 23
    rest = (bits - (exponent << 23)).view(np.float32) - np.float32(1)
    terms = 0.25709033, -0.28425089, 0.28365300, -0.35772888, 0.48106678, -0.72140270, 1.44269359
    w = np.float32(-1) - (exponent.astype(np.float32) + horner(rest, *terms) * rest)
    p = horner(np.sqrt(w), 0.37095290, 1.05914629, 1.13017969, 0.86936118)
    q = horner(np.sqrt(w), 0.31441154, 0.92394890, 1.53792085, 1.30852098, 1)
    return np.where(word >> 31, w * p / q, -(w * p / q))


def poisson(mean: Floats, word: Words) -> Floats:
    one, z, root = np.float32(1), normal(word), np.sqrt(mean)
    inverse, z2 = one / mean, z * z
    bend = (z2 + 2) * (np.float32(1 / 6) - z * root * (inverse * np.float32(1 / 72)))
    bend += ((3 * z2 + 7) * z2 - 16) * (inverse * np.float32(1 / 810))
    many = np.maximum(np.floor(mean + root * z + bend), np.float32(0))
    halvings = mean * np.float32(1.44269504)
    whole = np.floor(halvings)
    terms = -0.00093878828, 0.0091886116, -0.055279722, 0.24017219, -0.69314225, 0.99999993
    chance = np.ldexp(horner(halvings - whole, *terms), -whole.astype(np.int32))
    wanted = np.where(word >> 31, one - tail(word), tail(word))
    total, count = chance.copy(), np.zeros_like(mean)
    for k in range(1, 60):
        going = (wanted >= total) & (chance > np.float32(1e-9))
        chance = np.where(going, chance * (mean * (one / np.float32(k))), chance)
        total = np.where(going, total + chance, total)
        count += going
    return np.where(mean >= 16, many, count)


def exact(image: Image, kind: str, amount: float, seed: int, monochrome: bool) -> Image:
    """Return the image with noise, to the bit."""
    top = np.float32(1 if image.dtype.kind == "f" else np.iinfo(image.dtype).max)
    samples = image.reshape(*image.shape[:2], -1)
    value = samples.astype(np.float32) * (np.float32(1) / top)
    colors = samples.shape[2] - (samples.shape[2] in (2, 4))
    word = words(image.shape, seed)[..., :colors]
    word = word[..., [0] * colors] if monochrome else word
    with np.errstate(all="ignore"):
        value[..., :colors] = with_noise(value[..., :colors], word, kind, np.float32(amount))
    made = value * top
    rounded = made if image.dtype.kind == "f" else np.clip(np.rint(made), 0, top)
    rounded[..., colors:] = samples[..., colors:]
    return rounded.reshape(image.shape)


def with_noise(value: Floats, word: Words, kind: str, amount: np.float32) -> Floats:
    if kind == "gaussian":
        return value + amount * normal(word)
    if kind == "uniform":
        return value + amount * (np.float32(8.0654577e-10) * word.astype(np.int32).astype(np.float32))
    if kind == "salt-and-pepper":
        chance = (word >> 8).astype(np.float32) * np.float32(2.0**-24)
        replaced = np.where(2 * chance < amount, np.float32(0), np.float32(1))
        return np.where(chance < amount, replaced, value)
    photon = amount * amount
    mean = value * (np.float32(1) / photon)
    return np.where((mean > 0) & (mean < 1e12), poisson(mean, word) * photon, value)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ([0] * 4, (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ([0xFFFFFFFF] * 4, (0xFFFFFFFF, 0xFFFFFFFF), "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_the_reference_gives_the_published_answers(counter: list[int], key: tuple[int, int], expected: str) -> None:
    # From `kat_vectors` of Random123, the authors' own implementation.
    assert " ".join(f"{int(word):08x}" for word in philox(counter, key)) == expected


@matrix(kind=KINDS, shape=SHAPES)
def test_any_shape_has_the_same_bytes_as_in_numpy(
    device: str, kind: str, shape: tuple[int, ...], random_image: Make
) -> None:
    image = random_image(shape)
    assert_close(noisy(image, device, kind=kind, seed=7), exact(image, kind, 0.1, 7, monochrome=False))


@matrix(kind=KINDS, dtype=["uint8", "uint16", "float32"], monochrome=[False, True])
def test_any_type_has_the_same_bits_as_in_numpy(
    device: str, kind: str, dtype: str, monochrome: bool, random_image: Make
) -> None:
    image = random_image((101, 517, 3), dtype)
    for amount, seed in ((0.02, 0), (0.3, 12345), (1.0, 2**31 - 1)):
        made = noisy(image, device, kind=kind, amount=amount, seed=seed, monochrome=monochrome)
        assert made.dtype == dtype
        assert_close(made, exact(image, kind, amount, seed, monochrome))


# The distributions


def significance(found: float, expected: float, deviation: float) -> float:
    """Return how many standard deviations something is off."""
    return abs(found - expected) / deviation


def test_a_normal_number_is_what_the_inverse_of_the_distribution_says(device: str) -> None:
    word = words(SAMPLES, 3)
    exact = -special.ndtri(((word & 0x7FFFFFFF) + 0.5) / 2**32) * np.where(word >> 31, 1, -1)
    assert_close(noise(device, seed=3), exact, 3.5e-6)  # measured: 3.0e-6


@pytest.mark.exhaustive
def test_gaussian_noise_is_normal(device: str) -> None:
    found = noise(device).ravel()
    moments = found.mean(), found.var(), stats.skew(found), stats.kurtosis(found)
    for moment, expected, factor in zip(moments, (0, 1, 0, 0), (1, 2, 6, 24), strict=True):
        assert significance(moment, expected, np.sqrt(factor / found.size)) < 3
    assert stats.kstest(found, "norm").pvalue > 0.05
    assert 4.7 < np.abs(found).max() < 6.4


@pytest.mark.exhaustive
def test_uniform_noise_is_uniform(device: str) -> None:
    found = noise(device, kind="uniform").ravel()
    assert stats.kstest(found, stats.uniform(-np.sqrt(3), 2 * np.sqrt(3)).cdf).pvalue > 0.05


def test_salt_and_pepper_are_as_many_as_asked_for(device: str) -> None:
    made = noisy(np.full(SAMPLES, 100, np.uint8), device, kind="salt-and-pepper", amount=0.05)
    for level in (0, 255):
        assert significance(np.mean(made == level), 0.025, np.sqrt(0.025 / made.size)) < 3
    assert set(np.unique(made)) == {0, 100, 255}


@pytest.mark.exhaustive
@pytest.mark.parametrize("mean", [0.2, 3, 15.9, 16.1, 40, 900])
def test_photons_come_as_poisson_has_it(device: str, mean: float) -> None:
    image = np.full((1000, 333, 3), mean * 1e-4, np.float32)
    counts = np.rint(noisy(image, device, kind="poisson", amount=0.01) / 1e-4).astype(int)
    found = np.bincount(counts.ravel())
    expected = stats.poisson.pmf(np.arange(len(found)), mean) * counts.size
    usual = expected > 10
    terms = (found[usual] - expected[usual]) ** 2 / expected[usual]
    assert stats.chi2.sf(terms.sum(), usual.sum() - 1) > 0.01
    assert abs(found[~usual].sum() - (counts.size - expected[usual].sum())) < 40


@pytest.mark.exhaustive
def test_neighbors_channels_and_seeds_are_independent(device: str) -> None:
    for kind in ("gaussian", "uniform"):
        found, other = noise(device, kind=kind, seed=5), noise(device, kind=kind, seed=6)
        pairs = [
            (found[:, 1:], found[:, :-1]),
            (found[1:], found[:-1]),
            (found[1:, 1:], found[:-1, :-1]),
            (found[..., 0], found[..., 1]),
            (found[..., 1], found[..., 2]),
            (found, other),
        ]
        for one, another in pairs:
            correlation = np.corrcoef(one.ravel(), another.ravel())[0, 1]
            assert significance(correlation, 0, 1 / np.sqrt(one.size)) < 3


# What holds for any kind


@pytest.mark.parametrize("kind", every_third(KINDS))
def test_without_amount_nothing_changes(device: str, kind: str, random_image: Make) -> None:
    for dtype, shape in (("uint8", (33, 65, 3)), ("uint16", (17, 31)), ("float32", (33, 65, 3))):
        image = random_image(shape, dtype)
        assert_close(noisy(image, device, kind=kind, amount=0), image)


@pytest.mark.parametrize("kind", KINDS)
def test_noise_depends_on_the_place_and_the_seed_only(device: str, kind: str, random_image: Make) -> None:
    image = random_image((60, 1100, 3))
    whole = noisy(image, device, kind=kind)
    assert_close(noisy(image[:17, :33], device, kind=kind), whole[:17, :33])
    assert np.mean(noisy(image, device, kind=kind, seed=1) != whole) > 0.08


@pytest.mark.parametrize("value", [-0.5, 0.0, np.nan])
def test_where_there_is_no_light_there_is_no_noise_of_it(device: str, value: float) -> None:
    image = np.full((4, 5), value, np.float32)
    assert_close(noisy(image, device, kind="poisson"), image)


def test_alpha_is_kept(device: str, random_image: Make) -> None:
    for kind, shape in zip(KINDS, 2 * [(33, 65, 4), (40, 30, 2)], strict=True):
        image = random_image(shape)
        assert_close(noisy(image, device, kind=kind)[..., -1], image[..., -1])

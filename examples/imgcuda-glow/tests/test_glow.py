"""Glow: what every filter promises, numbers that a person can check, and what holds for any image."""

import numpy as np
from imgcuda.testing import assert_close, contract

from glow import Glow

test_the_contract = contract(Glow(), Glow(sigma=1, border="constant"))


def test_a_bright_plane_by_hand(device: str) -> None:
    # Of 0.8 everywhere there is 0.8 of light: 1 - (1 - 0.8) * (1 - 0.5 * 0.8) = 0.88.
    image = np.full((20, 30), 204, np.uint8)
    assert_close(Glow(amount=0.5)(image, device=device), np.full((20, 30), 224))


def test_light_spreads_around_a_lamp_only(device: str) -> None:
    image = np.full((41, 41), 50, np.uint8)
    image[20, 20] = 255
    made = Glow(sigma=2)(image, device=device)
    assert made[20, 18] > made[20, 16] > 50
    assert (made[:13] == 50).all()


def test_without_amount_the_image_stays(device: str) -> None:
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert_close(Glow(amount=0)(image, device=device), image)

"""Sabattier: what every filter promises, and numbers that a person can check."""

import numpy as np
from imgcuda.testing import assert_close, contract

from sabattier import Sabattier

test_the_contract = contract(Sabattier(), Sabattier(level=0.2))


def test_levels_by_hand(device: str) -> None:
    image = np.array([[0, 100, 127, 128, 255]], np.uint8)
    assert_close(Sabattier()(image, device=device), [[0, 100, 127, 127, 0]])
    assert_close(Sabattier(level=1)(image, device=device), image)

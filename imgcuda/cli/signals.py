"""Lets Ctrl-C, SIGTERM and SIGHUP end a long command in order; a second one ends it at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from imgcuda.batch.interruption import Interruption

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_DEFAULT = (signal.SIG_DFL, signal.default_int_handler)


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Ask for the end at the first signal; end the process, with all that it has started, at the second.

    A signal that is ignored, as under nohup, stays so.
    """
    interruption = Interruption()

    def asked(number: int, _: FrameType | None) -> None:
        if interruption.number is not None:
            _end_at_once(number)
        interruption.wish(number)

    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers if signal.getsignal(number) in _DEFAULT}
    for number in before:
        signal.signal(number, asked)
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_code(number: int | None) -> int:
    """Return the exit code of a program that a signal has ended: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + (number or 0)


def _end_at_once(number: int) -> None:
    for child in multiprocessing.active_children():
        child.kill()
    os._exit(exit_code(number))

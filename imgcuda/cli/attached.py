"""Ends this process when its parent ends, for any reason."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from contextlib import suppress

INTERVAL = 0.5
"""Seconds between two checks of the parent, on systems that do not report its end."""

_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """Make this process end when its parent ends: at once on Linux, elsewhere within half a second.

    Not on Windows, which does not report the parent's end.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before this process could ask
        os._exit(1)
    threading.Thread(target=_watch, args=[parent], daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(INTERVAL)
    os._exit(1)

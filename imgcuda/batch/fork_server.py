"""The server that workers are forked from: it imports what they need while the command still makes its plan."""

from __future__ import annotations

import multiprocessing
import signal
from multiprocessing import forkserver
from typing import Any

PRELOADED = ["__main__", "imgcuda.batch.preloaded"]
"""What the server imports before it forks the first worker."""


def started() -> Any:
    """Start the server; return the context of multiprocessing whose processes are forked from it.

    This process itself is not forked, since it may have threads. A system without fork gets new processes.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # Ctrl-C is for this process alone
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context

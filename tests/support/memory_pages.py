"""Memory beside which nothing can be accessed: a kernel that does so ends the process."""

from __future__ import annotations

import ctypes
import mmap
import os
from typing import Any

import numpy as np
import numpy.typing as npt


def alone_in_memory(array: npt.NDArray[Any], at_end: bool) -> npt.NDArray[Any]:
    """Return a copy of an array at the beginning or the end of a page; the pages beside it cannot be accessed."""
    page = mmap.PAGESIZE
    memory = mmap.mmap(-1, 3 * page)
    inner = np.frombuffer(memory, np.uint8)[page : 2 * page]
    copy = (inner[-array.nbytes :] if at_end else inner[: array.nbytes]).view(array.dtype)
    copy[:] = array
    if os.name == "posix":
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for beside in (start, start + 2 * page):
            assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(beside), ctypes.c_size_t(page), 0) == 0
    return copy

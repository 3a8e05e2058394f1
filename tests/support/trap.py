"""A plugin whose filter goes wrong with images of some widths: it ends its process, hangs, or takes all memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image

from support.installation import Installation

WIDTHS = {
    "good": 32,
    "segfault": 33,
    "killed": 34,
    "exit": 35,
    "hang": 36,
    "eat": 37,
    "raise": 38,
    "abort": 39,
    "c-exit": 40,
    "fill": 41,
    "hold": 42,
}
"""The width of an image, by what becomes of it."""

SENTENCES = {
    "segfault": "its worker crashed (SIGSEGV): a filter has a fault, or what decodes or encodes the file",
    "killed": "its worker was killed, as the system does with a process that takes too much memory",
    "abort": "its worker crashed (SIGABRT): a filter has a fault, or what decodes or encodes the file",
    "exit": "its worker ended without a word, as if the filter had ended it",
    "c-exit": "its worker ended without a word, as if the filter had ended it",
    "hang": "it took longer than 8 s, and nothing was written",
    "hold": "it took longer than 8 s, and nothing was written",
    "eat": "there is not enough memory; --memory allows more",
    "fill": "it takes more than 380 MiB of memory; --memory allows more",
    "raise": "trap failed at trap.py:12: RuntimeError: a fault of the plugin",
}
"""How a batch says it, with --timeout 8 and --memory 700M on two cores."""

_SOURCE = """
    import ctypes, os, signal, time
    from imgcuda import NeighborhoodFilter, hookimpl

    def segfault(): ctypes.string_at(0)
    def killed(): os.kill(os.getpid(), signal.SIGKILL)
    def leave(): os._exit(0)
    def leave_by_c(): ctypes.CDLL(None)._exit(0)
    def hang(): time.sleep(600)
    def hold(): ctypes.PyDLL(None).sleep(600)  # no other thread of Python runs meanwhile
    def give_up(): os.abort()
    def fault(): raise RuntimeError("a fault of the plugin")
    def eat(): bytearray(2**40)
    def fill():
        held = []
        while True:
            held.append(b"x" * 2**22)
            time.sleep(0.01)

    FAULTS = {33: segfault, 34: killed, 35: leave, 36: hang, 37: eat, 38: fault, 39: give_up, 40: leave_by_c, 41: fill,
              42: hold}

    class Trap(NeighborhoodFilter):
        '''Go wrong with images of some widths.'''
        halo = 0

        def run(self, gpu, image):
            FAULTS.get(image.shape[1], int)()
            return gpu.launch("trap", image)

    @hookimpl
    def imgcuda_filters():
        return [Trap]
"""

_KERNEL = """
__global__ void trap(const pixel *src, pixel *dst, int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    for (int c = 0; c < CHANNELS; c++)
        dst[(y * width + x) * CHANNELS + c] = src[(y * width + x) * CHANNELS + c];
}
"""


def install(installation: Installation) -> None:
    """Add the plugin to an installation."""
    installation.add(_SOURCE, distribution="trap", modules="trap")
    (installation.folder / "trap.cu").write_text(_KERNEL, "utf-8")


def picture(path: Path, fate: str) -> Path:
    """Write a picture that the filter does this with."""
    pixels = np.random.default_rng(0).integers(0, 255, (20, WIDTHS[fate], 3), np.uint8)
    PIL.Image.fromarray(pixels).save(path)
    return path

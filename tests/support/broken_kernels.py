"""Kernels that are broken on purpose, and what each checker finds.

PYTHONPATH=tests python -m support.broken_kernels     prints the table

With a GPU and NVIDIA's compute-sanitizer each kernel also runs under its four tools, in a process of its own, since
what some of them do ends the CUDA context.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from imgcuda import devices
from imgcuda.engine.protocol import Launch, Session
from imgcuda.errors import CheckError
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program

TOOLS = ("memcheck", "initcheck", "racecheck", "synccheck")
COUNT = 64
SECONDS = 40
"""How long one run under a tool may take: some never end."""


@dataclass(frozen=True)
class Broken:
    """A kernel's body: `x` is the thread's number; `out` and `in` have COUNT elements, of which `in` is 0, 1, 2 ..."""

    what: str
    body: str
    words: str
    """What a checked run says of it, as a regular expression."""
    grid: int = 1
    block: int = COUNT
    type: str = "int"
    before: str = ""

    @property
    def source(self) -> str:
        head = f"__global__ void k({self.type} *out, const {self.type} *in, int n)"
        start = "int x = blockIdx.x * blockDim.x + threadIdx.x;"
        return f"{self.before}\n{head} {{\n  {start}\n  {self.body}\n}}\n"


KERNELS = [
    Broken("reads beyond the end", "out[x] = in[x + 1];", r"thread \(63, 0, 0\) .* reads in\[64\], which has 64"),
    Broken("reads before the start", "out[x] = in[x - 1];", r"thread \(0, 0, 0\) .* reads in\[-1\], which has 64"),
    Broken("writes beyond the end", "out[x] = 0; out[x + 1] = in[x];", r"\(63, 0, 0\) .* writes out\[64\]"),
    Broken("reads another array by a wrong index", "long long to = out - in; out[x] = x; out[x] = in[x + to];",
           r"reads in\[-?\d+\], which has 64 elements"),
    Broken("shared memory, beyond the end", "__shared__ int t[64]; t[x + 1] = x; __syncthreads(); out[x] = t[63];",
           r"writes t\[64\], which has 64"),
    Broken("a local array, beyond the end", "int a[4]; for (int i = 0; i < 4; i++) a[i] = in[i]; out[x] = a[x % 5];",
           r"thread \(4, 0, 0\) .* reads a\[4\], which has 4"),
    Broken("a constant table, beyond the end", "out[x] = table[in[x] % 4];", r"thread \(3, 0, 0\) .* reads table\[3\]",
           before="__constant__ int table[3] = {1, 2, 3};"),
    Broken("a misaligned read", "out[x] = *(const int *)((const char *)in + x % 8);",
           r"reads in\[0\] at byte 1, which is no multiple of its 4", ),
    Broken("reads its output", "out[x] = out[x] + in[x];", r"reads out\[0\], which nothing has written \(64 times"),
    Broken("leaves a part of its output", "if (x != 5) out[x] = in[x];", r"1 element is missing, the first at .* 5"),
    Broken("reads shared memory that nothing wrote",
           "__shared__ int t[64]; if (x > 7) t[x] = x; __syncthreads(); out[x] = t[x];",
           r"thread \(0, 0, 0\) .* reads t\[0\], which nothing has written \(8 times"),
    Broken("reads an element of its own that nothing wrote",
           "int a[4]; a[in[x] % 2] = x; out[x] = a[in[x] % 4];", r"reads a\[2\], which nothing has written"),
    Broken("reads a variable that was not set", "int s; if (in[x] > 3) s = x; out[x] = s;", r"reads 's', .* not set"),
    Broken("no barrier between write and read", "__shared__ int t[64]; t[x] = in[x]; out[x] = t[63 - x];",
           r"t\[\d+\], which thread \(\d+, 0, 0\) of the block touches, too, with no barrier"),
    Broken("two threads write one shared element",
           "__shared__ int t[32]; t[x / 2] = x; __syncthreads(); out[x] = t[x / 2];",
           r"thread \(1, 0, 0\) .* writes t\[0\], which thread \(0, 0, 0\)"),
    Broken("a reduction with a barrier too few",
           "__shared__ int t[64]; t[x] = in[x]; __syncthreads();"
           " for (int s = 32; s > 0; s /= 2) if (x < s) t[x] += t[x + s]; out[x] = t[x];",
           r"t\[\d+\], which thread \(\d+, 0, 0\) of the block touches, too, with no barrier"),
    Broken("two blocks write one element", "out[threadIdx.x] = x;", r"block \(1, 0, 0\) writes out\[0\], which another",
           grid=2, block=64),
    Broken("a filter in place, over blocks",
           "out[x] = in[x]; __syncthreads(); if (x > 0) out[x] += out[x - 1];",
           r"out\[\d+\], which another block touches", grid=4, block=16),
    Broken("some threads miss a barrier",
           "__shared__ int t[64]; t[x] = x; if (x < 20) __syncthreads(); out[x] = t[x];", r"__syncthreads\(\) here"),
    Broken("threads go round a loop with a barrier unequally",
           "__shared__ int t[64]; t[x] = 0; for (int i = x; i < 100; i += 64) { __syncthreads(); t[x] += i; }"
           " out[x] = t[x];", r"__syncthreads\(\) here"),
    Broken("a loop that never ends", "int i = in[x]; while (i >= 0) i = i % 7 + 1; out[x] = i;", r"does not come out"),
    Broken("NaN", "out[x] = sqrtf(in[x] - 5.0f);", r"writes NaN to out\[0\], and no input had one \(5 times",
           type="float"),
    Broken("fine: a sum over the block, with all its barriers",
           "__shared__ int t[64]; t[x] = in[x]; __syncthreads();"
           " for (int s = 32; s > 0; s /= 2) { if (x < s) t[x] += t[x + s]; __syncthreads(); } out[x] = t[0];", ""),
    Broken("fine: threads that leave before a barrier",
           "__shared__ int t[64]; if (x >= n) return; t[x] = in[x]; __syncthreads();"
           " out[x] = t[63 - x];", "", block=96),
    Broken("fine: a histogram by atomics", "__shared__ int h[8]; if (x < 8) h[x] = 0; __syncthreads();"
           " atomicAdd(&h[in[x] % 8], 1); __syncthreads(); out[x] = h[x % 8];", ""),
    Broken("fine: a flag that many threads set to the same", "out[x] = 0; if (in[x] > 5) *out = 0;", ""),
]  # fmt: skip


def run(kernel: Broken, session: Session) -> None:
    """Run a kernel once, and fetch its result."""
    dtype = np.dtype(np.float32 if kernel.type == "float" else np.int32)
    out, given = session.empty((COUNT,), dtype), session.upload(np.arange(COUNT, dtype=dtype))
    program = Program("broken.cu", kernel.source, np.dtype(np.uint8))
    session.launch(Launch(program, "k", Dim3(kernel.grid), Dim3(kernel.block), [out, given, np.int32(COUNT)]))
    session.download(out)


def found_here(kernel: Broken) -> str:
    """Return what a checked run says first; an empty string if nothing."""
    with devices.checked(), devices.choose("cpu").session() as session:
        try:
            run(kernel, session)
        except CheckError as error:
            return error.mistakes[0].message
    return ""


def found_by(tool: str, number: int) -> str:
    """Return what a tool of compute-sanitizer says first of a kernel; an empty string if nothing."""
    command = ["compute-sanitizer", "--tool", tool, sys.executable, __file__, str(number)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"(did not end within {SECONDS} s)"
    said = [line.removeprefix("========= ").strip() for line in done.stdout.splitlines() if line.startswith("=====")]
    return next((line for line in said[1:] if re.search(r"[Ee]rror|Invalid|Uninit|hazard|Barrier|Misaligned", line)
                 and not re.match(r"ERROR SUMMARY: 0|RACECHECK SUMMARY: 0", line)), "")  # fmt: skip


def main() -> None:
    """Print what each finds."""
    sanitizer = shutil.which("compute-sanitizer") if not devices.no_gpu() else None
    tools = TOOLS if sanitizer else ()
    with ThreadPoolExecutor(8) as pool:
        jobs = {(tool, number): pool.submit(found_by, tool, number) for number in range(len(KERNELS)) for tool in tools}
        print(f"| kernel | checked run | {''.join(f'{tool} | ' for tool in tools)}\n|---|---|{'---|' * len(tools)}")
        for number, kernel in enumerate(KERNELS):
            cells = [found_here(kernel), *(jobs[tool, number].result() for tool in tools)]
            print(f"| {kernel.what} | {' | '.join(cell or '-' for cell in cells)} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        with devices.choose("cuda").session() as gpu:
            run(KERNELS[int(sys.argv[1])], gpu)
    else:
        main()

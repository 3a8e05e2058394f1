"""The CPU engine: CUDA C compiled in process for this machine's cores.

A CUDA thread becomes a lane of a vector, a block of threads a loop over vectors, a grid of blocks work for the
cores. `parse` reads the source, `statements` and `expressions` turn it to LLVM's language, `compile` makes
machine code of it, `device` runs that. Nothing outside this package knows LLVM.
"""

"""The CPU engine: CUDA C compiled in process for this machine's cores.

A CUDA thread becomes a lane of a vector, a block of threads a loop over vectors, and the blocks of a grid are shared by
the cores. `imgcuda.frontend` parses the source, `lowering` compiles it to LLVM IR, `compile` makes machine code of it,
and `session` runs it. No other package uses LLVM.
"""

"""The mathematical functions of CUDA, as straight-line code for vectors. Errors and speed: docs/cpu-math.md."""

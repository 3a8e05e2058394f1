"""The macros that each compiler defines before the first line of a text."""

from __future__ import annotations

Macros = tuple[tuple[str, str], ...]
"""The names of macros, and the texts that replace them."""

CPU: Macros = (("IMGCUDA_CPU", "1"),)
CUDA: Macros = (("__CUDACC__", "1"), ("__CUDACC_RTC__", "1"), ("__CUDA_ARCH__", "750"), ("__cplusplus", "201703L"))
"""The macros that declarations depend on; the architecture is that of the oldest GPU supported."""

"""What each compiler defines before the first line of a text."""

from __future__ import annotations

Macros = tuple[tuple[str, str], ...]
"""Names and what replaces them."""

CPU: Macros = (("IMGCUDA_CPU", "1"),)
CUDA: Macros = (("__CUDACC__", "1"), ("__CUDACC_RTC__", "1"), ("__CUDA_ARCH__", "750"), ("__cplusplus", "201703L"))
"""As much as declarations depend on; of the GPUs, the oldest that is supported."""

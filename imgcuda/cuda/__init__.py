"""The CUDA engine: kernels on an NVIDIA GPU, through PyCUDA and NVRTC."""

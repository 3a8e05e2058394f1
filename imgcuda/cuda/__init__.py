"""The CUDA engine: kernels on an NVIDIA GPU, through PyCUDA or cuda-bindings, and NVRTC."""

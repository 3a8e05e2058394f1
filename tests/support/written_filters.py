"""Filters in files of their own, which are not installed: one darkens, and one reads beyond its image."""

FILTER = '''
from imgcuda import PointFilter, param

class Dim(PointFilter):
    """Darken."""

    amount: float = param(default=0.5, ge=0, le=1, help="how much")
'''
KERNEL = """__device__ color dim(color c, float amount)
{
    c.r *= 1.0f - amount;
    c.g *= 1.0f - amount;
    c.b *= 1.0f - amount;
    return c;
}
"""
BEYOND = '''
from imgcuda import NeighborhoodFilter

class Beyond(NeighborhoodFilter):
    """Read the pixel to the right, also where there is none."""

    @property
    def halo(self):
        return 1
'''
BEYOND_KERNEL = """__global__ void beyond(const pixel *src, pixel *dst, int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    int at = (y * width + x) * CHANNELS;
    for (int c = 0; c < CHANNELS; ++c)
        dst[at + c] = src[at + CHANNELS + c];
}
"""
ENDLESS_KERNEL = """__device__ color dim(color c, float amount)
{
    while (amount > 0.0f)
        c.r += amount;
    return c;
}
"""

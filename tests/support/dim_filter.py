"""A filter in a file of its own, which is not installed: it darkens."""

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

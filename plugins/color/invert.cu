// Invert: each channel of the color becomes white minus its value.

__device__ color invert(color c)
{
    c.r = 1.0f - c.r;
    c.g = 1.0f - c.g;
    c.b = 1.0f - c.b;
    return c;
}

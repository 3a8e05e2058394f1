// Stretched: each channel's value, less the one that becomes black, times a factor: `ends` has both for each channel.

__device__ float stretched_value(float value, const float *ends)
{
#if PIXEL_BITS == 16  // the very level, not what is next to it in single precision: a factor may be thousands
    value = to_pixel(value * PIXEL_MAX) - ends[0] * PIXEL_MAX;
    return value * ends[1] * (1.0f / PIXEL_MAX);
#else
    return (value - ends[0]) * ends[1];
#endif
}

__device__ color stretched(color c, const float *ends)
{
    c.r = stretched_value(c.r, ends);
    c.g = stretched_value(c.g, ends + 2);
    c.b = stretched_value(c.b, ends + 4);
    return c;
}

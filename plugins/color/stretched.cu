// Stretched: each channel's value, less the one that becomes black, times a factor: `ends` has both for each channel, and
// what floats are multiplied by before, a power of two, so that neither their difference nor the factor is beyond float32.

__device__ float stretched_value(float value, const float *ends)
{
#if PIXEL_BITS == 16  // the very level, not what is next to it in single precision: a factor may be thousands
    value = to_pixel(value * PIXEL_MAX) - ends[0] * PIXEL_MAX;
    return value * ends[1] * (1.0f / PIXEL_MAX);
#elif PIXEL_BITS == 32
    return (value * ends[2] - ends[0]) * ends[1];
#else
    return (value - ends[0]) * ends[1];
#endif
}

__device__ color stretched(color c, const float *ends)
{
    c.r = stretched_value(c.r, ends);
    c.g = stretched_value(c.g, ends + 3);
    c.b = stretched_value(c.b, ends + 6);
    return c;
}

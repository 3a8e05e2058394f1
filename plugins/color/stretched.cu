// Stretched: the value that becomes black is subtracted from each channel, and the rest multiplied by a factor. `ends`
// has three numbers a channel: that value, the factor, and for floats a power of two, by which a value is multiplied
// before, and the other two are scaled, so that neither the difference nor the factor overflows a float.

__device__ float stretched_value(float value, const float *ends)
{
#if PIXEL_BITS == 16  // the exact level, not a rounded fraction: a factor of thousands would magnify the error
    value = unit_to_pixel(value) - ends[0] * PIXEL_MAX;
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

// In-range: white where red, green and blue each lie between two levels, black elsewhere.
// Of a level k / 255 or k / 65535, PIXEL_MAX times the level is exactly k.

__device__ bool within(float value, float low, float high)
{
    float level = unit_to_pixel(value);
    return level >= low * PIXEL_MAX && level <= high * PIXEL_MAX;
}

__device__ color in_range(color c, const float *low, const float *high)
{
    bool all = within(c.r, low[0], high[0]) && within(c.g, low[1], high[1]) && within(c.b, low[2], high[2]);
    c.r = all ? 1.0f : 0.0f;
    return c;
}

// Equalized: each channel's level looked up in a table of what it becomes, from 0 to 1, one row of `levels` for each.

__device__ float equalized_level(float value, const float *table, int levels)
{
#if PIXEL_BITS == 32
    return table[__float2int_rn(fminf(fmaxf(value, 0.0f), 1.0f) * (levels - 1))];
#else
    return table[to_pixel(value * PIXEL_MAX)];
#endif
}

__device__ color equalized(color c, const float *table, int levels)
{
    c.r = equalized_level(c.r, table, levels);
    c.g = equalized_level(c.g, table + levels, levels);
    c.b = equalized_level(c.b, table + 2 * levels, levels);
    return c;
}

// Equalized: each channel is looked up in its row of a table, which has a new value from 0 to 1 for each of `levels`
// levels. Where the table has a negative number the value stays as it is, and so do infinities and NaN.

__device__ float equalized_level(float value, const float *table, int levels)
{
#if PIXEL_BITS == 32
    float made = table[__float2int_rn(fminf(fmaxf(value, 0.0f), 1.0f) * (levels - 1))];
    return made >= 0.0f && isfinite(value) ? made : value;
#else
    float made = table[unit_to_pixel(value)];
    return made >= 0.0f ? made : value;
#endif
}

__device__ color equalized(color c, const float *table, int levels)
{
    c.r = equalized_level(c.r, table, levels);
    c.g = equalized_level(c.g, table + levels, levels);
    c.b = equalized_level(c.b, table + 2 * levels, levels);
    return c;
}

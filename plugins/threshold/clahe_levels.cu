// CLAHE's levels: each is looked up in the tables of the four tiles whose middles are around the pixel, and the results
// are blended by the distances, in both directions. Products and sums are rounded one by one, as in OpenCV.

// Along one direction: the tiles around a pixel, and the second's share.
struct around {
    int one, other;
    float share;
};

__device__ around tiles_around(int i, int tile, int tiles)
{
    around made;
    float at = __fsub_rn(__fmul_rn(i, __fdiv_rn(1.0f, tile)), 0.5f), before = floorf(at);
    made.share = __fsub_rn(at, before);
    made.one = max((int)before, 0);
    made.other = min((int)before + 1, tiles - 1);
    return made;
}

// Of one step in two tables: what lies between.
__device__ float blend(float one, float other, float share)
{
    return __fadd_rn(__fmul_rn(one, __fsub_rn(1.0f, share)), __fmul_rn(other, share));
}

// What a level becomes, from 0 to 1.
__device__ float clahe_level(float value, const float *table, around x, around y, int columns, int levels)
{
#if PIXEL_BITS == 32
    const float *at = table + __float2int_rn(fminf(fmaxf(value, 0.0f), 1.0f) * (levels - 1));
#else
    const float *at = table + unit_to_pixel(value);
#endif
    const float *upper = at + y.one * columns * levels, *lower = at + y.other * columns * levels;
    int left = x.one * levels, right = x.other * levels;
    float made = blend(blend(upper[left], upper[right], x.share), blend(lower[left], lower[right], x.share), y.share);
#if PIXEL_BITS == 32
    return isfinite(value) ? made / (levels - 1) : value;
#else
    return __float2int_rn(made) / (float)PIXEL_MAX;
#endif
}

__device__ color clahe_levels(color c, place at, const float *table, int columns, int rows, int levels, int next_color)
{
    int larger = at.width % columns != 0 || at.height % rows != 0;
    around x = tiles_around(at.x, at.width / columns + larger, columns);
    around y = tiles_around(at.y, at.height / rows + larger, rows);
#if PER_CHANNEL
    c.r = clahe_level(c.r, table, x, y, columns, levels);
    c.g = clahe_level(c.g, table + next_color, x, y, columns, levels);
    c.b = clahe_level(c.b, table + 2 * next_color, x, y, columns, levels);
#else
    float luminance = pixel_to_unit(unit_to_pixel(rec601_luminance(c.r, c.g, c.b)));
    float more = clahe_level(luminance, table, x, y, columns, levels) - luminance;
    more = isfinite(luminance) ? more : 0.0f;
    c.r += more;
    c.g += more;
    c.b += more;
#endif
    return c;
}

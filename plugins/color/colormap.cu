// Colormap: the luminance is looked up in a table of `size` colors, of four numbers each, of which the last is not used.
// It is computed and rounded as in grayscale.cu. For bytes there is a color for each level, in `words`, which have red,
// green and blue in their lowest bytes: so a color is one load.

__device__ color colormap(color c, const float *colors, const unsigned int *words, int size)
{
    pixel sample = unit_to_pixel(rec601_luminance(c.r, c.g, c.b));
#if PIXEL_BITS == 8
    unsigned int word = words[sample];
    c.r = pixel_to_unit(word & 255u);
    c.g = pixel_to_unit(word >> 8 & 255u);
    c.b = pixel_to_unit(word >> 16);
#else
    float at = fminf(fmaxf(pixel_to_unit(sample), 0.0f), 1.0f) * (size - 1);
    int first = min((int)at, size - 2);
    float part = at - first;
    const float4 *table = (const float4 *)colors + first;
    float4 low = table[0], high = table[1];
    c.r = low.x + part * (high.x - low.x);
    c.g = low.y + part * (high.y - low.y);
    c.b = low.z + part * (high.z - low.z);
#endif
    return c;
}

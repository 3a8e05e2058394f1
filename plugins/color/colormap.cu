// Colormap: the luminance is looked up in a table of `size` colors, of four numbers each, of which the last is not used.
// It is computed and rounded as in grayscale.cu.

__device__ color colormap(color c, const float *colors, int size)
{
    float level = pixel_to_unit(unit_to_pixel(rec601_luminance(c.r, c.g, c.b)));
    float at = fminf(fmaxf(level, 0.0f), 1.0f) * (size - 1);
    int first = min((int)at, size - 2);
    float part = at - first;
    const float4 *table = (const float4 *)colors + first;
    float4 low = table[0], high = table[1];
    c.r = low.x + part * (high.x - low.x);
    c.g = low.y + part * (high.y - low.y);
    c.b = low.z + part * (high.z - low.z);
    return c;
}

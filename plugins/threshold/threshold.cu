// Threshold: white where the luminance is above a level, black elsewhere.
// The luminance is computed and rounded as in grayscale.cu. Of a level k / 255 or k / 65535, PIXEL_MAX times the level
// is exactly k.

__device__ color threshold(color c, float level)
{
    float luminance = rec601_luminance(c.r, c.g, c.b);
    c.r = unit_to_pixel(luminance) > level * PIXEL_MAX ? 1.0f : 0.0f;
    return c;
}

// Threshold: white where the luminance is above a level, black elsewhere.
// The luminance is computed and rounded as `grayscale` does it, so that both see the same. A level times PIXEL_MAX is
// as exact as it can be: for k / 255 and k / 65535 it is k.

__device__ color threshold(color c, float level)
{
    float luminance = (19595.0f * c.r + 38470.0f * c.g + 7471.0f * c.b) * (1.0f / 65536.0f);
    c.r = to_pixel(luminance * PIXEL_MAX) > level * PIXEL_MAX ? 1.0f : 0.0f;
    return c;
}

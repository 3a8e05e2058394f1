// Vibrance: the distance of each channel from the color's luminance is multiplied by a factor that depends on the
// chroma. The luminance is computed as in saturation.cu, so that gray stays as it is.

__device__ color vibrance(color c, float intensity)
{
    float luma = c.g + (REC601_RED / 65536.0f) * (c.r - c.g) + (REC601_BLUE / 65536.0f) * (c.b - c.g);
    float chroma = fmaxf(fmaxf(c.r, c.g), c.b) - fminf(fminf(c.r, c.g), c.b);
    float factor = 1.0f + intensity * (1.0f - copysignf(chroma, intensity));
    c.r = luma + factor * (c.r - luma);
    c.g = luma + factor * (c.g - luma);
    c.b = luma + factor * (c.b - luma);
    return c;
}

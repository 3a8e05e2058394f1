// Grayscale: one number for a color: its luminance by ITU-R BT.601 (the prelude's weights) or BT.709, the mean of its
// channels, or the mean of the largest and the smallest.

__device__ color grayscale(color c)
{
#if WEIGHTS == WEIGHTS_REC601
    c.r = rec601_luminance(c.r, c.g, c.b);
#elif WEIGHTS == WEIGHTS_REC709
    c.r = 0.2126f * c.r + 0.7152f * c.g + 0.0722f * c.b;
#elif WEIGHTS == WEIGHTS_AVERAGE
    c.r = (c.r + c.g + c.b) * (1.0f / 3.0f);
#else
    c.r = (fmaxf(fmaxf(c.r, c.g), c.b) + fminf(fminf(c.r, c.g), c.b)) * 0.5f;
#endif
    return c;
}

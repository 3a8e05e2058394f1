// Grayscale: one number for a colour.
// The weights of ITU-R BT.601 are in 65536ths, as in Pillow's convert("L").

__device__ color grayscale(color c)
{
#if WEIGHTS == WEIGHTS_REC601
    c.r = (19595.0f * c.r + 38470.0f * c.g + 7471.0f * c.b) * (1.0f / 65536.0f);
#elif WEIGHTS == WEIGHTS_REC709
    c.r = 0.2126f * c.r + 0.7152f * c.g + 0.0722f * c.b;
#elif WEIGHTS == WEIGHTS_AVERAGE
    c.r = (c.r + c.g + c.b) * (1.0f / 3.0f);
#else
    c.r = (fmaxf(fmaxf(c.r, c.g), c.b) + fminf(fminf(c.r, c.g), c.b)) * 0.5f;
#endif
    return c;
}

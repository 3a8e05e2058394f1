// Flatten: the color over a background, by its alpha.

__device__ color flatten(color c, const float *background)
{
    float rest = 1.0f - c.a;
#if COLORS_IN(CHANNELS) == 1
    c.r = c.a * c.r + rest * rec601_luminance(background[0], background[1], background[2]);
#else
    c.r = c.a * c.r + rest * background[0];
    c.g = c.a * c.g + rest * background[1];
    c.b = c.a * c.b + rest * background[2];
#endif
    return c;
}

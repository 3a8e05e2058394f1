// Blends: B(Cb, Cs), how a mode of composite blends a color of the image, `below`, and one of the picture, `above`, both
// from 0 to 1. The formulas are those of the W3C's Compositing and Blending Level 1, and from `add` on, which it does
// not have, those of GEGL and GIMP. What these make beyond 0 and 1 is cut off, except of floats.

__device__ float held(float value)
{
#if PIXEL_BITS == 32
    return value;
#else
    return fminf(fmaxf(value, 0.0f), 1.0f);
#endif
}

__device__ float multiplied(float below, float above)
{
    return below * above;
}

__device__ float screened(float below, float above)
{
    return below + above - below * above;
}

__device__ float hard_lit(float below, float above)
{
    return above <= 0.5f ? multiplied(below, 2.0f * above) : screened(below, 2.0f * above - 1.0f);
}

__device__ float dodged(float below, float above)
{
    return below <= 0.0f ? 0.0f : fminf(below / fmaxf(1.0f - above, 0.0f), 1.0f);  // x / 0 is infinite
}

__device__ float burned(float below, float above)
{
    return below >= 1.0f ? 1.0f : 1.0f - fminf((1.0f - below) / fmaxf(above, 0.0f), 1.0f);
}

__device__ float soft_lit(float below, float above)
{
    float curve = below <= 0.25f ? ((16.0f * below - 12.0f) * below + 4.0f) * below : sqrtf(below);
    float way = above <= 0.5f ? below - below * below : curve - below;
    return below + (2.0f * above - 1.0f) * way;
}

// The modes that blend each channel by itself.
__device__ float blended(float below, float above)
{
#if MODE == MODE_MULTIPLY
    return multiplied(below, above);
#elif MODE == MODE_SCREEN
    return screened(below, above);
#elif MODE == MODE_OVERLAY
    return hard_lit(above, below);
#elif MODE == MODE_DARKEN
    return fminf(below, above);
#elif MODE == MODE_LIGHTEN
    return fmaxf(below, above);
#elif MODE == MODE_COLOR_DODGE
    return dodged(below, above);
#elif MODE == MODE_COLOR_BURN
    return burned(below, above);
#elif MODE == MODE_HARD_LIGHT
    return hard_lit(below, above);
#elif MODE == MODE_SOFT_LIGHT
    return soft_lit(below, above);
#elif MODE == MODE_DIFFERENCE
    return fabsf(below - above);
#elif MODE == MODE_EXCLUSION
    return below + above - 2.0f * below * above;
#elif MODE == MODE_ADD
    return held(below + above);
#elif MODE == MODE_SUBTRACT
    return held(below - above);
#elif MODE == MODE_DIVIDE
    return below <= 0.0f ? 0.0f : above <= 0.0f ? 1.0f : held(below / above);
#elif MODE == MODE_LINEAR_BURN
    return held(below + above - 1.0f);
#elif MODE == MODE_LINEAR_LIGHT
    return held(below + 2.0f * above - 1.0f);
#elif MODE == MODE_VIVID_LIGHT
    return above <= 0.5f ? burned(below, 2.0f * above) : dodged(below, 2.0f * above - 1.0f);
#elif MODE == MODE_PIN_LIGHT
    return above <= 0.5f ? fminf(below, 2.0f * above) : fmaxf(below, 2.0f * above - 1.0f);
#elif MODE == MODE_GRAIN_EXTRACT
    return held(below - above + 0.5f);
#elif MODE == MODE_GRAIN_MERGE
    return held(below + above - 0.5f);
#else
    return above;
#endif
}

// The modes that blend whole colors, by the W3C's Lum, SetLum, ClipColor, Sat and SetSat.

__device__ float luminosity(color c)
{
    return 0.3f * c.r + 0.59f * c.g + 0.11f * c.b;
}

__device__ float least(color c)
{
    return fminf(fminf(c.r, c.g), c.b);
}

__device__ float most(color c)
{
    return fmaxf(fmaxf(c.r, c.g), c.b);
}

// scale * (c - from) + to, in each channel.
__device__ color moved(color c, float from, float scale, float to)
{
    c.r = scale * (c.r - from) + to;
    c.g = scale * (c.g - from) + to;
    c.b = scale * (c.b - from) + to;
    return c;
}

// The color with this luminosity. What leaves 0 to 1 moves toward its own gray.
__device__ color with_luminosity(color c, float wanted)
{
    c = moved(c, luminosity(c), 1.0f, wanted);
    float low = least(c), high = most(c);
    if (low < 0.0f) c = moved(c, wanted, wanted / (wanted - low), wanted);
    if (high > 1.0f) c = moved(c, wanted, (1.0f - wanted) / (high - wanted), wanted);
    return c;
}

// The color with this distance between its least and its most channel, the least being 0.
__device__ color with_saturation(color c, float wanted)
{
    float low = least(c), range = most(c) - low;
    return moved(c, low, range > 0.0f ? wanted / range : 0.0f, 0.0f);
}

__device__ color blended_color(color below, color above)
{
#if MODE == MODE_HUE
    return with_luminosity(with_saturation(above, most(below) - least(below)), luminosity(below));
#elif MODE == MODE_SATURATION
    return with_luminosity(with_saturation(below, most(above) - least(above)), luminosity(below));
#elif MODE == MODE_COLOR
    return with_luminosity(above, luminosity(below));
#elif MODE == MODE_LUMINOSITY
    return with_luminosity(below, luminosity(above));
#else
    color c;
    c.r = blended(below.r, above.r);
    c.g = blended(below.g, above.g);
    c.b = blended(below.b, above.b);
    return c;
#endif
}

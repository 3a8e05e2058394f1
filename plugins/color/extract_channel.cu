// Extract a channel: of the color the number that CHANNEL names.

#include "hsv.cuh"

__device__ color extract_channel(color c)
{
#if CHANNEL == CHANNEL_GREEN
    c.r = c.g;
#elif CHANNEL == CHANNEL_BLUE
    c.r = c.b;
#elif CHANNEL == CHANNEL_ALPHA
    c.r = c.a;
#elif CHANNEL == CHANNEL_LUMINANCE
    c.r = rec601_luminance(c.r, c.g, c.b);
#elif CHANNEL != CHANNEL_RED
    hsv is = hsv_of(c);
#if CHANNEL == CHANNEL_HUE
    c.r = is.hue * (1.0f / 6.0f);
#elif CHANNEL == CHANNEL_SATURATION
    c.r = is.value > 0.0f ? is.chroma / is.value : 0.0f;
#elif CHANNEL == CHANNEL_VALUE
    c.r = is.value;
#else
    float least = is.value - is.chroma;
    c.r = 0.5f * (is.value + least);
#endif
#endif
    return c;
}

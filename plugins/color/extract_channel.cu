// Extract a channel: of the color one number, whose index stands in the order of the filter's choices.

#include "hsv.cuh"

__device__ color extract_channel(color c, int channel)
{
    hsv is = hsv_of(c);
    float least = is.value - is.chroma;
    switch (channel) {
    case 0: break;
    case 1: c.r = c.g; break;
    case 2: c.r = c.b; break;
    case 3: c.r = c.a; break;
    case 4: c.r = rec601_luminance(c.r, c.g, c.b); break;
    case 5: c.r = is.hue * (1.0f / 6.0f); break;
    case 6: c.r = is.value > 0.0f ? is.chroma / is.value : 0.0f; break;
    case 7: c.r = is.value; break;
    default: c.r = 0.5f * (is.value + least); break;
    }
    return c;
}

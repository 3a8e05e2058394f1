// Levels: t, the color's place in a range, is raised to a power and scaled to another range. Of 16 bits the exact level
// is taken, since in a narrow range the rounding error of a fraction would grow.

#include "power.cuh"

// A value's place from in_low, 0, to in_low + 1 / scale, 1. What is not a number stays so.
__device__ float place_in(float value, float in_low, float scale, bool clip)
{
#if PIXEL_BITS == 16
    float t = (unit_to_pixel(value) - in_low * PIXEL_MAX) * (scale * (1.0f / PIXEL_MAX));
#else
    float t = (value - in_low) * scale;
#endif
    return !clip ? t : t < 0.0f ? 0.0f : t > 1.0f ? 1.0f : t;
}

__device__ color levels(color c, float in_low, float scale, float power, float out_low, float range, bool clip,
                        int channel)
{
#if COLORS_IN(CHANNELS) == 1  // a gray image has one channel, which is each of them
    channel = 0;
#endif
    color made = c;
    made.r = place_in(c.r, in_low, scale, clip);
    made.g = place_in(c.g, in_low, scale, clip);
    made.b = place_in(c.b, in_low, scale, clip);
    if (power != 1.0f) made = raise(made, power);
    c.r = channel <= 1 ? out_low + range * made.r : c.r;
    c.g = channel == 0 || channel == 2 ? out_low + range * made.g : c.g;
    c.b = channel == 0 || channel == 3 ? out_low + range * made.b : c.b;
    return c;
}

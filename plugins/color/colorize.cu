// Colorize: the color of a hue and a saturation in HSL whose lightness is the luminance, mixed with the color itself.

#include "hsv.cuh"

__device__ color colorize(color c, float hue, float saturation, float lightness, float strength)
{
    float level = rec601_luminance(c.r, c.g, c.b);
    level = level * (1.0f - fabsf(lightness)) + fmaxf(lightness, 0.0f);
    float chroma = fmaxf(1.0f - fabsf(2.0f * level - 1.0f), 0.0f) * saturation;
    color made = with_hsv(c, hue * (1.0f / 60.0f), chroma, level + 0.5f * chroma);
    c.r += strength * (made.r - c.r);
    c.g += strength * (made.g - c.g);
    c.b += strength * (made.b - c.b);
    return c;
}

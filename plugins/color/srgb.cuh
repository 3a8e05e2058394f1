// sRGB: colors as files have them, from and to linear light, by the curve of IEC 61966-2-1. Floats above 1 are on the
// same curve, and those below 0 on its mirror image, as CSS Color 4 has it. From 1e18 on a float stays as it is.

#include "power.cuh"

#define BRIGHTEST 1e18f

__device__ float srgb_to_light(float value)
{
    float size = fminf(fabsf(value), BRIGHTEST);
    float raised = exp2_of(2.4f * log2_of((size + 0.055f) * (1.0f / 1.055f)));
    float light = size <= 0.04045f ? size * (1.0f / 12.92f) : raised;
    return fabsf(value) < BRIGHTEST ? copysignf(light, value) : value;  // NaN, too, stays
}

__device__ float light_to_srgb(float light)
{
    float size = fminf(fmaxf(fabsf(light), 1e-9f), BRIGHTEST);
    float raised = 1.055f * exp2_of((1.0f / 2.4f) * log2_of(size)) - 0.055f;
    float value = fabsf(light) <= 0.0031308f ? fabsf(light) * 12.92f : raised;
    return fabsf(light) < BRIGHTEST ? copysignf(value, light) : light;
}

__device__ color srgb_to_linear(color c)
{
    c.r = srgb_to_light(c.r);
    c.g = srgb_to_light(c.g);
    c.b = srgb_to_light(c.b);
    return c;
}

__device__ color linear_to_srgb(color c)
{
    c.r = light_to_srgb(c.r);
    c.g = light_to_srgb(c.g);
    c.b = light_to_srgb(c.b);
    return c;
}

// Reinhard's curve: the luminance L of light times a gain becomes L (1 + L burn) / (1 + L), and each color is
// multiplied by as much.

#include "light.cuh"

__device__ color reinhard_curve(color c, float gain, float burn)
{
#if TRANSFER == TRANSFER_SRGB
    c = srgb_to_linear(c);
#endif
    float light = gain * luminance_of_light(c);
    float scale = gain * ((1.0f + light * burn) / (1.0f + light));
    c.r *= scale;
    c.g *= scale;
    c.b *= scale;
#if TRANSFER == TRANSFER_SRGB
    c = linear_to_srgb(c);
#endif
    return c;
}

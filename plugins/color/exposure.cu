// Exposure: linear light, above the black level, is multiplied by a gain.

#include "srgb.cuh"

__device__ color exposure(color c, float gain, float black_level)
{
#if TRANSFER == TRANSFER_SRGB
    c = srgb_to_linear(c);
#endif
    c.r = (c.r - black_level) * gain;
    c.g = (c.g - black_level) * gain;
    c.b = (c.b - black_level) * gain;
#if TRANSFER == TRANSFER_SRGB
    c = linear_to_srgb(c);
#endif
    return c;
}

// Gamma: each channel of the color is raised to a power, and multiplied by a gain.

#include "power.cuh"

__device__ color gamma(color c, float gamma, float gain)
{
    if (gamma != 1.0f) c = raise(c, gamma);  // 1 changes nothing, not even the largest and the smallest of floats
    c.r *= gain;
    c.g *= gain;
    c.b *= gain;
    return c;
}

// Light: the luminance of linear light, Rec. 709, at least 0. From BRIGHT on it stays the same, so that it is finite.

#include "../color/srgb.cuh"

#define BRIGHT 1e18f

__device__ float luminance_of_light(color c)
{
    return fminf(fmaxf(0.2126f * c.r + 0.7152f * c.g + 0.0722f * c.b, 0.0f), BRIGHT);
}

// Hue: the hue of the color is turned by an angle in degrees.

#include "hsv.cuh"

__device__ color hue(color c, float degrees)
{
    hsv is = hsv_of(c);
    return with_hsv(c, is.hue + degrees * (1.0f / 60.0f), is.chroma, is.value);
}

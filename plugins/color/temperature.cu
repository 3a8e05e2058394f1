// Temperature: the color, in linear light, is multiplied by a matrix of 3 x 3 numbers.

#include "srgb.cuh"

__device__ color temperature(color c, const float *matrix)
{
#if TRANSFER == TRANSFER_SRGB
    c = srgb_to_linear(c);
#endif
    color made = c;
    made.r = matrix[0] * c.r + matrix[1] * c.g + matrix[2] * c.b;
    made.g = matrix[3] * c.r + matrix[4] * c.g + matrix[5] * c.b;
    made.b = matrix[6] * c.r + matrix[7] * c.g + matrix[8] * c.b;
#if TRANSFER == TRANSFER_SRGB
    made = linear_to_srgb(made);
#endif
    return made;
}

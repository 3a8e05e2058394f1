// Affine: the place is a sum of products, by rows 0 and 1 of a matrix from the result to the image.

#include "warp.cuh"

__device__ point source(double x, double y, const double *numbers)
{
    point at = {numbers[0] * x + numbers[1] * y + numbers[2], numbers[3] * x + numbers[4] * y + numbers[5]};
    return at;
}

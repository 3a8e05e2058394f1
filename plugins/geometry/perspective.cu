// Perspective: the place is (x, y, 1) times a matrix from the result to the image, divided by its third number. At the
// horizon, where that is 0, the place is infinite, and counts as one far outside of the image.

#include "warp.cuh"

__device__ point source(double x, double y, const double *numbers)
{
    double scale = 1.0 / (numbers[6] * x + numbers[7] * y + numbers[8]);
    point at = {(numbers[0] * x + numbers[1] * y + numbers[2]) * scale,
                (numbers[3] * x + numbers[4] * y + numbers[5]) * scale};
    return at;
}

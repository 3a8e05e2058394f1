// Polar: distances are numbers[2] * x, or exp(numbers[2] * x) - 1 for the logarithm of them, and angles numbers[3] * y;
// INVERSE is the other way. Then rows follow each other in a circle: below the last is the first, whatever the border.

#if INVERSE
__device__ int around(int row, int rows)
{
    return (row % rows + rows) % rows;
}
#define ROW_BORDER around
#endif

#include "warp.cuh"

__device__ point source(double x, double y, const double *numbers)
{
    bool logarithm = numbers[4] != 0.0;
#if INVERSE
    double right = x - numbers[0], down = y - numbers[1];
    double distance = sqrt(right * right + down * down), angle = atan2(down, right) / numbers[3];
    if (logarithm) distance = log(distance + 1.0);
    point at = {distance / numbers[2], angle < 0.0 ? angle + numbers[5] : angle};
#else
    double distance = numbers[2] * x, angle = numbers[3] * y;
    if (logarithm) distance = exp(distance) - 1.0;
    point at = {numbers[0] + distance * cos(angle), numbers[1] + distance * sin(angle)};
#endif
    return at;
}

// Swirl: the distance from the center is turned by numbers[2] * exp(-distance * numbers[3]) + numbers[4] radians.

#include "warp.cuh"

__device__ point source(double x, double y, const double *numbers)
{
    double right = x - numbers[0], down = y - numbers[1];
    double angle = numbers[2] * exp(-sqrt(right * right + down * down) * numbers[3]) + numbers[4];
    double cosine = cos(angle), sine = sin(angle);
    point at = {numbers[0] + right * cosine - down * sine, numbers[1] + right * sine + down * cosine};
    return at;
}

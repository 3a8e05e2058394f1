// Undistort: a pixel comes from where the lens has bent it to.

#include "lens.cuh"

__device__ point source(double x, double y, const double *numbers)
{
    point at = in_focal_lengths(x, y, numbers);
    point more = tangential(at, numbers);
    double scale = radial(at, numbers);
    return in_pixels(at.x * scale + more.x, at.y * scale + more.y, numbers);
}

// Lens distortion: a pixel comes from the place that the lens bends to it, which is found by iteration.
// Where none is found, the lens shows nothing, and the place is set to one far outside of the image.

#include "lens.cuh"

#define STEPS 20
#define TOLERANCE 1e-3  // focal lengths that the place found may be bent beside the pixel
#define OUTSIDE 1e9

__device__ point source(double x, double y, const double *numbers)
{
    point bent = in_focal_lengths(x, y, numbers), at = bent;
    for (int k = 0; k < STEPS; k++) {
        point more = tangential(at, numbers);
        double scale = 1.0 / radial(at, numbers);
        at.x = (bent.x - more.x) * scale;
        at.y = (bent.y - more.y) * scale;
    }
    point more = tangential(at, numbers);
    double scale = radial(at, numbers);
    double x_error = at.x * scale + more.x - bent.x, y_error = at.y * scale + more.y - bent.y;
    if (!(x_error * x_error + y_error * y_error < TOLERANCE * TOLERANCE)) at.x = at.y = OUTSIDE;
    return in_pixels(at.x, at.y, numbers);
}

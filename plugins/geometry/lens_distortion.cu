// Lens distortion: a pixel comes from the place that the lens bends to it, which is found by iteration.
// Where none is found, the lens shows nothing, and the place is set to one far outside of the image.

#include "lens.cuh"

#define STEPS 20
#define TOLERANCE 1e-3  // focal lengths that the place found may be bent beside the pixel
#define OUTSIDE 1e9
#define STILL 1e-11  // focal lengths that a step moves a place that has been found: less than a float's last bit

__device__ point source(double x, double y, const double *numbers)
{
    point bent = in_focal_lengths(x, y, numbers), at = bent;
    for (int k = 0; k < STEPS; k++) {
        point more = tangential(at, numbers);
        double scale = 1.0 / radial(at, numbers);
        point next = {(bent.x - more.x) * scale, (bent.y - more.y) * scale};
        double x_step = next.x - at.x, y_step = next.y - at.y;
        bool moves = !(x_step * x_step + y_step * y_step < STILL * STILL);
        if (moves) at = next;  // so a place does not depend on how many steps its neighbors take
        if (FOR_ALL(!moves)) break;
    }
    point more = tangential(at, numbers);
    double scale = radial(at, numbers);
    double x_error = at.x * scale + more.x - bent.x, y_error = at.y * scale + more.y - bent.y;
    if (!(x_error * x_error + y_error * y_error < TOLERANCE * TOLERANCE)) at.x = at.y = OUTSIDE;
    return in_pixels(at.x, at.y, numbers);
}

// Lens: OpenCV's model of a lens, of Brown and Conrady. Numbers 0 to 3 are cx, cy, fx, fy; 4 to 8 are k1, k2, p1, p2, k3.

#include "warp.cuh"

// What the distance from the optical center, in focal lengths, is multiplied by: 1 + k1 r^2 + k2 r^4 + k3 r^6.
__device__ double radial(point at, const double *numbers)
{
    double square = at.x * at.x + at.y * at.y;
    return 1.0 + ((numbers[8] * square + numbers[5]) * square + numbers[4]) * square;
}

// What is added to it: (2 p1 x y + p2 (r^2 + 2 x^2), p1 (r^2 + 2 y^2) + 2 p2 x y).
__device__ point tangential(point at, const double *numbers)
{
    double square = at.x * at.x + at.y * at.y, both = 2.0 * at.x * at.y;
    point made = {numbers[6] * both + numbers[7] * (square + 2.0 * at.x * at.x),
                  numbers[6] * (square + 2.0 * at.y * at.y) + numbers[7] * both};
    return made;
}

// A pixel's distance from the optical center, in focal lengths.
__device__ point in_focal_lengths(double x, double y, const double *numbers)
{
    point made = {(x - numbers[0]) / numbers[2], (y - numbers[1]) / numbers[3]};
    return made;
}

// The pixel at a distance from the optical center, in focal lengths.
__device__ point in_pixels(double x, double y, const double *numbers)
{
    point made = {x * numbers[2] + numbers[0], y * numbers[3] + numbers[1]};
    return made;
}

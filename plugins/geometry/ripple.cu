// Ripple: lines are moved across the direction (numbers[2], numbers[3]), rings along the way from the center.

#include "warp.cuh"

__device__ point source(double x, double y, const double *numbers)
{
    double right = x - numbers[0], down = y - numbers[1];
    double along = numbers[2] * right + numbers[3] * down, x_way = -numbers[3], y_way = numbers[2];
    if (numbers[7] != 0.0) {
        along = sqrt(right * right + down * down);
        double scale = along > 0.0 ? 1.0 / along : 0.0;
        x_way = right * scale;
        y_way = down * scale;
    }
    double away = numbers[6] * sin(along * numbers[4] + numbers[5]);
    point at = {x + x_way * away, y + y_way * away};
    return at;
}

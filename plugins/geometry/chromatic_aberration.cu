// Chromatic aberration: each color comes from another distance from the center. Colors are premultiplied by alpha, so
// a color is divided by the alpha that it comes with and multiplied by that of the pixel, which stays.

#define BY_CHANNEL
#include "warp.cuh"

__device__ point source_of(int channel, double x, double y, const double *numbers)
{
    double scale = CHANNELS > 2 && channel < 3 ? numbers[2 + channel] : 1.0;
    point at = {numbers[0] + (x - numbers[0]) * scale, numbers[1] + (y - numbers[1]) * scale};
    return at;
}

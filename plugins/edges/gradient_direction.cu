// Gradient direction: the angle of the gradient, as a part of a turn, times white. It is launched as `slopes` of
// edges.cu, which says what a thread does and what happens at the edge; `per_radian` is 1 / (2 pi).

#define OPERATOR_LAPLACIAN 3
#define OPERATOR_ROBERTS 4

__device__ float turn_of(float gx, float gy, float per_radian)
{
    float part = atan2f(gy, gx) * per_radian;
    return part < 0.0f ? part + 1.0f : part;
}

// White at sample x of a row; for premultiplied color, the pixel's alpha.
__device__ float white(const pixel *row, int x, int samples)
{
#if HAS_ALPHA(CHANNELS)
    return row[min(x, samples - 1) / CHANNELS * CHANNELS + CHANNELS - 1];
#else
    return PIXEL_MAX;
#endif
}

#define FINISH(gx, gy, per_radian, unused, row, x, samples) \
    (white(row, x, samples) * turn_of(gx, gy, per_radian))
#include "edges.cu"

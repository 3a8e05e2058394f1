// Emboss: middle gray plus the slope along the light, right * gx + down * gy. The slopes gx, to the right, and gy,
// downwards, are Prewitt's sums over 3x3 pixels. It is launched as `slopes` of edges.cu, which says what a thread does
// and what happens at the edge.

#define OPERATOR_PREWITT 1
#define OPERATOR OPERATOR_PREWITT

#if HAS_ALPHA(CHANNELS)  // premultiplied color, of any type: a little more than half, so that it rounds to 128 and 32768
#define GRAY 0.5000005f
#elif PIXEL_BITS == 32
#define GRAY 0.5f
#elif PIXEL_BITS == 16
#define GRAY 32768.0f
#else
#define GRAY 128.0f
#endif

// Middle gray at sample x of a row; for premultiplied color it is multiplied by the pixel's alpha.
__device__ float gray(const pixel *row, int x, int samples)
{
#if HAS_ALPHA(CHANNELS)
    return GRAY * row[min(x, samples - 1) / CHANNELS * CHANNELS + CHANNELS - 1];
#else
    return GRAY;
#endif
}

#define FINISH(gx, gy, right, down, row, x, samples) (gray(row, x, samples) + (right) * (gx) + (down) * (gy))
#include "../edges/edges.cu"

// Emboss: middle grey, and what the slope along the light adds to it or takes away. The slopes, to the right and
// downwards, are sums over 3x3 pixels as Prewitt has them, and come from edges.cu, which stands behind this file.

#define OPERATOR_PREWITT 1
#define OPERATOR OPERATOR_PREWITT

#if CHANNELS == 2 || CHANNELS == 4  // premultiplied colour, of any type: a hair more, so that it becomes 128 and 32768
#define GREY 0.5000005f
#elif PIXEL_BITS == 32
#define GREY 0.5f
#elif PIXEL_BITS == 16
#define GREY 32768.0f
#else
#define GREY 128.0f
#endif

// Middle grey where sample x is: of premultiplied colour it is as opaque as the pixel.
__device__ float grey(const pixel *row, int x, int samples)
{
#if CHANNELS == 2 || CHANNELS == 4
    return GREY * row[min(x, samples - 1) / CHANNELS * CHANNELS + CHANNELS - 1];
#else
    return GREY;
#endif
}

#define FINISH(gx, gy, right, down, row, x, samples) (grey(row, x, samples) + (right) * (gx) + (down) * (gy))

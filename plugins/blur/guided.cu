// Guided filter, between box blurs of floats: `moment` makes samples, or their squares, `coefficient` the line of each
// square from their means, and `guided` the result from the means of the lines. Samples count from medium gray, 0.5, so
// that squares are small and their differences exact. A thread makes a sample. Edge: only the box blurs read outside of
// the image, by the border rule.

#define START \
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x; \
    if (x >= width * CHANNELS) return; \
    long long i = (long long)blockIdx.y * width * CHANNELS + x

#if BORDER == BORDER_CONSTANT
#define MIDDLE 0.0f  // what lies beyond the border is black, not gray
#else
#define MIDDLE 0.5f
#endif

__global__ void moment(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height, int power)
{
    START;
    float value = pixel_to_unit(src[i]) - MIDDLE;
    dst[i] = power == 2 ? value * value : value;
}

// The slope of the line, or where it begins.
__global__ void coefficient(const float *__restrict__ mean, float *__restrict__ dst, int width, int height,
                            const float *__restrict__ square, float eps, int beginning)
{
    START;
    float middle = mean[i], variance = fmaxf(square[i] - middle * middle, 0.0f);
    float slope = variance / (variance + eps);
    dst[i] = beginning ? middle - slope * middle : slope;
}

__global__ void guided(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                       const float *__restrict__ slope, const float *__restrict__ offset)
{
    START;
    float value = pixel_to_unit(src[i]) - MIDDLE;
    dst[i] = unit_to_pixel(slope[i] * value + offset[i] + MIDDLE);
}

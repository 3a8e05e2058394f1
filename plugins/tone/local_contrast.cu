// Local contrast: the difference between the luminance and its blur is added to all colors. A thread makes one pixel.

#include "around.cu"

__global__ void local_contrast(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                               const float *__restrict__ blurred, float amount)
{
    long long i = (long long)blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (i >= (long long)width * height) return;
    const pixel *in = src + i * CHANNELS;
    float more = amount * (luminance_of(in) - around_of(blurred, i, alpha_of(in))) * PIXEL_MAX;
    for (int c = 0; c < COLORS_IN(CHANNELS); c++) dst[i * CHANNELS + c] = to_pixel(in[c] + more);
#if HAS_ALPHA(CHANNELS)
    dst[i * CHANNELS + CHANNELS - 1] = in[CHANNELS - 1];
#endif
}

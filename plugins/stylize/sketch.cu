// Sketch: the image's luminance divided by its own blur, held between 0 and 1: a color dodge of the two, the second
// inverted, b / (1 - s) with s = 1 - blurred. In each kernel a thread makes one pixel in each of ROWS rows. With alpha
// the image comes premultiplied.

#define COLORS COLORS_IN(CHANNELS)

// The luminance of a pixel.
__device__ float light(const pixel *in)
{
#if COLORS == 3
    return rec601_luminance(in[0], in[1], in[2]);
#else
    return in[0];
#endif
}

// The luminance, and after it alpha, of an image, to be blurred.
__global__ void lights(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height)
{
    const int made = CHANNELS - COLORS + 1;
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= width) return;
    int end = min((int)(blockIdx.y + 1) * ROWS, height);
    for (int y = blockIdx.y * ROWS; y < end; y++) {
        long long i = (long long)y * width + x;
        dst[i * made] = light(src + i * CHANNELS);
        if (made > 1) dst[i * made + 1] = src[i * CHANNELS + CHANNELS - 1];
    }
}

// Edge: only the blur reads outside of the image, by the border rule.
__global__ void sketch(const float *__restrict__ blurred, pixel *__restrict__ dst, int width, int height,
                       const pixel *__restrict__ image)
{
    const int made = CHANNELS - COLORS + 1;
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= width) return;
    int end = min((int)(blockIdx.y + 1) * ROWS, height);
    for (int y = blockIdx.y * ROWS; y < end; y++) {
        long long i = (long long)y * width + x;
        float here = light(image + i * CHANNELS), around = blurred[i * made], alpha = 1.0f;
#if COLORS < CHANNELS
        // the colors as they are without their alpha: both are divided by it, and the result is multiplied again
        alpha = image[i * CHANNELS + CHANNELS - 1];
        here *= blurred[i * made + 1];
        around *= alpha;
        dst[i * made + 1] = alpha;
#endif
        float quotient = here <= 0.0f ? 0.0f : fminf(here / fmaxf(around, 0.0f), 1.0f);  // x / 0 is infinite
        dst[i * made] = to_pixel(quotient * alpha * PIXEL_MAX);
    }
}

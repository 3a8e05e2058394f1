// Alpha: straight color to premultiplied color, and back, for filters that mix neighbors: a transparent pixel then adds
// no color to the others. A thread makes one pixel. Premultiplied samples are floats from 0 to 1, so that filters
// between the two kernels do not round to levels. No pixel outside of the image is read.

#define COLORS COLORS_IN(CHANNELS)

__global__ void premultiply(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    int y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    const pixel *in = src + ((long long)y * width + x) * CHANNELS;
    float *out = dst + ((long long)y * width + x) * CHANNELS;
    float alpha = pixel_to_unit(in[COLORS]);
    for (int c = 0; c < COLORS; c++) out[c] = pixel_to_unit(in[c]) * alpha;
    out[COLORS] = alpha;
}

// Premultiplied to straight color, MADE_CHANNELS samples a pixel. KEEP_ALPHA: alpha is the original's, not the filtered
// one.
#ifdef MADE_CHANNELS
#define MADE_COLORS COLORS_IN(MADE_CHANNELS)

__global__ void unpremultiply(const float *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                              const pixel *__restrict__ original)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    int y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    long long i = (long long)y * width + x;
    const float *in = src + i * MADE_CHANNELS;
    pixel *out = dst + i * MADE_CHANNELS;
#if KEEP_ALPHA
    float alpha = pixel_to_unit(original[i * CHANNELS + COLORS]);
#else
    float alpha = in[MADE_COLORS];
#endif
    // A fully transparent pixel becomes black, without a division by zero.
    float scale = alpha > 0.0f ? PIXEL_MAX / alpha : 0.0f;
    for (int c = 0; c < MADE_COLORS; c++) out[c] = to_pixel(in[c] * scale);
    out[MADE_COLORS] = unit_to_pixel(alpha);
}
#endif

// Premultiplied colour, for filters that mix neighbours: a transparent pixel has no colour to give.
// A thread makes one pixel. Values are 0 to 1 in float, so that nothing is lost in between.

#define COLORS (CHANNELS - 1)

__global__ void premultiply(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    int y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    const pixel *in = src + ((long long)y * width + x) * CHANNELS;
    float *out = dst + ((long long)y * width + x) * CHANNELS;
    float alpha = in[COLORS] * (1.0f / PIXEL_MAX);
    for (int c = 0; c < COLORS; c++) out[c] = in[c] * (1.0f / PIXEL_MAX) * alpha;
    out[COLORS] = alpha;
}

// The way back, for MADE_CHANNELS samples a pixel. KEEP_ALPHA: alpha is the original's rather than the filtered one.
#ifdef MADE_CHANNELS
#define MADE_COLORS (MADE_CHANNELS - 1)

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
    float alpha = original[i * CHANNELS + COLORS] * (1.0f / PIXEL_MAX);
#else
    float alpha = in[MADE_COLORS];
#endif
    // Where nothing is left of the picture its colour is black, not a division by zero.
    float scale = alpha > 0.0f ? PIXEL_MAX / alpha : 0.0f;
    for (int c = 0; c < MADE_COLORS; c++) out[c] = to_pixel(in[c] * scale);
    out[MADE_COLORS] = to_pixel(alpha * PIXEL_MAX);
}
#endif

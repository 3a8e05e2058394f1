// Oil paint: of the pixels within `radius` each counts, by its alpha, for one of `levels` levels of luminance. The
// result is the mean of the levels' mean colors, each weighed by (its count / the largest count) ^ exponent.
// A thread makes one pixel. Its tables have MOST levels, of which it uses the first. With alpha the image comes
// premultiplied; alpha stays. Edge: pixels beyond it are read by the border rule; under BORDER_CONSTANT they are black.

#define COLORS COLORS_IN(CHANNELS)
#define MOST 64

// The level of a pixel, of a luminance from 0 to 1 in even steps: the nearest.
__device__ int level_of(const float *in, float alpha, float steps)
{
#if COLORS == 3
    float light = rec601_luminance(in[0], in[1], in[2]);
#else
    float light = in[0];
#endif
    light *= steps / (alpha * PIXEL_MAX);
    return (int)fminf(fmaxf(rintf(light), 0.0f), steps);
}

__global__ void oil_paint(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int radius,
                          int levels, float exponent)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    float counts[MOST], sums[MOST * COLORS];
    for (int i = 0; i < levels; i++) counts[i] = 0.0f;
    for (int i = 0; i < levels * COLORS; i++) sums[i] = 0.0f;

    // count
    for (int dy = -radius; dy <= radius; dy++) {
        int row = border(y + dy, height);
        for (int dx = -radius; dx <= radius; dx++) {
            if (dx * dx + dy * dy > radius * radius) continue;
            int column = border(x + dx, width);
            float in[COLORS], alpha = 1.0f;
            for (int c = 0; c < COLORS; c++)
                in[c] = row < 0 || column < 0 ? 0.0f : src[((long long)row * width + column) * CHANNELS + c];
#if COLORS < CHANNELS
            alpha = row < 0 || column < 0 ? 0.0f : src[((long long)row * width + column) * CHANNELS + COLORS];
            if (alpha <= 0.0f) continue;
#endif
            int level = level_of(in, alpha, levels - 1);
            counts[level] += alpha;
            for (int c = 0; c < COLORS; c++) sums[level * COLORS + c] += in[c];
        }
    }

    // weigh
    float most = 0.0f, weights = 0.0f, made[COLORS];
    for (int c = 0; c < COLORS; c++) made[c] = 0.0f;
    for (int i = 0; i < levels; i++) most = fmaxf(most, counts[i]);
    for (int i = 0; i < levels; i++) {
        if (counts[i] > 0.0f) {
            float weight = powf(counts[i] / most, exponent), part = weight / counts[i];
            weights += weight;
            for (int c = 0; c < COLORS; c++) made[c] += part * sums[i * COLORS + c];
        }
    }
    long long i = ((long long)y * width + x) * CHANNELS;
    float alpha = COLORS < CHANNELS ? (float)src[i + CHANNELS - 1] : 1.0f;
    float scale = weights > 0.0f ? alpha / weights : 0.0f;
    for (int c = 0; c < COLORS; c++) dst[i + c] = to_pixel(scale * made[c]);
    if (COLORS < CHANNELS) dst[i + CHANNELS - 1] = src[i + CHANNELS - 1];
}

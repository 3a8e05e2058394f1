// Path blur: each pixel becomes the mean of places along a path: a part `extent` of the way to a center or, if TURNS, an
// arc of `extent` around it, half to each side. Places are at most a pixel apart; between pixels they are interpolated
// bilinearly. A thread makes a pixel. Edge: pixels outside of the image are read by the border rule; under
// BORDER_CONSTANT they are black.

// Adds what lies at a place, `across` columns and `down` rows away from a pixel.
__device__ void add(float *sum, const pixel *src, int x, int y, float across, float down, int width, int height)
{
    float left = floorf(across), upper = floorf(down);
    float right_part = across - left, lower_part = down - upper;
    int column = x + (int)left, row = y + (int)upper;
#pragma unroll
    for (int k = 0; k < 4; k++) {
        int at = border(column + k % 2, width), line = border(row + k / 2, height);
        float weight = (k % 2 ? right_part : 1.0f - right_part) * (k / 2 ? lower_part : 1.0f - lower_part);
        weight = at < 0 || line < 0 ? 0.0f : weight;
        const pixel *from = src + ((long long)max(line, 0) * width + max(at, 0)) * CHANNELS;
        for (int c = 0; c < CHANNELS; c++) sum[c] += weight * from[c];
    }
}

__global__ void path_blur(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, float center_x,
                          float center_y, float extent)
{
    int to = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (IS_IDLE(to, width) || y >= height) return;
    int x = min(to, width - 1);
    float dx = x + 0.5f - center_x, dy = y + 0.5f - center_y;
    // A path hardly longer than a whole number takes no step more, however its length is rounded.
    int steps = (int)ceilf(sqrtf(dx * dx + dy * dy) * fabsf(extent) - 1e-3f);
    steps = max(steps, 0);
    float sum[CHANNELS], each = steps > 0 ? extent / steps : 0.0f;
    for (int c = 0; c < CHANNELS; c++) sum[c] = 0.0f;
    for (int k = 0; k <= steps; k++) {
#if TURNS
        float angle = steps > 0 ? k * each - 0.5f * extent : 0.0f, sine = sinf(angle), less = cosf(angle) - 1.0f;
        add(sum, src, x, y, dx * less - dy * sine, dx * sine + dy * less, width, height);
#else
        add(sum, src, x, y, -dx * (k * each), -dy * (k * each), width, height);
#endif
    }
    pixel *out = dst + ((long long)y * width + to) * CHANNELS;
    if (to < width)
        for (int c = 0; c < CHANNELS; c++) out[c] = to_pixel(sum[c] / (steps + 1));
}

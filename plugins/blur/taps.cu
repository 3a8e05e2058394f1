// Taps: each sample becomes the sum of samples of its channel around it, by weights. `places` has for each weight by how
// many columns and rows away its sample is, row after row; none is further away than `reach`. A thread makes ROWS
// samples of a column, so that it reads each place and weight once for all of them. Edge: samples outside of the image
// are read by the border rule; under BORDER_CONSTANT they are black. Products are fused with sums everywhere, so that a
// pixel's bits do not depend on what else lies outside.

__global__ void taps(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                     const int *__restrict__ places, const float *__restrict__ weights, int count, int reach)
{
    int samples = width * CHANNELS, x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y0 = blockIdx.y * ROWS;
    if (x >= samples) return;
    float sum[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) sum[r] = 0.0f;

    // load and accumulate
    bool beside = x >= reach * CHANNELS && x < samples - reach * CHANNELS;
    if (FOR_ALL(beside) && y0 >= reach && y0 + ROWS + reach <= height) {
        const pixel *here = src + (long long)y0 * samples + x;
        for (int k = 0; k < count; k++) {
            const pixel *from = here + (long long)places[2 * k + 1] * samples + places[2 * k] * CHANNELS;
#pragma unroll
            for (int r = 0; r < ROWS; r++) sum[r] = fmaf(weights[k], from[(long long)r * samples], sum[r]);
        }
    } else {
        int column = x / CHANNELS, channel = x % CHANNELS;
        for (int k = 0; k < count; k++) {
            int at = border(column + places[2 * k], width);
#pragma unroll 1
            for (int r = 0; r < ROWS; r++) {
                int row = border(y0 + r + places[2 * k + 1], height);
                float value = at < 0 || row < 0 ? 0.0f : src[(long long)row * samples + at * CHANNELS + channel];
                sum[r] = fmaf(weights[k], value, sum[r]);
            }
        }
    }

    // store
#pragma unroll
    for (int r = 0; r < ROWS; r++)
        if (y0 + r < height) dst[(long long)(y0 + r) * samples + x] = to_pixel(sum[r]);
}

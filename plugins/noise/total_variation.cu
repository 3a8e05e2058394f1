// Total variation, by Chambolle's dual variable: a flow from each sample to the next one of its channel, to the right
// and down. The result is the image plus what flows into each sample minus what flows out of it. A thread makes ROWS
// samples of a column. Edge: nothing flows over it, and differences across it are 0.

#define TAU 0.25f  // the largest step for which the algorithm converges in two dimensions

// Sample x of row y of the image with the flow so far; i is its place.
__device__ float with_flow(const pixel *src, const float *across, const float *down, long long i, int x, int y,
                           int samples)
{
    float before = x >= CHANNELS ? across[i - CHANNELS] : 0.0f, above = y > 0 ? down[i - samples] : 0.0f;
    return pixel_to_unit(src[i]) + ((before - across[i]) + (above - down[i]));
}

// One iteration: the flow changes along the gradient, and is limited by its length.
__global__ void flow(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height,
                     const float *__restrict__ across, const float *__restrict__ down, float *__restrict__ dst_down,
                     float weight)
{
    int samples = width * CHANNELS, x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= samples) return;
    int y0 = blockIdx.y * ROWS, end = min(y0 + ROWS, height);
    float limit = TAU / weight;
    long long i = (long long)y0 * samples + x;
    float here = with_flow(src, across, down, i, x, y0, samples);
#pragma unroll 1
    for (int y = y0; y < end; y++, i += samples) {
        float right = 0.0f, under = here;
        if (x + CHANNELS < samples) right = with_flow(src, across, down, i + CHANNELS, x + CHANNELS, y, samples) - here;
        if (y + 1 < height) under = with_flow(src, across, down, i + samples, x, y + 1, samples);
        float below = under - here;
        float part = 1.0f / (1.0f + limit * sqrtf(right * right + below * below));
        dst[i] = (across[i] - TAU * right) * part;
        dst_down[i] = (down[i] - TAU * below) * part;
        here = under;
    }
}

__global__ void total_variation(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                                const float *__restrict__ across, const float *__restrict__ down)
{
    int samples = width * CHANNELS, x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= samples) return;
    int end = min((int)(blockIdx.y + 1) * ROWS, height);
    for (int y = blockIdx.y * ROWS; y < end; y++) {
        long long i = (long long)y * samples + x;
        dst[i] = unit_to_pixel(with_flow(src, across, down, i, x, y, samples));
    }
}

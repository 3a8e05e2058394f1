// Glow: what is brighter than a level, blurred along the rows and then along the columns, and laid over the image.
// In each kernel a thread makes one sample in each of ROWS rows; a row is width * CHANNELS samples. Light is a float from 0
// to 1. What lies beyond the edge is read by border(); -1 is black.

__device__ int first_row()
{
    return blockIdx.y * ROWS;
}

__device__ int last_row(int height)
{
    return min((int)(blockIdx.y + 1) * ROWS, height);
}

__global__ void along_rows(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height,
                           const float *__restrict__ weights, int radius, float level)
{
    int i = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (i >= width * CHANNELS) return;
    int x = i / CHANNELS, channel = i % CHANNELS;
    for (int y = first_row(); y < last_row(height); y++) {
        long long row = (long long)y * width * CHANNELS;
        float light = 0.0f;
        for (int k = -radius; k <= radius; k++) {
            int from = border(x + k, width);
            float value = from < 0 ? 0.0f : src[row + from * CHANNELS + channel] * (1.0f / PIXEL_MAX);
            light += value > level ? weights[k + radius] * value : 0.0f;
        }
        dst[row + i] = light;
    }
}

__global__ void along_columns(const float *__restrict__ src, float *__restrict__ dst, int width, int height,
                              const float *__restrict__ weights, int radius)
{
    int i = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (i >= width * CHANNELS) return;
    for (int y = first_row(); y < last_row(height); y++) {
        float light = 0.0f;
        for (int k = -radius; k <= radius; k++) {
            int from = border(y + k, height);
            if (from >= 0) light += weights[k + radius] * src[(long long)from * width * CHANNELS + i];
        }
        dst[(long long)y * width * CHANNELS + i] = light;
    }
}

__global__ void lay_over(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                         const float *__restrict__ light, float amount)
{
    int i = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (i >= width * CHANNELS) return;
    for (int y = first_row(); y < last_row(height); y++) {
        long long at = (long long)y * width * CHANNELS + i;
        float value = src[at] * (1.0f / PIXEL_MAX);
        dst[at] = to_pixel(PIXEL_MAX * (1.0f - (1.0f - value) * (1.0f - amount * light[at])));
    }
}

// Blur: a Gaussian, along the rows and then along the columns; weights[k] is that of distance k.
// A thread makes one sample in each of ROWS rows. `blur` does both directions at once: a thread blurs along the
// rows all that it needs of its own column, RADIUS rows above and below included, and then along that column.
// `blur_rows` and `blur_columns` do one direction each, by way of a float image, for radii of any size.
// What lies outside of the image under BORDER_CONSTANT has position -1, and is black.

#define SPAN (ROWS + 2 * RADIUS)

__device__ float sample(const pixel *row, int column, int width, int channel)
{
    int from = border(column, width);
#if BORDER == BORDER_CONSTANT
    if (from < 0) return 0.0f;
#endif
    return row[from * CHANNELS + channel];
}

// Along a row, where RADIUS pixels left and right are inside of the image.
__device__ float across_inside(const pixel *row, int x, const float *weights)
{
    float sum = weights[0] * row[x];
#pragma unroll
    for (int k = 1; k <= RADIUS; k++) sum += weights[k] * (row[x - k * CHANNELS] + row[x + k * CHANNELS]);
    return sum;
}

__device__ float across_edge(const pixel *row, int x, int width, const float *weights, int radius)
{
    int column = x / CHANNELS, channel = x - column * CHANNELS;
    float sum = weights[0] * row[x];
    for (int k = 1; k <= radius; k++)
        sum += weights[k] * (sample(row, column - k, width, channel) + sample(row, column + k, width, channel));
    return sum;
}

__global__ void blur(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                     const float *__restrict__ weights)
{
    __shared__ float blurred[SPAN][BLOCK_WIDTH];  // a column for each thread: no other reads it
    int samples = width * CHANNELS;
    int t = threadIdx.x;
    int x0 = blockIdx.x * BLOCK_WIDTH, x = x0 + t;
    int y0 = blockIdx.y * ROWS, rows = min(ROWS, height - y0);
    if (x >= samples) return;

    bool inside = x0 >= RADIUS * CHANNELS && x0 + BLOCK_WIDTH + RADIUS * CHANNELS <= samples;
    for (int i = 0; i < rows + 2 * RADIUS; i++) {
        int y = border(y0 + i - RADIUS, height);
        const pixel *row = src + (long long)y * samples;
#if BORDER == BORDER_CONSTANT
        if (y < 0) {
            blurred[i][t] = 0.0f;
            continue;
        }
#endif
        if (inside)
            blurred[i][t] = across_inside(row, x, weights);
        else
            blurred[i][t] = across_edge(row, x, width, weights, RADIUS);
    }

    pixel *out = dst + (long long)y0 * samples;
    for (int i = 0; i < rows; i++) {
        float sum = weights[0] * blurred[i + RADIUS][t];
#pragma unroll
        for (int k = 1; k <= RADIUS; k++) sum += weights[k] * (blurred[i + RADIUS - k][t] + blurred[i + RADIUS + k][t]);
        out[x] = to_pixel(sum);
        out += samples;
    }
}

__global__ void blur_rows(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height,
                          const float *__restrict__ weights, int radius)
{
    int samples = width * CHANNELS;
    int x0 = blockIdx.x * BLOCK_WIDTH, x = x0 + threadIdx.x;
    int y0 = blockIdx.y * ROWS;
    if (x >= samples) return;

    bool inside = x0 >= radius * CHANNELS && x0 + BLOCK_WIDTH + radius * CHANNELS <= samples;
    for (int y = y0; y < min(y0 + ROWS, height); y++) {
        const pixel *row = src + (long long)y * samples;
        float sum = weights[0] * row[x];
        if (inside) {
            for (int k = 1; k <= radius; k++) sum += weights[k] * (row[x - k * CHANNELS] + row[x + k * CHANNELS]);
        } else {
            sum = across_edge(row, x, width, weights, radius);
        }
        dst[(long long)y * samples + x] = sum;
    }
}

// A column's value at row y, which may lie outside of the image.
__device__ float at_row(const float *src, int x, int y, int samples, int height)
{
    int from = border(y, height);
#if BORDER == BORDER_CONSTANT
    if (from < 0) return 0.0f;
#endif
    return src[(long long)from * samples + x];
}

__global__ void blur_columns(const float *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                             const float *__restrict__ weights, int radius)
{
    int samples = width * CHANNELS;
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    int y0 = blockIdx.y * ROWS;
    if (x >= samples) return;

    for (int y = y0; y < min(y0 + ROWS, height); y++) {
        float sum = weights[0] * src[(long long)y * samples + x];
        for (int k = 1; k <= radius; k++)
            sum += weights[k] * (at_row(src, x, y - k, samples, height) + at_row(src, x, y + k, samples, height));
        dst[(long long)y * samples + x] = to_pixel(sum);
    }
}

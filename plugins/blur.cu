// Blur: a Gaussian, along the rows and then along the columns; weights[k] is that of distance k.
// `blur` does both at once: a thread walks down PACK neighbouring columns, GROUP rows at a step. It blurs along the
// rows as it comes to them, keeps the last RING results of its own columns, and blurs along those.
// `blur_rows` and `blur_columns` do one direction each, by way of a float image, for radii of any size.
// What lies outside of the image under BORDER_CONSTANT has position -1, and is black.

__device__ float sample(const pixel *row, int column, int width, int channel)
{
    int from = border(column, width);
#if BORDER == BORDER_CONSTANT
    if (from < 0) return 0.0f;
#endif
    return row[from * CHANNELS + channel];
}

// Along a row, PACK samples from x, where all that is needed is inside of the image and rows begin at a multiple of PACK.
__device__ floats across_inside(const pixel *row, int x, const float *weights)
{
    floats sum;
#if PACK == 1
    sum = weights[0] * row[x];
#pragma unroll
    for (int k = 1; k <= RADIUS; k++) sum += weights[k] * (row[x - k * CHANNELS] + row[x + k * CHANNELS]);
#else
    float in[2 * SIDE + PACK];
#pragma unroll
    for (int j = 0; j < 2 * SIDE + PACK; j += PACK) {
        pack several = *(const pack *)(row + x - SIDE + j);
#pragma unroll
        for (int i = 0; i < PACK; i++) in[j + i] = several.at[i];
    }
#pragma unroll
    for (int i = 0; i < PACK; i++) {
        sum.at[i] = weights[0] * in[SIDE + i];
#pragma unroll
        for (int k = 1; k <= RADIUS; k++)
            sum.at[i] += weights[k] * (in[SIDE + i - k * CHANNELS] + in[SIDE + i + k * CHANNELS]);
    }
#endif
    return sum;
}

__device__ __noinline__ float across_edge(const pixel *row, int x, int width, const float *weights, int radius)
{
    int column = x / CHANNELS, channel = x - column * CHANNELS;
    float sum = weights[0] * row[x];
    for (int k = 1; k <= radius; k++)
        sum += weights[k] * (sample(row, column - k, width, channel) + sample(row, column + k, width, channel));
    return sum;
}

// The samples of PACK columns at a row that may lie outside of the image, blurred along that row.
__device__ floats across(const pixel *src, int x, int y, int width, int height, bool inside, const float *weights)
{
    int samples = width * CHANNELS;
    int from = border(y, height);
    const pixel *row = src + (long long)max(from, 0) * samples;
    floats sum;
    if (inside) {
        sum = across_inside(row, x, weights);
    } else {
        for (int i = 0; i < PACK; i++) PART(sum, i) = across_edge(row, min(x + i, samples - 1), width, weights, RADIUS);
    }
#if BORDER == BORDER_CONSTANT
    for (int i = 0; i < PACK; i++) PART(sum, i) = from < 0 ? 0.0f : PART(sum, i);
#endif
    return sum;
}

__device__ void write(pixel *out, floats sum, bool wide, int count)
{
    pack made;
    for (int i = 0; i < PACK; i++) PART(made, i) = to_pixel(PART(sum, i));
    if (wide) {
        *(pack *)out = made;
    } else {
        for (int i = 0; i < count; i++) out[i] = PART(made, i);
    }
}

__global__ void blur(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                     const float *__restrict__ weights)
{
    __shared__ floats ring[RING][BLOCK_WIDTH];  // a column for each thread: no other reads it
    int samples = width * CHANNELS;
    int t = threadIdx.x;
    int x = (blockIdx.x * BLOCK_WIDTH + t) * PACK;
    int y0 = blockIdx.y * ROWS, rows = min(ROWS, height - y0);
    if (x >= samples) return;

    bool wide = samples % PACK == 0;
    bool inside = wide && x >= SIDE && x + PACK + SIDE <= samples;
    for (int i = 0; i < 2 * RADIUS; i++) ring[i][t] = across(src, x, y0 + i - RADIUS, width, height, inside, weights);

    for (int i = 0; i < rows; i += GROUP) {
        for (int g = 0; g < GROUP; g++)
            ring[(i + g + 2 * RADIUS) % RING][t] = across(src, x, y0 + i + g + RADIUS, width, height, inside, weights);
        floats sum[GROUP];
#pragma unroll
        for (int g = 0; g < GROUP; g++)
            for (int p = 0; p < PACK; p++) PART(sum[g], p) = 0.0f;
#pragma unroll
        for (int j = 0; j < GROUP + 2 * RADIUS; j++) {
            floats value = ring[(i + j) % RING][t];
#pragma unroll
            for (int g = 0; g < GROUP; g++) {
                int distance = abs(j - g - RADIUS);
                if (distance <= RADIUS) {
                    for (int p = 0; p < PACK; p++) PART(sum[g], p) += weights[distance] * PART(value, p);
                }
            }
        }
        for (int g = 0; g < GROUP && i + g < rows; g++)
            write(dst + (long long)(y0 + i + g) * samples + x, sum[g], wide, min(samples - x, PACK));
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

// Blur: a Gaussian, along the columns and then along the rows; weights[k] is that of distance k.
// `blur` does both at once. A block makes ROWS rows of a tile that overlaps its neighbours by MARGIN samples on either
// side: first each thread blurs PACK columns, margins included, which is where a sample is converted to a float, once for
// all who use it; then, behind a barrier, along the rows of what the block has so far.
// `blur_rows` and `blur_columns` do one direction each, by way of a float image, for radii of any size.
// What lies outside of the image under BORDER_CONSTANT has position -1, and is black.

// Rows that a thread blurs at a step: each sample is read once for all of them, and they must fit into registers.
#if PACK == 1
#define GROUP 4
#else
#define GROUP ROWS
#endif

#define PITCH (BLOCK_WIDTH + (PACK > 1))

#if PACK > 1
struct alignas(PACKS * PACK * sizeof(pixel)) packs {
    pixel at[PACKS * PACK];
};

// Write neighbouring samples, as many as there is room for: in one go where rows begin at a multiple of them.
__device__ void write(pixel *out, const float *sum, int samples, int room)
{
    packs made;
    for (int i = 0; i < PACKS * PACK; i++) made.at[i] = to_pixel(sum[i]);
    if (samples % (PACKS * PACK) == 0 && room >= PACKS * PACK) {
        *(packs *)out = made;
    } else {
#pragma unroll
        for (int i = 0; i < PACKS * PACK; i++)
            if (i < room) out[i] = made.at[i];
    }
}
#endif

// Blur PACK columns from x for the ROWS rows of a tile; from[i] is where row i - RADIUS is read, at[i] where column x + i
// is, unless all of them stand side by side (`inside`).
__device__ void down(floats (*tile)[PITCH], const pixel *src, int samples, int x, const int *from, const int *at,
                     bool inside, const float *weights)
{
    for (int y = 0; y < ROWS; y += GROUP) {
        floats sum[GROUP];
#pragma unroll
        for (int g = 0; g < GROUP; g++)
            for (int p = 0; p < PACK; p++) PART(sum[g], p) = 0.0f;
#pragma unroll
        for (int j = 0; j < GROUP + 2 * RADIUS; j++) {
            const pixel *row = src + (long long)max(from[y + j], 0) * samples;
            floats value;
            if (inside) {
                pack several = *(const pack *)(row + x);
                for (int p = 0; p < PACK; p++) PART(value, p) = PART(several, p);
            } else {
                for (int p = 0; p < PACK; p++) PART(value, p) = row[max(at[p], 0)];
            }
#if BORDER == BORDER_CONSTANT
            for (int p = 0; p < PACK; p++) PART(value, p) = from[y + j] < 0 || at[p] < 0 ? 0.0f : PART(value, p);
#endif
#pragma unroll
            for (int g = 0; g < GROUP; g++) {
                int distance = abs(j - g - RADIUS);
                if (distance <= RADIUS) {
                    for (int p = 0; p < PACK; p++) PART(sum[g], p) += weights[distance] * PART(value, p);
                }
            }
        }
#pragma unroll
        for (int g = 0; g < GROUP; g++) tile[y + g][threadIdx.x] = sum[g];
    }
}

// The bound leaves a thread as many registers as keep BLOCKS blocks at work on a multiprocessor.
__global__ void __launch_bounds__(BLOCK_WIDTH, BLOCKS)
blur(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, const float *__restrict__ weights)
{
    __shared__ floats tile[ROWS][PITCH];
    __shared__ int from[ROWS + 2 * RADIUS];
    int samples = width * CHANNELS;
    int t = threadIdx.x;
    int x0 = blockIdx.x * (BLOCK_WIDTH * PACK - 2 * MARGIN), y0 = blockIdx.y * ROWS;
    for (int i = t; i < ROWS + 2 * RADIUS; i += BLOCK_WIDTH) from[i] = border(y0 + i - RADIUS, height);
    __syncthreads();

    int x = x0 - MARGIN + t * PACK;
    bool inside = x >= 0 && x + PACK <= samples && samples % PACK == 0;
    int at[PACK];
    for (int i = 0; i < PACK; i++) {
        int column = (x + i + MARGIN * CHANNELS) / CHANNELS - MARGIN;  // x may be negative
        int inner = border(column, width);
        at[i] = inner < 0 ? -1 : inner * CHANNELS + x + i - column * CHANNELS;
    }
    if (inside)
        down(tile, src, samples, x, from, at, true, weights);
    else
        down(tile, src, samples, x, from, at, false, weights);
    __syncthreads();

    int rows = min(ROWS, height - y0);
    int made = min(BLOCK_WIDTH * PACK - 2 * MARGIN, samples - x0);
#if PACK == 1
    if (t >= made) return;
    for (int r = 0; r < rows; r++) {
        const float *here = tile[r] + MARGIN + t;
        float sum = weights[0] * here[0];
#pragma unroll
        for (int k = 1; k <= RADIUS; k++) sum += weights[k] * (here[-k * CHANNELS] + here[k * CHANNELS]);
        dst[(long long)(y0 + r) * samples + x0 + t] = to_pixel(sum);
    }
#else
    // A thread makes PACKS neighbouring packs in every PACKS-th row. Of eight threads, who read shared memory together,
    // PACKS groups take a row each: by PITCH rows begin in different banks, so that no two ask one bank for two words.
    const int side = 8 / PACKS;
    int column = (t / 8 * side + t % side) * PACKS;  // in packs
    if (column * PACK >= made) return;
    for (int r = t / side % PACKS; r < rows; r += PACKS) {
        float sum[PACKS * PACK];
#pragma unroll
        for (int i = 0; i < PACKS * PACK; i++) sum[i] = 0.0f;
#pragma unroll
        for (int j = 0; j < 2 * MARGIN / PACK + PACKS; j++) {
            floats value = tile[r][column + j];
#pragma unroll
            for (int p = 0; p < PACK; p++) {
                int from_first = j * PACK + p - MARGIN;  // where this sample is, seen from the first that is made
                // It counts for those of its own channel that are near enough.
#pragma unroll
                for (int i = (from_first + MARGIN * CHANNELS) % CHANNELS; i < PACKS * PACK; i += CHANNELS) {
                    int distance = abs(from_first - i) / CHANNELS;
                    if (distance <= RADIUS) sum[i] += weights[distance] * value.at[p];
                }
            }
        }
        write(dst + (long long)(y0 + r) * samples + x0 + column * PACK, sum, samples, made - column * PACK);
    }
#endif
}

__device__ float sample(const pixel *row, int column, int width, int channel)
{
    int from = border(column, width);
#if BORDER == BORDER_CONSTANT
    if (from < 0) return 0.0f;
#endif
    return row[from * CHANNELS + channel];
}

__device__ __noinline__ float across_edge(const pixel *row, int x, int width, const float *weights, int radius)
{
    int column = x / CHANNELS, channel = x - column * CHANNELS;
    float sum = weights[0] * row[x];
    for (int k = 1; k <= radius; k++)
        sum += weights[k] * (sample(row, column - k, width, channel) + sample(row, column + k, width, channel));
    return sum;
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

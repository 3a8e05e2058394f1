// Resize: each sample of the result is a weighted sum of the samples that it stands for.
// What counts for row i of the result begins with row spans[i].x of src, and spans[i].y is behind its last; row i of a
// table has the weights, of which there are at most `taps`. Columns likewise. All of it lies in the image, so that no
// kernel needs to know where that ends.

#if defined(COLUMNS)  // any weights

// A block makes TILE_ROWS rows of BLOCK_WIDTH pixels: it weighs along the columns into a tile, COLUMNS columns of src
// at a time, and then along the rows of the tile. There, what is one below the other lies side by side, so that
// neighbouring threads make one column: they have the same weights and read the same columns, however far these are
// apart. What they made goes through the tile too, a word of several samples at a time, to be written row by row.
#define TILE_ROWS (BLOCK_HEIGHT * ROWS)
#define TILE_SAMPLES (COLUMNS * CHANNELS)
#define PITCH (TILE_ROWS + 1)  // odd, so that those who write one below the other do not ask the same bank

#define MADE (BLOCK_WIDTH / BLOCK_HEIGHT)  // neighbouring pixels that a thread makes
#define WORD (32 / PIXEL_BITS)             // samples in a word

// Samples that a thread reads at once. On the CPU neighbouring threads' reads are one wide read already.
#ifdef __CUDACC__
#define NEAR 4
struct alignas(NEAR * sizeof(pixel)) neighbours {
    pixel at[NEAR];
};
#define NEIGHBOUR(several, i) ((several).at[i])
#else
#define NEAR 1
typedef pixel neighbours;
#define NEIGHBOUR(several, i) (several)
#endif

__device__ neighbours read(const pixel *at, bool wide, int count)
{
    neighbours several;
    if (wide) {
        several = *(const neighbours *)at;
    } else {
        for (int i = 0; i < NEAR; i++) NEIGHBOUR(several, i) = at[min(i, count - 1)];
    }
    return several;
}

// Row r of the tile: `samples` of each row of the span, from `src` on.
__device__ void weigh_rows(float *tile, int r, const pixel *src, long long pitch, int samples, int2 span,
                           const float *weights)
{
    bool wide = pitch % NEAR == 0;
    for (int x = 0; x < samples; x += BLOCK_WIDTH * NEAR) {
        int sample = x + threadIdx.x * NEAR;
        if (sample < samples) {
            float sum[NEAR];
            for (int i = 0; i < NEAR; i++) sum[i] = 0.0f;
            for (int row = span.x; row < span.y; row++) {
                neighbours several = read(src + row * pitch + sample, wide, samples - sample);
                float weight = weights[row - span.x];
                for (int i = 0; i < NEAR; i++) sum[i] += weight * NEIGHBOUR(several, i);
            }
            for (int i = 0; i < NEAR; i++) tile[(sample + i) * PITCH + r] = sum[i];
        }
    }
}

__device__ unsigned int bits(float value)
{
#if PIXEL_BITS == 32
    return __float_as_uint(value);
#else
    return to_pixel(value);
#endif
}

__device__ pixel from_word(unsigned int word, int position)
{
#if PIXEL_BITS == 32
    return __uint_as_float(word);
#else
    return (pixel)(word >> position * PIXEL_BITS);
#endif
}

__global__ void resize(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                       const int2 *__restrict__ row_spans, const float *__restrict__ row_weights, int row_taps,
                       const int2 *__restrict__ column_spans, const float *__restrict__ column_weights, int column_taps,
                       int src_width)
{
    __shared__ float tile[TILE_SAMPLES * PITCH];
    int x0 = blockIdx.x * BLOCK_WIDTH, y0 = blockIdx.y * TILE_ROWS;
    int begin = column_spans[x0].x, end = column_spans[min(x0 + BLOCK_WIDTH, width) - 1].y;
    begin -= begin % NEAR;
    float sum[MADE * CHANNELS];
    for (int i = 0; i < MADE * CHANNELS; i++) sum[i] = 0.0f;

    for (int from = begin; from < end; from += COLUMNS) {
        int to = min(from + COLUMNS, end);
        for (int r = threadIdx.y * ROWS; r < threadIdx.y * ROWS + ROWS; r++) {
            int y = min(y0 + r, height - 1);  // below the image its last row again, so that the tile is whole
            weigh_rows(tile, r, src + from * CHANNELS, (long long)src_width * CHANNELS, (to - from) * CHANNELS,
                       row_spans[y], row_weights + y * row_taps);
        }
        __syncthreads();
        for (int i = 0; i < MADE; i++) {
            int x = min(x0 + threadIdx.y * MADE + i, width - 1);
            int2 span = column_spans[x];
            const float *weights = column_weights + x * column_taps;
            for (int column = max(span.x, from); column < min(span.y, to); column++) {
                float weight = weights[column - span.x];
                for (int c = 0; c < CHANNELS; c++)
                    sum[i * CHANNELS + c] += weight * tile[((column - from) * CHANNELS + c) * PITCH + threadIdx.x];
            }
        }
        __syncthreads();
    }

    unsigned int *words = (unsigned int *)tile;
    for (int w = 0; w < MADE * CHANNELS / WORD; w++) {
        unsigned int word = 0;
        for (int i = 0; i < WORD; i++) word |= bits(sum[w * WORD + i]) << i * PIXEL_BITS % 32;
        words[(threadIdx.y * (MADE * CHANNELS / WORD) + w) * PITCH + threadIdx.x] = word;
    }
    __syncthreads();

    int samples = width * CHANNELS, made = min(BLOCK_WIDTH * CHANNELS, samples - x0 * CHANNELS);
    for (int r = threadIdx.y; r < min(TILE_ROWS, height - y0); r += BLOCK_HEIGHT) {
        pixel *out = dst + (long long)(y0 + r) * samples + x0 * CHANNELS;
        if (samples % WORD == 0) {
            for (int x = 0; x < made / WORD; x += BLOCK_WIDTH) {
                int w = x + threadIdx.x;
                if (w < made / WORD) ((unsigned int *)out)[w] = words[w * PITCH + r];
            }
        } else {
            for (int x = 0; x < made; x += BLOCK_WIDTH) {
                int i = x + threadIdx.x;
                if (i < made) out[i] = from_word(words[i / WORD * PITCH + r], i % WORD);
            }
        }
    }
}

#elif defined(ACROSS)  // the mean of ACROSS x DOWN pixels

#if PIXEL_BITS == 32
typedef float total;
#else
typedef unsigned int total;
#endif

// A thread makes one pixel. Row 0 of the result begins with row `first` of src.
__global__ void average(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int first,
                        int src_width)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    long long pitch = (long long)src_width * CHANNELS;
    const pixel *from = src + (first + (long long)y * DOWN) * pitch + x * (ACROSS * CHANNELS);
    total sum[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) sum[c] = 0;
    for (int j = 0; j < DOWN; j++)
        for (int i = 0; i < ACROSS; i++)
            for (int c = 0; c < CHANNELS; c++) sum[c] += from[j * pitch + i * CHANNELS + c];
    for (int c = 0; c < CHANNELS; c++)
        dst[((long long)y * width + x) * CHANNELS + c] = to_pixel((float)sum[c] / (ACROSS * DOWN));
}

#else  // the nearest pixel

// A thread makes PACK neighbouring samples of ROWS rows: pixel (x, y) is column columns[x] and row rows[y] of src.
__global__ void nearest(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                        const int *__restrict__ columns, const int *__restrict__ rows, int src_width)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK, y0 = blockIdx.y * ROWS;
    if (x >= samples) return;
    int at[PACK];
    for (int i = 0; i < PACK; i++) {
        int sample = min(x + i, samples - 1), column = sample / CHANNELS;
        at[i] = (columns[column] - column) * CHANNELS + sample;
    }
    bool wide = samples % PACK == 0;
    int before = -1;
    pack found;
    for (int y = y0; y < min(y0 + ROWS, height); y++) {
        if (rows[y] != before) {  // an image that is enlarged has the same row several times
            before = rows[y];
            const pixel *row = src + (long long)before * src_width * CHANNELS;
            for (int i = 0; i < PACK; i++) PART(found, i) = row[at[i]];
        }
        pixel *out = dst + (long long)y * samples + x;
        if (wide) {
            *(pack *)out = found;
        } else {
            for (int i = 0; i < min(PACK, samples - x); i++) out[i] = PART(found, i);
        }
    }
}

#endif

// Resize: each sample of the result is a weighted sum of samples of src, their mean, or the nearest one.
// Four kernels, of which one is compiled at a time: `resize`, `enlarge`, `average` and `nearest`. Each says what a thread
// does.
// The host makes the tables of weights. Row i of the result is a sum of the rows of src from row_spans[i].x up to, but
// without, row_spans[i].y; row i of a table has their weights, `taps` at most. Columns have tables of the same form.
// Edge: all rows and columns in the tables lie in the image, so the kernels need no border rule.

#if defined(COLUMNS)  // any weights

// A block makes TILE_ROWS rows of BLOCK_WIDTH pixels. It sums along the columns of src into a tile, COLUMNS columns at
// a time, then along the rows of the tile. The tile is transposed: samples of one column lie side by side. Neighboring
// threads make pixels of one column, which have the same weights and read the same columns, however far apart these
// are. Results go through the tile, in words of several samples, so that they are written row by row.
#define TILE_ROWS (BLOCK_HEIGHT * ROWS)
#define TILE_SAMPLES (COLUMNS * CHANNELS)
#define PITCH (TILE_ROWS + 1)  // odd, so that threads that write below each other use different banks

#define MADE (BLOCK_WIDTH / BLOCK_HEIGHT)  // neighboring pixels that a thread makes

// Samples that a thread reads at once: NEAR. On the CPU the reads of neighboring threads are one wide read already.
#ifdef __CUDACC__
#define NEAR 4
struct alignas(NEAR * sizeof(pixel)) neighbors {
    pixel at[NEAR];
};
#define NEIGHBOR(several, i) ((several).at[i])
#else
#define NEAR 1
typedef pixel neighbors;
#define NEIGHBOR(several, i) (several)
#endif

// NEAR samples from `at` on, of which `count` are left of the row; `wide` as for load_pack.
__device__ neighbors read(const pixel *at, bool wide, int count)
{
    neighbors several;
    if (wide) {
        several = *(const neighbors *)at;
    } else {
        for (int i = 0; i < NEAR; i++) NEIGHBOR(several, i) = at[min(i, count - 1)];
    }
    return several;
}

// Makes row r of the tile: the weighted sum of `samples` samples of each row of the span, from `src` on.
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
                neighbors several = read(src + row * pitch + sample, wide, samples - sample);
                float weight = weights[row - span.x];
                for (int i = 0; i < NEAR; i++) sum[i] += weight * NEIGHBOR(several, i);
            }
            for (int i = 0; i < NEAR; i++) tile[(sample + i) * PITCH + r] = sum[i];
        }
    }
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
        // load, and accumulate down the columns
        int to = min(from + COLUMNS, end);
        for (int r = threadIdx.y * ROWS; r < threadIdx.y * ROWS + ROWS; r++) {
            int y = min(y0 + r, height - 1);  // below the last row it is repeated, so that the tile is full
            weigh_rows(tile, r, src + from * CHANNELS, (long long)src_width * CHANNELS, (to - from) * CHANNELS,
                       row_spans[y], row_weights + y * row_taps);
        }
        __syncthreads();

        // accumulate along the rows
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

    // pack into words, through the tile
    unsigned int *words = (unsigned int *)tile;
    for (int w = 0; w < MADE * CHANNELS / WORD_SAMPLES; w++) {
        unsigned int word = 0;
        for (int i = 0; i < WORD_SAMPLES; i++) word |= sample_to_word(to_pixel(sum[w * WORD_SAMPLES + i]), i);
        words[(threadIdx.y * (MADE * CHANNELS / WORD_SAMPLES) + w) * PITCH + threadIdx.x] = word;
    }
    __syncthreads();

    // store
    int samples = width * CHANNELS, made = min(BLOCK_WIDTH * CHANNELS, samples - x0 * CHANNELS);
    for (int r = threadIdx.y; r < min(TILE_ROWS, height - y0); r += BLOCK_HEIGHT) {
        pixel *out = dst + (long long)(y0 + r) * samples + x0 * CHANNELS;
        if (samples % WORD_SAMPLES == 0) {
            for (int x = 0; x < made / WORD_SAMPLES; x += BLOCK_WIDTH) {
                int w = x + threadIdx.x;
                if (w < made / WORD_SAMPLES) ((unsigned int *)out)[w] = words[w * PITCH + r];
            }
        } else {
            for (int x = 0; x < made; x += BLOCK_WIDTH) {
                int i = x + threadIdx.x;
                if (i < made) out[i] = sample_from_word(words[i / WORD_SAMPLES * PITCH + r], i % WORD_SAMPLES);
            }
        }
    }
}

#elif defined(ROW_TAPS)  // weights of few pixels, for an image that is enlarged

// The row at `row`, resized: each sample is a sum of COLUMN_TAPS samples, CHANNELS apart, from at[i] on.
__device__ floats weigh_columns(const pixel *row, const int *at, const floats *across)
{
    floats sum;
    for (int i = 0; i < PACK; i++) PART(sum, i) = 0.0f;
#pragma unroll
    for (int t = 0; t < COLUMN_TAPS; t++)
        for (int i = 0; i < PACK; i++) PART(sum, i) += PART(across[t], i) * row[at[i] + t * CHANNELS];
    return sum;
}

// A thread makes PACK neighboring samples of ROWS rows, from top to bottom. It keeps the ROW_TAPS rows of src that count
// for a row of the result, each already resized along itself; as the image grows, most rows of the result need no new one.
__global__ void enlarge(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                        const int *__restrict__ row_starts, const float *__restrict__ row_weights,
                        const int *__restrict__ column_starts, const float *__restrict__ column_weights, int src_width)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK, y0 = blockIdx.y * ROWS;
    if (x >= samples) return;
    int at[PACK];
    floats across[COLUMN_TAPS];
    for (int i = 0; i < PACK; i++) {
        int sample = min(x + i, samples - 1), column = sample / CHANNELS;
        at[i] = (column_starts[column] - column) * CHANNELS + sample;
#pragma unroll
        for (int t = 0; t < COLUMN_TAPS; t++) PART(across[t], i) = column_weights[column * COLUMN_TAPS + t];
    }

    long long pitch = (long long)src_width * CHANNELS;
    bool wide = samples % PACK == 0;
    int first = row_starts[y0];
    floats rows[ROW_TAPS];
#pragma unroll
    for (int t = 0; t < ROW_TAPS; t++) rows[t] = weigh_columns(src + (first + t) * pitch, at, across);

    for (int y = y0; y < min(y0 + ROWS, height); y++) {
        if (first < row_starts[y]) {  // one row further: an image that grows skips none
#pragma unroll
            for (int t = 1; t < ROW_TAPS; t++) rows[t - 1] = rows[t];
            rows[ROW_TAPS - 1] = weigh_columns(src + (first + ROW_TAPS) * pitch, at, across);
            first++;
        }
        floats sum;
        for (int i = 0; i < PACK; i++) PART(sum, i) = 0.0f;
#pragma unroll
        for (int t = 0; t < ROW_TAPS; t++)
            for (int i = 0; i < PACK; i++) PART(sum, i) += row_weights[y * ROW_TAPS + t] * PART(rows[t], i);
        store_floats(dst + (long long)y * samples + x, sum, wide, samples - x);
    }
}

#elif defined(ACROSS)  // the mean of ACROSS x DOWN pixels

#if PIXEL_BITS == 32
typedef float total;
#elif PIXEL_BITS == 8 && defined(IMGCUDA_CPU)  // a vector has more of them; the sum of 16 x 16 bytes fits
typedef unsigned short total;
#else
typedef unsigned int total;
#endif

struct whole_pixel {
    pixel at[CHANNELS];
};

// A thread makes one pixel. Row 0 of the result begins with row `first` of src, column 0 with column `left`.
__global__ void average(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int first,
                        int left, int src_width)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    long long pitch = (long long)src_width * CHANNELS;
    const pixel *from = src + (first + (long long)y * DOWN) * pitch + (left + x * ACROSS) * CHANNELS;
    total sum[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) sum[c] = 0;
    for (int j = 0; j < DOWN; j++)
        for (int i = 0; i < ACROSS; i++)
            for (int c = 0; c < CHANNELS; c++) sum[c] += from[j * pitch + i * CHANNELS + c];
    whole_pixel mean;
    for (int c = 0; c < CHANNELS; c++) mean.at[c] = to_pixel((float)sum[c] / (ACROSS * DOWN));
    ((whole_pixel *)dst)[(long long)y * width + x] = mean;
}

#else  // the nearest pixel

#if WORDS && defined(IMGCUDA_CPU)

struct unit {
    pixel at[CHANNELS];
};

// A thread makes a pixel of ROWS rows: pixel (x, y) is column columns[x] and row rows[y] of src. Its three or four bytes
// are read as one word, which takes as long as one byte; of three bytes the word begins one byte ahead, unless the
// pixel is the image's first. The last block ends with the row, and some pixels are written twice.
__global__ void nearest(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                        const int *__restrict__ columns, const int *__restrict__ rows, int src_width)
{
    int begin = max(min((int)blockIdx.x * BLOCK_WIDTH, width - BLOCK_WIDTH), 0), x = begin + threadIdx.x;
    int y0 = blockIdx.y * ROWS, before = -1;
    if (x >= width) return;
    int at = columns[x] * CHANNELS;
    unsigned int word = 0;
    for (int y = y0; y < min(y0 + ROWS, height); y++) {
        if (rows[y] != before) {  // an image that is enlarged has the same row several times
            before = rows[y];
            int start = CHANNELS == 4 ? at : max(at - 1, before == 0 ? 0 : -1);
            word = __builtin_word_at(src + (long long)before * src_width * CHANNELS + start) >> (at - start) * 8;
        }
        unit made;
        for (int c = 0; c < CHANNELS; c++) made.at[c] = (pixel)(word >> c * 8);
        ((unit *)dst)[(long long)y * width + x] = made;
    }
}

#else

// A thread makes PACK neighboring samples of ROWS rows: pixel (x, y) is column columns[x] and row rows[y] of src.
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
        store_pack(dst + (long long)y * samples + x, found, wide, samples - x);
    }
}

#endif

#endif

// Convolve: each sample becomes scale * sum + bias, with the weighted sum of the KERNEL_HEIGHT x KERNEL_WIDTH samples
// of its channel around it. It is a correlation: for a convolution the host turns the weights by half a turn. There are
// three kernels, of which one is compiled at a time; each says what a thread does:
//   SMALL, `small`           all weights at once, sums in registers: kernels up to 7 x 7
//   SEPARABLE, `separable`   along columns, then along rows, through shared memory: kernels that are a column times a row
//   LARGE, `large`           all weights at once, rows of the image in shared memory: all other kernels
// Edge: samples outside of the image are read by the border rule; under BORDER_CONSTANT their position is -1, and they
// are black.

#if defined(SMALL) || defined(SEPARABLE) || defined(LARGE)

#ifndef SEPARABLE
#define ABOVE (KERNEL_HEIGHT / 2)
#define BESIDE (KERNEL_WIDTH / 2)
#endif

#define FARTHEST 511            // the most rows, or columns, to either side of the middle of a kernel
#define OUTSIDE (FARTHEST + 8)  // pixels left of the image that are read at most: blocks begin at multiples of 8 samples

// The result from a sum and from the sample in the middle of what was summed. A file that includes this one may define
// it otherwise, and give `scale` and `bias` another meaning.
#ifndef FINISH
#define FINISH(sum, middle, scale, bias) ((sum) * (scale) + (bias))
#endif

// Stores the results of PACK sums at number `at` of dst; `wide` and `count` are as for store_pack.
__device__ void write(const pixel *src, pixel *dst, long long at, floats sum, float scale, float bias, bool wide,
                      int count)
{
    pack middle = load_pack(src + at, wide, count);
    floats made;
    for (int i = 0; i < PACK; i++) PART(made, i) = FINISH(PART(sum, i), PART(middle, i), scale, bias);
    store_floats(dst + at, made, wide, count);
}

#ifdef SMALL

// A thread makes PACK neighboring samples in each of ROWS rows, walking down. It reads each row of the image once, and
// adds it to KERNEL_HEIGHT sums: sum[k] belongs to the row of the result for which the row just read lies under row k
// of the kernel. Of a row it reads SPAN samples, those under the kernel for the PACK that it makes: tap j of sample i
// is number i + j * STEP of them. Inside of the image it reads REACH samples to either side, in whole packs.
#if PACK == 1
#define STEP 1
#define REACH (BESIDE * CHANNELS)
#else
#define STEP CHANNELS
#define REACH ((BESIDE * CHANNELS + PACK - 1) / PACK * PACK)
#endif
#define SPAN (PACK + 2 * BESIDE * STEP)

__device__ void read_inside(const pixel *row, int x, float *in)
{
#if PACK == 1
    for (int j = 0; j < SPAN; j++) in[j] = row[x + (j - BESIDE) * CHANNELS];
#else
#pragma unroll
    for (int k = 0; k < 1 + 2 * REACH / PACK; k++) {
        pack several = *(const pack *)(row + x - REACH + k * PACK);
#pragma unroll
        for (int p = 0; p < PACK; p++) {
            int i = k * PACK + p - REACH + BESIDE * CHANNELS;
            if (i >= 0 && i < SPAN) in[i] = PART(several, p);
        }
    }
#endif
}

__device__ void walk(const pixel *src, pixel *dst, int samples, int height, int y0, int x, bool inside,
                     const int *positions, const float *weights, float scale, float bias)
{
    int rows = min(ROWS, height - y0);
    bool wide = samples % PACK == 0;  // else rows do not begin where wide stores may
    floats sum[KERNEL_HEIGHT];
#pragma unroll
    for (int k = 0; k < KERNEL_HEIGHT; k++)
        for (int p = 0; p < PACK; p++) PART(sum[k], p) = 0.0f;

#if PACK > 1
    const int turn = KERNEL_HEIGHT;  // after so many rows each sum is back in the register that it began in
#pragma unroll turn
#endif
    for (int i = 0; i < rows + 2 * ABOVE; i++) {
        // load
        int from = border(y0 + i - ABOVE, height);
        const pixel *row = src + (long long)max(from, 0) * samples;
        float in[SPAN];
        if (inside) {
            read_inside(row, x, in);
        } else {
            for (int s = 0; s < SPAN; s++) in[s] = positions[s] < 0 ? 0.0f : row[positions[s]];
        }
#if BORDER == BORDER_CONSTANT
        for (int s = 0; s < SPAN; s++) in[s] = from < 0 ? 0.0f : in[s];
#endif
        // accumulate, and move each sum on
#pragma unroll
        for (int k = KERNEL_HEIGHT - 1; k >= 0; k--) {
            for (int p = 0; p < PACK; p++) PART(sum[k], p) = k > 0 ? PART(sum[max(k - 1, 0)], p) : 0.0f;
#pragma unroll
            for (int j = 0; j < KERNEL_WIDTH; j++)
                for (int p = 0; p < PACK; p++)
                    PART(sum[k], p) += weights[k * KERNEL_WIDTH + j] * in[p + j * STEP];
        }
        // store
        if (i >= 2 * ABOVE) {
            long long at = (long long)(y0 + i - 2 * ABOVE) * samples + x;
            write(src, dst, at, sum[KERNEL_HEIGHT - 1], scale, bias, wide, samples - x);
        }
    }
}

// `walk` at the left or right edge of the image. A function of its own, so that the other threads need no registers for
// the positions.
__device__ __noinline__ void walk_edge(const pixel *src, pixel *dst, int samples, int width, int height, int y0, int x,
                                       const float *weights, float scale, float bias)
{
    int positions[SPAN];
    for (int s = 0; s < SPAN; s++)
        positions[s] = border_sample(PACK == 1 ? x + (s - BESIDE) * CHANNELS : x + s - BESIDE * CHANNELS, width, OUTSIDE);
    walk(src, dst, samples, height, y0, x, false, positions, weights, scale, bias);
}

__global__ void small(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                      const float *__restrict__ weights, float scale, float bias)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    int y0 = blockIdx.y * ROWS;
    bool inside = x >= REACH && x + PACK + REACH <= samples && samples % PACK == 0;
    int none[1];
    if (__builtin_expect(inside, 1))
        walk(src, dst, samples, height, y0, x, true, none, weights, scale, bias);
    else if (x < samples)
        walk_edge(src, dst, samples, width, height, y0, x, weights, scale, bias);
}

#elif defined(SEPARABLE)

// The weight in row i and column j is down[i] * along[j], so columns and rows are summed one after the other. PAIRED: to
// either side of the middle of `along` the weights are the same, or, where `mirror` is -1 and not 1, their negatives, so
// two samples take one product. SYMMETRIC: those of both are the same, and a GPU loads half of them. A block makes ROWS
// rows of a tile that overlaps its neighbors by MARGIN samples on either side. First each thread sums PACK columns,
// margins included, into the tile, and converts each sample to a float, once for all threads that use it. After a
// barrier each thread sums along the rows of the tile.
// A kernel has `above` rows above its middle and as many below, and `beside` columns to either side. On the CPU one
// compiled kernel serves all sizes. A GPU is faster with sizes known at compile time: there they are ABOVE, BESIDE and
// MARGIN, too.

#if SYMMETRIC
#define DOWN(i) down[above + abs((i) - above)]
#define ALONG(j) along[beside + abs((j) - beside)]
#else
#define DOWN(i) down[i]
#define ALONG(j) along[j]
#endif

// Rows whose sums a thread keeps in registers at a time; each sample is read once for all of them.
#if PACK == 1
#define GROUP 4
#else
#define GROUP ROWS
#endif

#define PITCH (BLOCK_WIDTH + (PACK > 1))

#if PACK > 1
#define WIDE 4  // packs of a row that a thread makes at a time, from the same samples of the tile

struct alignas(WIDE * PACK * sizeof(pixel)) packs {
    pixel at[WIDE * PACK];
};

// Stores the results of WIDE * PACK sums, or as many as there is `room` for: in one store where rows begin at multiples
// of them.
__device__ void write_packs(const pixel *src, pixel *dst, const float *sum, float scale, float bias, int samples, int room)
{
    bool wide = samples % (WIDE * PACK) == 0 && room >= WIDE * PACK;
    packs middle, made;
    if (wide) {
        middle = *(const packs *)src;
    } else {
#pragma unroll
        for (int i = 0; i < WIDE * PACK; i++) middle.at[i] = i < room ? src[i] : (pixel)0;
    }
#pragma unroll
    for (int i = 0; i < WIDE * PACK; i++) made.at[i] = to_pixel(FINISH(sum[i], middle.at[i], scale, bias));
    if (wide) {
        *(packs *)dst = made;
    } else {
#pragma unroll
        for (int i = 0; i < WIDE * PACK; i++)
            if (i < room) dst[i] = made.at[i];
    }
}
#endif

// Sums PACK columns, from sample x on, for the ROWS rows of a tile. from[i] is the position of row i - above. `inside`:
// all lie in the image, side by side, at x; else at[i] is the position of sample x + i.
__device__ void sum_columns(floats (*tile)[PITCH], const pixel *src, int samples, int x, const int *from, const int *at,
                            bool inside, const float *down, int above)
{
    for (int y = 0; y < ROWS; y += GROUP) {
        floats sum[GROUP];
#pragma unroll
        for (int g = 0; g < GROUP; g++)
            for (int p = 0; p < PACK; p++) PART(sum[g], p) = 0.0f;
#if PACK > 1  // on the CPU it stays a loop, which compiles in a third of the time
#pragma unroll
#endif
        for (int i = 0; i < GROUP + 2 * above; i++) {
            // load
            const pixel *row = src + (long long)max(from[y + i], 0) * samples;
            floats value;
            if (inside) {
                value = load_floats(row + x, true, PACK);
            } else {
#if PACK == 1  // threads in the image read side by side, which a CPU does at once
                value = x >= 0 && at[0] == x ? row[x] : row[max(at[0], 0)];
#else
                for (int p = 0; p < PACK; p++) PART(value, p) = row[max(at[p], 0)];
#endif
            }
#if BORDER == BORDER_CONSTANT
            for (int p = 0; p < PACK; p++) PART(value, p) = from[y + i] < 0 || at[p] < 0 ? 0.0f : PART(value, p);
#endif
            // accumulate
#pragma unroll
            for (int g = 0; g < GROUP; g++) {
                if (i >= g && i - g <= 2 * above) {
                    for (int p = 0; p < PACK; p++) PART(sum[g], p) += DOWN(i - g) * PART(value, p);
                }
            }
        }
#pragma unroll
        for (int g = 0; g < GROUP; g++) tile[y + g][threadIdx.x] = sum[g];
    }
}

// The launch bound leaves a thread as many registers as let BLOCKS blocks share a multiprocessor.
__global__ void __launch_bounds__(BLOCK_WIDTH, BLOCKS)
separable(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
          const float *__restrict__ down, const float *__restrict__ along, float mirror, float scale, float bias,
          int above, int beside, int margin)
{
    __shared__ floats tile[ROWS][PITCH];
#ifdef ABOVE
    above = ABOVE, beside = BESIDE, margin = MARGIN;
    __shared__ int from[ROWS + 2 * ABOVE];
#else
    __shared__ int from[ROWS + 2 * FARTHEST];
#endif
    int samples = width * CHANNELS;
    int t = threadIdx.x;
    int x0 = blockIdx.x * (BLOCK_WIDTH * PACK - 2 * margin), y0 = blockIdx.y * ROWS;
    for (int i = t; __builtin_expect(i < ROWS + 2 * above, 0); i += BLOCK_WIDTH) from[i] = border(y0 + i - above, height);
    __syncthreads();

    // load, halo included, and accumulate down the columns
    int x = x0 - margin + t * PACK;
    bool inside = x >= 0 && x + PACK <= samples && samples % PACK == 0;
    int at[PACK];
    for (int i = 0; i < PACK; i++) at[i] = border_sample(x + i, width, OUTSIDE);
    if (FOR_ALL(inside))
        sum_columns(tile, src, samples, x, from, at, true, down, above);
    else
        sum_columns(tile, src, samples, x, from, at, false, down, above);
    __syncthreads();

    // accumulate along the rows, and store
    int rows = min(ROWS, height - y0);
    int made = min(BLOCK_WIDTH * PACK - 2 * margin, samples - x0);
#if PACK == 1
    if (t < made) {
        for (int r = 0; r < rows; r++) {
            const float *here = tile[r] + margin + t;
#if PAIRED
            const float *half = along + beside;
            float sum = half[0] * here[0];
#pragma unroll 2
            for (int k = 1; k <= beside; k++) sum += half[k] * (mirror * here[-k * CHANNELS] + here[k * CHANNELS]);
#else
            float sum = 0.0f;
            for (int j = 0; j <= 2 * beside; j++) sum += along[j] * here[(j - beside) * CHANNELS];
#endif
            write(src, dst, (long long)(y0 + r) * samples + x0 + t, sum, scale, bias, true, 1);
        }
    }
#else
    // A thread makes WIDE neighboring packs in every WIDE-th row. Eight threads read shared memory together: in WIDE
    // groups, each in a row of its own. PITCH makes rows begin in different banks, so that no two threads wait for one
    // bank.
    const int side = 8 / WIDE;
    int column = (t / 8 * side + t % side) * WIDE;  // in packs
    if (column * PACK >= made) return;
    for (int r = t / side % WIDE; r < rows; r += WIDE) {
        float sum[WIDE * PACK];
#pragma unroll
        for (int i = 0; i < WIDE * PACK; i++) sum[i] = 0.0f;
#pragma unroll
        for (int j = 0; j < 2 * margin / PACK + WIDE; j++) {
            floats value = tile[r][column + j];
#pragma unroll
            for (int p = 0; p < PACK; p++) {
                int from_first = j * PACK + p - margin;  // this sample's distance from the first that is made
                // It counts for the samples of its own channel that are near enough.
#pragma unroll
                for (int i = (from_first + margin * CHANNELS) % CHANNELS; i < WIDE * PACK; i += CHANNELS) {
                    int tap = (from_first - i) / CHANNELS + beside;
                    if (tap >= 0 && tap <= 2 * beside) sum[i] += ALONG(tap) * value.at[p];
                }
            }
        }
        long long first = (long long)(y0 + r) * samples + x0 + column * PACK;
        write_packs(src + first, dst + first, sum, scale, bias, samples, made - column * PACK);
    }
#endif
}

#else  // LARGE

// A block walks down the rows of the image that its ROWS rows are made of. It loads what it reads of each into a line
// of shared memory, as floats. After a barrier each thread adds it to its sums, of PACK neighboring samples in ROWS
// rows. There are two lines, used in turn, so that one barrier a row is enough. Weights are in rows of PITCH.
#define PITCH ((KERNEL_WIDTH + 3) / 4 * 4)
#if PACK == 1
#define GROUP (ROWS > 4 ? 4 : ROWS)  // rows whose sums are added to at a time: registers hold no more
#define TAPS 1                       // weights of a row that are used at a time
#else
#define GROUP ROWS
#define TAPS 4
#endif
#define LINE ((BLOCK_WIDTH * PACK + (KERNEL_WIDTH - 1) * CHANNELS + 7) / 4 * 4)

// A kernel that is separable, but too wide for a tile, takes two launches: down the columns TO_FLOATS, along the rows
// of those FROM_FLOATS.
#if TO_FLOATS
typedef float result;
#else
typedef pixel result;
#endif
#if FROM_FLOATS
typedef float source;
#else
typedef pixel source;
#endif

// Loads row y of the image, as far as the block reads it, into a line.
__device__ void read_line(float *line, const source *src, int x0, int y, int width, int height)
{
    int samples = width * CHANNELS;
    int from = border(y, height);
    const source *row = src + (long long)max(from, 0) * samples;
    int first = x0 - BESIDE * CHANNELS;
    bool inside = first >= 0 && first + LINE <= samples;
    for (int s = threadIdx.x; s < LINE; s += BLOCK_WIDTH) {
        int at = inside ? first + s : border_sample(first + s, width, OUTSIDE);
        line[s] = from < 0 || at < 0 ? 0.0f : row[at];
    }
}

// Adds `count` neighboring taps to GROUP sums; here[0] is the first tap of the thread's first sample. For the first sum
// the line lies under row `row` of the kernel, for the next under the row above. `all`: there is a row of the kernel
// for each.
__device__ void add_taps(floats *sum, const float *here, const float *weights, int row, bool all, int count)
{
    float in[(TAPS - 1) * CHANNELS + 2 * PACK];
#if PACK == 1
    for (int q = 0; q < count; q++) in[q * CHANNELS] = here[q * CHANNELS];
#else
#pragma unroll
    for (int k = 0; k < ((count - 1) * CHANNELS + 2 * PACK - 1) / PACK; k++) {
        floats several = *(const floats *)(here + k * PACK);
        for (int p = 0; p < PACK; p++) in[k * PACK + p] = several.at[p];
    }
#endif
#pragma unroll
    for (int g = 0; g < GROUP; g++) {
        if (all || (row >= g && row - g < KERNEL_HEIGHT)) {
            const float *taps = weights + (row - g) * PITCH;
#pragma unroll
            for (int q = 0; q < count; q++)
                for (int p = 0; p < PACK; p++) PART(sum[g], p) += taps[q] * in[q * CHANNELS + p];
        }
    }
}

// Adds a row of the image to GROUP sums. The row is summed by itself first: short sums are more exact than a long one.
__device__ void add_line(floats *sum, const float *here, const float *weights, int row, bool all)
{
    floats made[GROUP];
#pragma unroll
    for (int g = 0; g < GROUP; g++)
        for (int p = 0; p < PACK; p++) PART(made[g], p) = 0.0f;
    int j = 0;
    for (; j + TAPS <= KERNEL_WIDTH; j += TAPS) add_taps(made, here + j * CHANNELS, weights + j, row, all, TAPS);
    if (KERNEL_WIDTH % TAPS) add_taps(made, here + j * CHANNELS, weights + j, row, all, KERNEL_WIDTH % TAPS);
#pragma unroll
    for (int g = 0; g < GROUP; g++)
        for (int p = 0; p < PACK; p++) PART(sum[g], p) += PART(made[g], p);
}

__global__ void large(const source *__restrict__ src, result *__restrict__ dst, int width, int height,
                      const float *__restrict__ weights, float scale, float bias)
{
    __shared__ alignas(16) float lines[2][LINE];
    int samples = width * CHANNELS;
    int x0 = blockIdx.x * BLOCK_WIDTH * PACK, y0 = blockIdx.y * ROWS;
    floats sum[ROWS];
#pragma unroll
    for (int g = 0; g < ROWS; g++)
        for (int p = 0; p < PACK; p++) PART(sum[g], p) = 0.0f;

    for (int i = 0; i < ROWS + 2 * ABOVE; i++) {
        // load, halo included
        float *line = lines[i % 2];
        read_line(line, src, x0, y0 + i - ABOVE, width, height);
        __syncthreads();
        // accumulate
        const float *here = line + threadIdx.x * PACK;
#pragma unroll
        for (int g = 0; g < ROWS; g += GROUP) {
            int row = i - g;
            if (row >= GROUP - 1 && row < KERNEL_HEIGHT)
                add_line(sum + g, here, weights, row, true);
            else if (row >= 0 && row < KERNEL_HEIGHT + GROUP - 1)
                add_line(sum + g, here, weights, row, false);
        }
    }

    // store
    int x = x0 + threadIdx.x * PACK;
#pragma unroll
    for (int g = 0; g < ROWS; g++)
        for (int p = 0; p < PACK; p++)
            if (y0 + g < height && x + p < samples) {
                float made = PART(sum[g], p) * scale + bias;
#if TO_FLOATS
                dst[(long long)(y0 + g) * samples + x + p] = made;
#else
                dst[(long long)(y0 + g) * samples + x + p] = to_pixel(made);
#endif
            }
}

#endif
#else

// For premultiplied color with alpha, after a sum by the weights divided by their sum, which makes the right alpha:
// multiplies colors by `gain`, adds `offset` times the alpha of `opaque`, and leaves alpha. A thread makes one pixel.
__global__ void brighten(const float *__restrict__ src, float *__restrict__ dst, int width, int height,
                         const float *__restrict__ opaque, float gain, float offset)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    long long first = ((long long)y * width + x) * CHANNELS, last = first + CHANNELS - 1;
    for (long long i = first; i < last; i++) dst[i] = gain * src[i] + offset * opaque[last];
    dst[last] = src[last];
}
#endif

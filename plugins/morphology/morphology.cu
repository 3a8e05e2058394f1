// Erosion and dilation: each sample becomes the smallest, or the greatest, of those of its channel under a footprint.
// A maximum is a minimum of flipped values: the host gives `flip`, the bits to invert, 0 for a minimum. There are three
// kernels for it; a large rectangle is a launch of `runs` and one of `down`.
//   RADIUS, `small`   shapes up to 15 x 15 pixels, known at compile time: all in registers
//   `runs`            a footprint in runs of neighbors along the rows: the time grows with their number, not their length
//   `down`            a column of any height: the time does not grow with it
// A fourth one subtracts one result from another: DIFFERENCE, `difference`.
// Edge: samples outside of the image are read by the border rule; under BORDER_CONSTANT they are 0. NaN does not count.
// A thread makes a word of PACK neighboring samples: 4 bytes, 2 samples of 16 bits or a float; on a CPU one sample.

#ifdef DIFFERENCE

// One image minus another. A thread makes PACK neighboring samples of a row.
__global__ void difference(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                           const pixel *__restrict__ other)
{
    int samples = width * CHANNELS, x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK, left = samples - x;
    if (left <= 0) return;
    long long i = (long long)blockIdx.y * samples + x;
    bool wide = samples % PACK == 0;
    pack one = load_pack(src + i, wide, left), two = load_pack(other + i, wide, left);
    for (int p = 0; p < PACK; p++) {
        pixel more = PART(one, p), less = PART(two, p);
#if PIXEL_BITS == 32
        PART(one, p) = more - less;
#else
        PART(one, p) = more > less ? more - less : 0;
#endif
    }
    store_pack(dst + i, one, wide, left);
}

#else

#define FARTHEST 104  // pixels left of the image that are read at most: 100, and what makes a margin of whole words
#define LEVELS 8      // runs of up to 2^LEVELS - 1 pixels
// Rows between two barriers: as many as fit into 32 KiB of shared memory.
#if PACK == 1 || WORD_SAMPLES * BLOCK_WIDTH <= 1024
#define GROUP WORD_SAMPLES
#else
#define GROUP (1024 / BLOCK_WIDTH)
#endif

#if PACK > 1
typedef unsigned int word;
#define NOTHING 0xFFFFFFFFu  // greater than any sample
#elif PIXEL_BITS == 32
typedef float word;
#define NOTHING __int_as_float(0x7FC00000)  // NaN, which fminf passes over
#else
typedef pixel word;
#define NOTHING (pixel)PIXEL_MAX
#endif

__device__ word lesser(word one, word other)
{
#if PACK == 4
    return __vminu4(one, other);
#elif PACK == 2
    return __vminu2(one, other);
#elif PIXEL_BITS == 32
    return fminf(one, other);
#else
    return min(one, other);
#endif
}

// Flips values so that the search is for a minimum, and flips results back.
__device__ word flipped(word value, int flip)
{
#if PACK == 1 && PIXEL_BITS == 32
    return __int_as_float(__float_as_int(value + 0.0f) ^ flip);  // of two zeros fminf may return either: make them one
#else
    return (word)(value ^ flip);
#endif
}

// The word of row y from sample x on. at[i] is the position of sample x + i; where `inside`, they lie side by side and a
// word is one load.
__device__ word read(const pixel *src, int y, int samples, int height, int x, bool inside, const int *at, int flip)
{
    int from = border(y, height);
    const pixel *row = src + (long long)max(from, 0) * samples;
    word value = 0;
#if PACK > 1
    if (inside) {
        value = *(const word *)(row + x);
    } else {
        for (int i = 0; i < PACK; i++) value |= at[i] < 0 ? 0u : sample_to_word(row[at[i]], i);
    }
#else
    if (FOR_ALL(inside))
        value = row[x];
    else
        value = at[0] < 0 ? (pixel)0 : row[at[0]];
#endif
#if BORDER == BORDER_CONSTANT
    value = from < 0 ? (word)0 : value;
#endif
    return flipped(value, flip);
}

// Writes the word of a row from sample x on.
__device__ void write(pixel *row, int x, int samples, word value, int flip)
{
    value = flipped(value, flip);
#if PACK > 1
    if (samples % PACK == 0) {
        *(word *)(row + x) = value;
    } else {
        for (int i = 0; i < min(PACK, samples - x); i++) row[x + i] = sample_from_word(value, i);
    }
#else
    row[x] = value;
#endif
}

// The word that begins at sample i of a line of words.
__device__ word word_at(const word *line, int i)
{
#if PACK > 1
    unsigned int shift = i % PACK * PIXEL_BITS;
    return shift ? __funnelshift_r(line[i / PACK], line[i / PACK + 1], shift) : line[i / PACK];
#else
    return line[i];
#endif
}

#ifdef RADIUS

// The shape reaches WIDTH(k) pixels to either side in its row k, from the top.
#define SIDE (2 * RADIUS + 1)
#define WIDTH(k) (WIDTHS >> 4 * ((k) < RADIUS ? RADIUS - (k) : (k) - RADIUS) & 15)

// Reads the words at sample x of a row, and of the pixels up to RADIUS beside it: in[k] begins k - RADIUS pixels further.
__device__ void read_inside(const pixel *row, int x, word *in)
{
#if PACK > 1
    const int beside = (RADIUS * CHANNELS + PACK - 1) / PACK;
    word line[2 * beside + 2];
#pragma unroll
    for (int i = 0; i < 2 * beside + 1; i++) line[i] = *(const word *)(row + x + (i - beside) * PACK);
    line[2 * beside + 1] = 0;
#pragma unroll
    for (int k = 0; k < SIDE; k++) in[k] = word_at(line, beside * PACK + (k - RADIUS) * CHANNELS);
#else
    for (int k = 0; k < SIDE; k++) in[k] = row[x + (k - RADIUS) * CHANNELS];
#endif
}

// Makes a word in each of ROWS rows, walking down. It reads each row once, and adds it to SIDE results: made[k] is the one
// for which the row lies under row k of the shape. at[k * PACK + i] is where sample i of in[k] is read, if not `inside`.
__device__ void walk(const pixel *src, pixel *dst, int samples, int height, int x, bool inside, const int *at, int flip)
{
    int y0 = blockIdx.y * ROWS, rows = min(ROWS, height - y0);
    word made[SIDE];
    for (int k = 0; k < SIDE; k++) made[k] = NOTHING;
#if PACK > 1
#pragma unroll SIDE
#endif
    for (int i = 0; i < rows + 2 * RADIUS; i++) {
        // load
        int from = border(y0 + i - RADIUS, height);
        const pixel *row = src + (long long)max(from, 0) * samples;
        word in[SIDE];
        if (inside) {
            read_inside(row, x, in);
        } else {
            for (int k = 0; k < SIDE; k++) {
#if PACK > 1
                in[k] = 0;
                for (int p = 0; p < PACK; p++)
                    in[k] |= at[k * PACK + p] < 0 ? 0u : sample_to_word(row[at[k * PACK + p]], p);
#else
                in[k] = at[k] < 0 ? (pixel)0 : row[at[k]];
#endif
            }
        }
        for (int k = 0; k < SIDE; k++) {
#if BORDER == BORDER_CONSTANT
            in[k] = from < 0 ? (word)0 : in[k];
#endif
            in[k] = flipped(in[k], flip);
        }
        // along the row, then down
        word along[RADIUS + 1];
        along[0] = in[RADIUS];
#pragma unroll
        for (int k = 1; k <= RADIUS; k++) along[k] = lesser(along[k - 1], lesser(in[RADIUS - k], in[RADIUS + k]));
#pragma unroll
        for (int k = SIDE - 1; k >= 0; k--) made[k] = k > 0 ? lesser(made[max(k - 1, 0)], along[WIDTH(k)]) : along[WIDTH(0)];
        // store
        if (i >= 2 * RADIUS) {
            long long y = y0 + i - 2 * RADIUS;
            write(dst + y * samples, x, samples, made[SIDE - 1], flip);
        }
    }
}

// `walk` at the left or right edge of the image: a function of its own, so that other threads need no registers for it.
__device__ __noinline__ void walk_edge(const pixel *src, pixel *dst, int samples, int width, int height, int x, int flip)
{
    int at[SIDE * PACK];
    for (int k = 0; k < SIDE; k++)
        for (int p = 0; p < PACK; p++)
            at[k * PACK + p] = border_sample(x + p + (k - RADIUS) * CHANNELS, width, FARTHEST);
    walk(src, dst, samples, height, x, false, at, flip);
}

__global__ void __launch_bounds__(BLOCK_WIDTH)
small(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int flip)
{
    int samples = width * CHANNELS, x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK, none[1];
    const int reach = (RADIUS * CHANNELS + PACK - 1) / PACK * PACK;
    bool inside = x >= reach && x + PACK + reach <= samples && samples % PACK == 0;
    if (FOR_ALL(inside))
        walk(src, dst, samples, height, x, true, none, flip);
    else if (__builtin_expect(x < samples, 0))
        walk_edge(src, dst, samples, width, height, x, flip);
}

#else

// A footprint is runs of neighbors along its rows, from the top: row k has runs number starts[k] to starts[k + 1] - 1.
// A run is two windows of 2^level pixels, which may overlap. The table has its row, its level, and how many samples its
// two windows begin right of the left end of the margin. Windows are made from those half as wide, and serve all runs.
// A block makes ROWS rows of a tile that overlaps its neighbors by `margin` samples on either side. It walks down the
// image, GROUP rows at a time, and reads each row once.
__global__ void __launch_bounds__(BLOCK_WIDTH)
runs(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, const int *__restrict__ starts,
     const int *__restrict__ table, int tall, int levels, int margin, int flip)
{
    __shared__ word windows[LEVELS][GROUP][BLOCK_WIDTH];
    int samples = width * CHANNELS, t = threadIdx.x * PACK, span = BLOCK_WIDTH * PACK;
    int x0 = blockIdx.x * (span - 2 * margin), x = x0 - margin + t, y0 = blockIdx.y * ROWS;
    int at[PACK];
    for (int i = 0; i < PACK; i++) at[i] = border_sample(x + i, width, FARTHEST);
    bool inside = x >= 0 && x + PACK <= samples && samples % PACK == 0;
    bool makes = t < span - 2 * margin && x0 + t < samples;
    word made[ROWS];
    for (int r = 0; r < ROWS; r++) made[r] = NOTHING;

    int end = min(y0 + ROWS, height) + tall / 2;
    for (int y = y0 - tall / 2; y < end; y += GROUP) {
        // make the windows of these rows
        word here[GROUP];
#pragma unroll
        for (int g = 0; g < GROUP; g++) {
            here[g] = read(src, y + g, samples, height, x, inside, at, flip);
            windows[0][g][threadIdx.x] = here[g];
        }
        __syncthreads();
        for (int level = 1; level < levels; level++) {
            int half = (1 << level) / 2 * CHANNELS;
            if (t + half + PACK <= span)
#pragma unroll
                for (int g = 0; g < GROUP; g++) {
                    here[g] = lesser(here[g], word_at(windows[level - 1][g], t + half));
                    windows[level][g][threadIdx.x] = here[g];
                }
            __syncthreads();
        }
        // add them to the rows whose footprint they lie under
        if (makes) {
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                int above = y - y0 - r + tall / 2;  // row of the footprint that row y lies under
#pragma unroll 1
                for (int i = starts[min(max(above, 0), tall)]; i < starts[min(max(above + GROUP, 0), tall)]; i++) {
                    const word *window = windows[table[4 * i + 1]][table[4 * i] - above];
                    word left = word_at(window, t + table[4 * i + 2]), right = word_at(window, t + table[4 * i + 3]);
                    made[r] = lesser(made[r], lesser(left, right));
                }
            }
        }
        __syncthreads();
    }
    if (makes) {
#pragma unroll
        for (int r = 0; r < ROWS; r++)
            if (y0 + r < height) write(dst + (long long)(y0 + r) * samples, x0 + t, samples, made[r], flip);
    }
}

// Columns of 2 radius + 1 samples (van Herk 1992, Gil and Werman 1993): a thread makes `tall` rows, at most as many as a
// column is high, so all of them have some rows of the image in common. It first adds to these, row by row, those above,
// for the last row of the result to the first; then those below, for the second row to the last.
__global__ void __launch_bounds__(BLOCK_WIDTH)
down(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int radius, int tall, int flip)
{
    int samples = width * CHANNELS, x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    if (x >= samples) return;
    int y0 = blockIdx.y * tall, end = min(y0 + tall, height), at[PACK];
    for (int i = 0; i < PACK; i++) at[i] = min(x + i, samples - 1);
    bool inside = samples % PACK == 0;
#define SAMPLES_OF(y) read(src, y, samples, height, x, inside, at, flip)
    word least = SAMPLES_OF(y0 + radius);
#pragma unroll 1
    for (int y = end - 1 - radius; y < y0 + radius; y++) least = lesser(least, SAMPLES_OF(y));
#pragma unroll 1
    for (int y = end - 1; y > y0; y--) {
        write(dst + (long long)y * samples, x, samples, least, 0);
        least = lesser(least, SAMPLES_OF(y - 1 - radius));
    }
    write(dst + (long long)y0 * samples, x, samples, least, flip);
    least = NOTHING;
#pragma unroll 1
    for (int y = y0 + 1; y < end; y++) {
        least = lesser(least, SAMPLES_OF(y + radius));
        word above = read(dst, y, samples, height, x, inside, at, 0);
        write(dst + (long long)y * samples, x, samples, lesser(least, above), flip);
    }
}

#endif

#endif

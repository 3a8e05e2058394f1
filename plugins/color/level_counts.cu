// Level counts: how often each level occurs in each color channel, the first COLORS of the SAMPLES of a pixel.
// There are two kernels, of which one is compiled at a time: `digits` counts some bits of each sample, `steps` the
// nearest of STEPS steps. The image is one run of pixels: a block counts PIXELS neighboring ones, a thread PACK at a
// time. No pixel outside of the image is read.

#define PIXELS (BLOCK_WIDTH * PACK * ROWS)

// Whether a sample counts: infinities and NaN do not.
#if PIXEL_BITS == 32
#define COUNTS(sample) (fabsf(sample) < __int_as_float(0x7f800000))
#else
#define COUNTS(sample) true
#endif

// The number of pixels that a block counts: PIXELS, or fewer for the last block.
__device__ int pixels_of(int block, int width, int height)
{
    long long left = (long long)width * height - (long long)block * PIXELS;
    return (int)min(left, (long long)PIXELS);
}

#ifdef BITS

// `digits` counts the numbers of BITS bits that stand SHIFT bits up in the samples' keys. A block counts in a table in
// shared memory. Neighboring threads use different ones of its COPIES, because in a flat area all of them count the
// same level. If ENDS is 2 there are two tables a channel, each for the samples whose bits above are equal to a number
// in `known`.

// NEEDS is one of NEEDS_COUNTS, NEEDS_ENDS and NEEDS_MEAN. On the CPU, where counting takes long, a thread does not count
// each sample for the last two: for ENDS only the least and the greatest that it reads, and for MEAN samples of three
// levels, with the same count and sum.

#define BINS (1 << BITS)
#define TABLE (COLORS * ENDS * BINS)
#define FIT (12288 / TABLE)  // in 48 KiB
#if defined(IMGCUDA_CPU) && NEEDS != NEEDS_COUNTS
#define SUMMARIZED
#define COPIES 1
#else
#define COPIES (FIT < 8 ? FIT : 8)
#endif

// Counts a sample.
__device__ void count(unsigned int *table, pixel sample, int channel, const unsigned int *known)
{
    unsigned int key = key_of_pixel(sample);
    int place = (channel * ENDS * BINS + (int)((key >> SHIFT) % BINS)) * COPIES + threadIdx.x % COPIES;
    bool counts = COUNTS(sample);
#if ENDS == 2
    unsigned int above = key >> (SHIFT + BITS);
    if (counts && above == known[2 * channel]) atomicAdd(&table[place], 1u);
    if (counts && above == known[2 * channel + 1]) atomicAdd(&table[place + BINS * COPIES], 1u);
#elif PACK > 1
    if (counts) atomicAdd(&table[place], 1u);
#else  // a vector in which all threads add is much faster: a sample that does not count adds 0
    atomicAdd(&table[place], counts ? 1u : 0u);
#endif
}

#ifdef SUMMARIZED

// Adds a number to the count of a level.
__device__ void add(unsigned int *table, int channel, unsigned int level, unsigned int number)
{
    atomicAdd(&table[channel * BINS + (int)((level >> SHIFT) % BINS)], number);
}

// The least and greatest sample of one channel that a thread has read, their number, and their sum.
struct summary {
    pixel low, high;
    unsigned int number, sum;
};

__device__ void look(summary &known, pixel sample)
{
    known.number++;
#if NEEDS == NEEDS_ENDS
    known.low = min(known.low, sample);
    known.high = max(known.high, sample);
#else
    known.sum += sample;
#endif
}

__device__ void count_summary(unsigned int *table, summary known, int channel)
{
    if (known.number == 0) return;
#if NEEDS == NEEDS_ENDS
    add(table, channel, known.low, 1);
    add(table, channel, known.high, 1);
#else
    const unsigned int most = BINS - 1;
    add(table, channel, most, known.sum / most);
    add(table, channel, known.sum % most, 1);
    add(table, channel, 0, known.number - known.sum / most - 1);  // -1 where the level above is 0, too
#endif
}

// Reads SAMPLES neighboring rows of BLOCK_WIDTH samples at a time, of which each thread sees one channel.
__device__ void summarize(unsigned int *table, const pixel *from, int number)
{
    summary known[SAMPLES];
    for (int c = 0; c < SAMPLES; c++) known[c] = summary{(pixel)PIXEL_MAX, 0, 0, 0};
    int t = threadIdx.x, across = BLOCK_WIDTH * SAMPLES, whole = number / across * across;
    for (int start = 0; start < whole; start += across)
        for (int c = 0; c < SAMPLES; c++) look(known[c], from[start + c * BLOCK_WIDTH + t]);
    for (int c = 0; c < SAMPLES; c++) {
        int i = c * BLOCK_WIDTH + t, channel = i % SAMPLES;
        if (whole + i < number) look(known[c], from[whole + i]);
        if (channel < COLORS) count_summary(table, known[c], channel);
    }
}

#endif

#if PACK > 1

// The pixels that a thread reads at once. They are declared as words, since of samples the compiler would read all but
// alpha, byte by byte.
struct alignas(16) words {
    unsigned int at[PACK * SAMPLES / WORD_SAMPLES];
};

__device__ pixel sample_of(words in, int i)
{
    return sample_from_word(in.at[i / WORD_SAMPLES], i % WORD_SAMPLES);
}

#endif

__global__ void digits(const pixel *__restrict__ src, unsigned int *__restrict__ dst, int width, int height,
                       const unsigned int *__restrict__ known)
{
    const int cells = TABLE * COPIES;
    __shared__ unsigned int table[cells];
    int t = threadIdx.x;
    for (int i = t; i < cells; i += BLOCK_WIDTH) table[i] = 0;
    __syncthreads();

    // load and count
    const pixel *from = src + (long long)blockIdx.x * PIXELS * SAMPLES;
    int number = pixels_of(blockIdx.x, width, height), single = 0;
#if defined(SUMMARIZED)
    summarize(table, from, number * SAMPLES);
    single = number;
#elif PACK > 1
    single = number / PACK * PACK;
    for (int i = t * PACK; i < single; i += BLOCK_WIDTH * PACK) {
        words in = *(const words *)(from + i * SAMPLES);
        for (int k = 0; k < PACK; k++)
            for (int c = 0; c < COLORS; c++) count(table, sample_of(in, k * SAMPLES + c), c, known);
    }
#endif
    for (int i = single + t; i < number; i += BLOCK_WIDTH)
        for (int c = 0; c < COLORS; c++) count(table, from[i * SAMPLES + c], c, known);
    __syncthreads();

    // add up the copies, and add the block's counts to the image's
    for (int i = t; i < TABLE; i += BLOCK_WIDTH) {
        unsigned int sum = 0;
        for (int k = 0; k < COPIES; k++) sum += table[i * COPIES + (i + k) % COPIES];  // neighbors in other banks
        if (sum) atomicAdd(&dst[i], sum);
    }
}

#else

// `steps` counts for each of STEPS steps from 0 to 1 the samples that it is the nearest to: too many steps for shared
// memory. On a GPU blocks are spread over TABLES tables. On the CPU an atomic operation between cores is slow: one
// block of every so many counts for all up to the next of them, and has a table to itself.

__device__ int step_of(pixel sample)
{
#if PIXEL_BITS == 32
    return __float2int_rn(fminf(fmaxf(sample, 0.0f), 1.0f) * (STEPS - 1));
#else
    return sample;
#endif
}

#ifdef IMGCUDA_CPU
#define ADD atomicAdd_block
#else
#define ADD atomicAdd
#endif

__global__ void steps(const pixel *__restrict__ src, unsigned int *__restrict__ dst, int width, int height)
{
    int first = blockIdx.x, last = blockIdx.x + 1, table = blockIdx.x % TABLES;
#ifdef IMGCUDA_CPU
    int each = (gridDim.x + TABLES - 1) / TABLES;
    if (first % each != 0) return;
    last = min(first + each, (int)gridDim.x);
    table = first / each;
#endif
    unsigned int *mine = dst + table * COLORS * STEPS;
    for (int block = first; block < last; block++) {
        const pixel *from = src + (long long)block * PIXELS * SAMPLES;
        int number = pixels_of(block, width, height);
        for (int i = threadIdx.x; i < number; i += BLOCK_WIDTH)
            for (int c = 0; c < COLORS; c++) {
                pixel sample = from[i * SAMPLES + c];
                if (COUNTS(sample)) ADD(&mine[c * STEPS + step_of(sample)], 1u);
            }
    }
}

// Adds up the tables. A thread makes one step's count.
__global__ void merge(const unsigned int *__restrict__ src, unsigned int *__restrict__ dst, int width, int height)
{
    int step = blockIdx.x * BLOCK_WIDTH + threadIdx.x, color = blockIdx.y;
    if (step >= width) return;
    unsigned int sum = 0;
    for (int table = 0; table < TABLES; table++) sum += src[(table * COLORS + color) * STEPS + step];
    dst[color * STEPS + step] = sum;
}

#endif

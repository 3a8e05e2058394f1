// Levels: how often each occurs in each colour channel. Of the SAMPLES of a pixel the first COLORS are counted.
// The image is taken as one run of samples. A block counts ROWS rounds of as many pixels as its threads take samples; a
// thread takes PACK neighbouring samples at a time, always of the same channels, as a round is a multiple of 12.

#define ROUND (BLOCK_WIDTH * PACK)
#define SPAN (ROUND * ROWS * SAMPLES)  // samples that a block counts

// How many samples a block has: SPAN, but for the last.
__device__ int samples_of(int block, int width, int height)
{
    long long left = (long long)width * height * SAMPLES - (long long)block * SPAN;
    return (int)min(left, (long long)SPAN);
}

#ifdef BITS

// `digits` counts numbers of BITS bits, SHIFT bits up in the samples. A block has a table in shared memory, in COPIES
// between which neighbouring threads are spread, since in a flat area all of them find the same. If ENDS is 2, there
// are two tables to a channel, each of those samples of which the bits above are as `known` says.

#define BINS (1 << BITS)
#define FIT (12288 / (COLORS * ENDS * BINS))  // tables of all channels in 48 KiB
#define SPREAD (PACK == 1 ? 4 : 8)
#define COPIES (FIT < SPREAD ? FIT : SPREAD)

// A sample as a whole number that grows with it.
__device__ unsigned int key_of(pixel sample)
{
#if PIXEL_BITS == 32
    unsigned int bits = __float_as_uint(sample);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
#else
    return sample;
#endif
}

__device__ void count(unsigned int *table, pixel sample, int channel, const unsigned int *known)
{
#if PIXEL_BITS == 32
    if (isnan(sample)) return;  // it has no place among the others
#endif
    unsigned int key = key_of(sample);
    int place = (channel * ENDS * BINS + (int)((key >> SHIFT) % BINS)) * COPIES + threadIdx.x % COPIES;
#if ENDS == 1
    atomicAdd(&table[place], 1u);
#else
    unsigned int above = key >> (SHIFT + BITS);
    if (above == known[2 * channel]) atomicAdd(&table[place], 1u);
    if (above == known[2 * channel + 1]) atomicAdd(&table[place + BINS * COPIES], 1u);
#endif
}

__global__ void digits(const pixel *__restrict__ src, unsigned int *__restrict__ dst, int width, int height,
                       const unsigned int *__restrict__ known)
{
    __shared__ unsigned int table[COLORS * ENDS * BINS * COPIES];
    int t = threadIdx.x;
    for (int i = t; i < COLORS * ENDS * BINS * COPIES; i += BLOCK_WIDTH) table[i] = 0;
    __syncthreads();

    const pixel *from = src + (long long)blockIdx.x * SPAN;
    int samples = samples_of(blockIdx.x, width, height);
    int packed = samples / PACK * PACK;
#if PACK > 1
#pragma unroll 4  // loads that a thread waits for at once
#endif
    for (int i = t * PACK; i < packed; i += ROUND) {
        pack in = *(const pack *)(from + i);
        for (int k = 0; k < PACK; k++)
            if ((t * PACK + k) % SAMPLES < COLORS) count(table, PART(in, k), (t * PACK + k) % SAMPLES, known);
    }
#if PACK > 1
    int last = packed + t;  // samples at the end that fill no pack
    if (last < samples && last % SAMPLES < COLORS) count(table, from[last], last % SAMPLES, known);
#endif
    __syncthreads();

    for (int i = t; i < COLORS * ENDS * BINS; i += BLOCK_WIDTH) {
        unsigned int sum = 0;
        for (int k = 0; k < COPIES; k++) sum += table[i * COPIES + (i + k) % COPIES];  // neighbours in other banks
        if (sum) atomicAdd(&dst[i], sum);
    }
}

#else

// `steps` counts in how many samples each of STEPS steps from 0 to 1 is the nearest: too many for shared memory. On a GPU
// blocks are spread over TABLES tables. On the CPU, where an atomic operation between cores takes as long as many others,
// one block in so many counts for all up to the next such, and has a table to itself.

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
    int t = threadIdx.x;
    for (int block = first; block < last; block++) {
        const pixel *from = src + (long long)block * SPAN;
        int samples = samples_of(block, width, height);
        for (int i = t; i < samples; i += BLOCK_WIDTH) {
            int channel = t % SAMPLES;
            if (channel < COLORS) ADD(&dst[(table * COLORS + channel) * STEPS + step_of(from[i])], 1u);
        }
    }
}

// A thread adds up one step's counts.
__global__ void merge(const unsigned int *__restrict__ src, unsigned int *__restrict__ dst, int width, int height)
{
    int step = blockIdx.x * BLOCK_WIDTH + threadIdx.x, color = blockIdx.y;
    if (step >= width) return;
    unsigned int sum = 0;
    for (int table = 0; table < TABLES; table++) sum += src[(table * COLORS + color) * STEPS + step];
    dst[color * STEPS + step] = sum;
}

#endif

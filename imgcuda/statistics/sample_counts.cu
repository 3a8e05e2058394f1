// Sample counts: how often each of BINS numbers occurs among the keys of each channel's samples. A key is the sample,
// or of a float 32 bits in the same order. What is counted are the keys' upper bits; or, if LOWER, the lower bits of
// the keys whose upper bits are the channel's number in `known`. Infinities and NaN do not count.
//
// The image is one run of samples: a block counts RUN neighboring pixels, a thread every BLOCK_WIDTH-th of them. Of
// 256 bins a block counts in shared memory, of more in global memory. No pixel outside of the image is read.

#define RUN (BLOCK_WIDTH * ROWS)
#define KEYS_ABOVE (PIXEL_BITS == 32 ? 16 : 0)

__global__ void sample_counts(const pixel *__restrict__ src, unsigned int *__restrict__ dst, int width, int height,
                              const unsigned int *__restrict__ known)
{
    int t = threadIdx.x;
#if BINS == 256
    __shared__ unsigned int table[CHANNELS * BINS];
    for (int i = t; i < CHANNELS * BINS; i += BLOCK_WIDTH) table[i] = 0;
    __syncthreads();
#else
    unsigned int *table = dst;
#endif

    long long first = (long long)blockIdx.x * RUN, pixels = (long long)width * height;
    int number = (int)min(pixels - first, (long long)RUN);
    const pixel *from = src + first * CHANNELS;
    for (int i = t; i < number; i += BLOCK_WIDTH)
        for (int c = 0; c < CHANNELS; c++) {
            pixel sample = from[i * CHANNELS + c];
#if PIXEL_BITS == 32
            if (!(fabsf(sample) < __int_as_float(0x7f800000))) continue;
#endif
            unsigned int key = key_of_pixel(sample), above = key >> KEYS_ABOVE;
#if LOWER
            if (above == known[c]) atomicAdd(&table[c * BINS + (int)(key % BINS)], 1u);
#else
            atomicAdd(&table[c * BINS + (int)above], 1u);
#endif
        }

#if BINS == 256
    __syncthreads();
    for (int i = t; i < CHANNELS * BINS; i += BLOCK_WIDTH)
        if (table[i]) atomicAdd(&dst[i], table[i]);
#endif
}

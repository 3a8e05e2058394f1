// Copy: a new image with the bytes of the image, the least that any kernel does that reads and writes all of it once.
// A block copies SAMPLES neighboring samples of the image, which is one run of samples; a thread copies 16 bytes at a
// time on a GPU, and one sample at a time on the CPU, where neighboring threads form a wide load. The few samples left
// over at the end of the image are copied one by one.

#define SAMPLES (BLOCK_WIDTH * PACK * ROWS * CHANNELS)

__global__ void copy(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height)
{
    long long first = (long long)blockIdx.x * SAMPLES, all = (long long)width * height * CHANNELS;
    int t = threadIdx.x, number = (int)min(all - first, (long long)SAMPLES);
    const pixel *from = src + first;
    pixel *to = dst + first;
#if PACK > 1
    int whole = number / PACK * PACK;
    for (int i = t * PACK; i < whole; i += BLOCK_WIDTH * PACK) *(uint4 *)(to + i) = *(const uint4 *)(from + i);
#else
    int whole = number / BLOCK_WIDTH * BLOCK_WIDTH;
    for (int start = 0; start < whole; start += BLOCK_WIDTH) to[start + t] = from[start + t];
#endif
    for (int i = whole + t; i < number; i += BLOCK_WIDTH) to[i] = from[i];
}

// Tone map: measures how bright an image is. Each luminance gives a whole number: the logarithm of base 2 of luminance
// + 1e-5, in STOPths above LOWEST. `dst` is how many pixels there are, the sum of their numbers, and for each of STEPS
// steps of FINE numbers how many blocks have their largest number in it. That depends on how an image is divided into
// blocks, but not which step is the last. A thread takes every BLOCK_WIDTH-th of the 1024 pixels of a block.

#include "light.cuh"

__device__ color color_of(const pixel *in)
{
    color c;
    c.r = pixel_to_unit(in[0]);
    c.g = pixel_to_unit(in[COLORS_IN(CHANNELS) / 2]);
    c.b = pixel_to_unit(in[COLORS_IN(CHANNELS) - 1]);
    return c;
}

__global__ void tone_map(const pixel *__restrict__ src, unsigned long long *__restrict__ dst, int width, int height)
{
    __shared__ unsigned int total, number;
    __shared__ int largest;
    int t = threadIdx.x;
    if (t == 0) total = number = largest = 0;
    __syncthreads();

    // measure
    unsigned int sum = 0, there = 0;
    int most = 0;
    long long first = (long long)blockIdx.x * (BLOCK_WIDTH * ROWS) + t, pixels = (long long)width * height;
#pragma unroll 1
    for (int k = 0; k < ROWS; k++) {
        long long i = first + k * BLOCK_WIDTH;
        bool mine = i < pixels;  // threads without a pixel compute as the others: so a CPU compiles that once
        color c = {0.0f, 0.0f, 0.0f, 1.0f};
        if (FOR_ALL(mine))
            c = color_of(src + i * CHANNELS);
        else if (mine)
            c = color_of(src + i * CHANNELS);
#if TRANSFER == TRANSFER_SRGB
        c = srgb_to_linear(c);
#endif
        float log = log2_of(luminance_of_light(c) + 1e-5f) - LOWEST;
        int counted = min(__float2int_rn(log * STOP), STEPS * FINE - 1);
        bool counts = mine && isfinite(c.r + c.g + c.b);
        sum += counts ? counted : 0;
        there += counts;
        most = counts ? max(most, counted) : most;
    }
    atomicAdd(&total, sum);
    atomicAdd(&number, there);
    atomicMax(&largest, most);
    __syncthreads();

    // add up
    if (t > 0) return;
    atomicAdd(&dst[0], (unsigned long long)number);
    atomicAdd(&dst[1], (unsigned long long)total);
    atomicAdd(&dst[2 + largest / FINE], 1ull);
}

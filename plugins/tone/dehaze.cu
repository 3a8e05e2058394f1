// Dehaze: measures the colors where the dark channel is bright, by two kernels: `darkness` makes the darkest color of
// each pixel, and `dehaze`, given the darkest of patches, adds up for each of STEPS steps of it alpha and the colors,
// in 65535ths. All are multiplied by alpha, so transparent pixels are dark, and add nothing. Only rows `first` to
// `last` count.

#define COLORS COLORS_IN(CHANNELS)
#define SUMS ((COLORS + 1) * STEPS)
#define RUN (BLOCK_WIDTH * ROWS)  // pixels of a block: 65535ths of so many fit into 32 bits

__device__ float alpha_of(const pixel *in)
{
    return HAS_ALPHA(CHANNELS) ? pixel_to_unit(in[CHANNELS - 1]) : 1.0f;
}

// A thread makes a pixel.
__global__ void darkness(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height)
{
    long long i = (long long)blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (i >= (long long)width * height) return;
    const pixel *in = src + i * CHANNELS;
    float least = pixel_to_unit(in[0]);
    for (int c = 1; c < COLORS; c++) least = fminf(least, pixel_to_unit(in[c]));
    dst[i] = least * alpha_of(in);
}

// A value, clipped to 0 to 1, as a whole number of 65535ths; NaN is 0.
__device__ unsigned int counted(float value)
{
    return __float2int_rn(fminf(fmaxf(value, 0.0f), 1.0f) * 65535.0f);
}

// A thread takes every BLOCK_WIDTH-th pixel of a block.
__global__ void dehaze(const pixel *__restrict__ src, unsigned long long *__restrict__ dst, int width, int height,
                       const float *__restrict__ darkest, int first, int last)
{
    __shared__ unsigned int sums[SUMS];
    int t = threadIdx.x;
    for (int i = t; i < SUMS; i += BLOCK_WIDTH) sums[i] = 0;
    __syncthreads();
    long long begin = (long long)blockIdx.x * RUN, from = (long long)first * width, to = (long long)last * width;
#pragma unroll 1
    for (long long i = begin + t; i < min(begin + RUN, to); i += BLOCK_WIDTH) {
        if (i < from) continue;
        const pixel *in = src + i * CHANNELS;
        int step = counted(darkest[i]) * (STEPS - 1) / 65535;
        float alpha = alpha_of(in);
        atomicAdd(&sums[step], counted(alpha));
        for (int c = 0; c < COLORS; c++)
            atomicAdd(&sums[(c + 1) * STEPS + step], counted(alpha * pixel_to_unit(in[c])));
    }
    __syncthreads();
    for (int i = t; i < SUMS; i += BLOCK_WIDTH)
        if (sums[i]) atomicAdd(&dst[i], (unsigned long long)sums[i]);
}

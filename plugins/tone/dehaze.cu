// Dehaze: measures the colors where the dark channel is bright. A thread takes `length` neighboring pixels of a row:
// the least of their colors tells the step in whose sums it adds up their alpha and their colors, in 65535ths. Both are
// multiplied by alpha, so what is transparent is dark, and adds nothing.

#define COLORS COLORS_IN(CHANNELS)

// A value as a whole number of 65535ths, from 0 to 1; what is not a number is 0.
__device__ int counted(float value)
{
    return __float2int_rn(fminf(fmaxf(value, 0.0f), 1.0f) * 65535.0f);
}

__global__ void dehaze(const pixel *__restrict__ src, unsigned long long *__restrict__ dst, int width, int height,
                       int length)
{
    int first = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * length;
    if (first >= width) return;
    int least = 65535, alphas = 0, sums[COLORS];
    for (int c = 0; c < COLORS; c++) sums[c] = 0;
#pragma unroll 1
    for (int x = first; x < min(first + length, width); x++) {
        const pixel *in = src + ((long long)blockIdx.y * width + x) * CHANNELS;
        float alpha = HAS_ALPHA(CHANNELS) ? pixel_to_unit(in[CHANNELS - 1]) : 1.0f;
        alphas += counted(alpha);
        for (int c = 0; c < COLORS; c++) {
            int value = counted(alpha * pixel_to_unit(in[c]));
            sums[c] += value;
            least = min(least, value);
        }
    }
    int step = least * (STEPS - 1) / 65535;
    atomicAdd(&dst[step], (unsigned long long)alphas);
    for (int c = 0; c < COLORS; c++) atomicAdd(&dst[(c + 1) * STEPS + step], (unsigned long long)sums[c]);
}

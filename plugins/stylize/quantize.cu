// Quantize: counts an image's colors, in 8 bits for each channel; transparent pixels do not count. A thread counts one
// pixel. A gray image has 256 counts. A color image has four tables of 4096 cells, of which each holds 16 x 16 x
// 16 colors: how many pixels there are in it, and the sums of the lowest four bits of red, green and blue.

#define CELLS 4096

__device__ int eight_bits(pixel sample)
{
    return (int)fminf(fmaxf(rintf(pixel_to_unit(sample) * 255.0f), 0.0f), 255.0f);
}

__global__ void quantize(const pixel *__restrict__ src, unsigned long long *__restrict__ dst, int width, int height)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    const pixel *in = src + ((long long)y * width + x) * CHANNELS;
#if HAS_ALPHA(CHANNELS)
    if (in[CHANNELS - 1] == 0) return;
#endif
#if COLORS_IN(CHANNELS) == 1
    atomicAdd(&dst[eight_bits(in[0])], 1ull);
#else
    int r = eight_bits(in[0]), g = eight_bits(in[1]), b = eight_bits(in[2]);
    int cell = (r >> 4) << 8 | (g >> 4) << 4 | b >> 4;
    atomicAdd(&dst[cell], 1ull);
    atomicAdd(&dst[CELLS + cell], (unsigned long long)(r & 15));
    atomicAdd(&dst[2 * CELLS + cell], (unsigned long long)(g & 15));
    atomicAdd(&dst[3 * CELLS + cell], (unsigned long long)(b & 15));
#endif
}

// Remap: the place of a pixel is read from a table of x and y, in the order of the result's pixels.

#define OWN_KERNEL
#include "warp.cuh"

// A thread makes one pixel. `map` begins with row `top` of the table, as dst does.
__global__ void remap(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                      const float *__restrict__ map, int relative, int top, int first, int src_width, int src_height)
{
    int column = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (IS_IDLE(column, width) || y >= height) return;
    int x = min(column, width - 1);
    float2 there = ((const float2 *)map)[(long long)y * width + x];
    point at = {there.x, there.y};
    if (relative) {
        at.x += x;
        at.y += y + top;
    }
    sampled made = sample_at(src, at, first, src_width, src_height);
    pixel *out = dst + ((long long)y * width + column) * CHANNELS;
    if (column < width)
        for (int c = 0; c < CHANNELS; c++) out[c] = to_pixel(made.at[c]);
}

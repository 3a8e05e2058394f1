// Bilateral: each pixel becomes the mean of the pixels in a circle around it. The weight of each is
// 2^(by_distance * d^2 + by_color * c^2), at a distance of d pixels and with a sum c of the differences in all
// channels. A block first loads what it reads into a tile in shared memory, as floats, channel by channel, so that
// neighboring threads read neighboring numbers. After a barrier each thread makes ROWS pixels of a column. Edge: pixels
// outside of the image are read by the border rule; under BORDER_CONSTANT they are black.

#include "power_of_2.cuh"

// The circle has a `radius` of at most LARGEST, for which the tile has room. A GPU is faster with a radius known at
// compile time: there it is RADIUS, too. On the CPU one compiled kernel serves all.
#ifdef RADIUS
#define ROOM RADIUS
#else
#define ROOM LARGEST
#endif

#define TILE_WIDTH (BLOCK_WIDTH + 2 * ROOM)
#define TILE_HEIGHT (BLOCK_HEIGHT * ROWS + 2 * ROOM)

typedef float plane[TILE_HEIGHT][TILE_WIDTH];

// Loads what the block reads into the tile, whose upper left corner is column x0 and row y0 of the image.
__device__ void read_tile(plane *tile, const pixel *src, int x0, int y0, int width, int height, int radius)
{
    for (int j = threadIdx.y; j < BLOCK_HEIGHT * ROWS + 2 * radius; j += BLOCK_HEIGHT) {
        int y = border(y0 + j, height);
        for (int i = threadIdx.x; i < BLOCK_WIDTH + 2 * radius; i += BLOCK_WIDTH) {
            int x = border(x0 + i, width);
            const pixel *in = src + (long long)max(y, 0) * width * CHANNELS + max(x, 0) * CHANNELS;
            for (int c = 0; c < CHANNELS; c++) tile[c][j][i] = x < 0 || y < 0 ? 0.0f : in[c];
        }
    }
}

// Makes the pixel at row j and column i of the tile. It averages the differences from that pixel, not the pixels: where
// they are small, so is the rounding. dy rows above and below the pixel the circle reaches reach[dy] columns to either
// side.
__device__ void make(pixel *out, plane *tile, int j, int i, float by_distance, float by_color, const int *reach,
                     int radius)
{
    float here[CHANNELS], sum[CHANNELS], total = 0.0f;
    // load
    for (int c = 0; c < CHANNELS; c++) {
        here[c] = tile[c][j][i];
        sum[c] = 0.0f;
    }
    // accumulate
    for (int dy = -radius; dy <= radius; dy++) {
        int end = reach[abs(dy)];
        float across = -end;
        for (int dx = -end; dx <= end; dx++, across += 1.0f) {
            float apart[CHANNELS], difference = 0.0f;
            for (int c = 0; c < CHANNELS; c++) {
                apart[c] = tile[c][j + dy][i + dx] - here[c];
                difference += fabsf(apart[c]);
            }
            float distance = across * across + dy * dy;
            float weight = power_of_2(difference * difference * by_color + distance * by_distance);
            total += weight;
            for (int c = 0; c < CHANNELS; c++) sum[c] += weight * apart[c];
        }
    }
    // store
    for (int c = 0; c < CHANNELS; c++) out[c] = to_pixel(here[c] + sum[c] / total);
}

__global__ void __launch_bounds__(BLOCK_WIDTH * BLOCK_HEIGHT)
bilateral(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, float by_distance, float by_color,
          const int *__restrict__ reach, int radius)
{
#ifdef RADIUS
    radius = RADIUS;
#endif
    __shared__ plane tile[CHANNELS];
    int x0 = blockIdx.x * BLOCK_WIDTH, y0 = blockIdx.y * BLOCK_HEIGHT * ROWS;
    read_tile(tile, src, x0 - radius, y0 - radius, width, height, radius);
    __syncthreads();

    int x = x0 + threadIdx.x;
    if (x >= width) return;
    by_color /= PIXEL_MAX * PIXEL_MAX;
    for (int row = threadIdx.y; row < BLOCK_HEIGHT * ROWS && y0 + row < height; row += BLOCK_HEIGHT) {
        pixel *out = dst + ((long long)(y0 + row) * width + x) * CHANNELS;
        make(out, tile, row + radius, threadIdx.x + radius, by_distance, by_color, reach, radius);
    }
}

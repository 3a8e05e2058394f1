// Non-local means: each pixel becomes the mean of those around it, weighed by 2^(by_distance * d), where d is the sum of
// the squared differences of two squares, one around each of the two pixels. A block loads what it reads into a tile in
// shared memory, as floats, channel by channel, and then looks at one shift after the other: each thread sums the
// differences of a column of the squares, and, after a barrier, the columns of its own square. Edge: pixels outside of
// the image are read by the border rule; under BORDER_CONSTANT they are black.

// On the CPU one compiled kernel serves all radii, whose sum is at most ROOM. A GPU is faster with radii known at compile
// time: there they are SEARCH and TEMPLATE, too.
#ifdef TEMPLATE
#define HALO (SEARCH + TEMPLATE)
#define REACH TEMPLATE
#else
#define HALO ROOM
#define REACH 4  // the largest radius of a square
#endif

#define HIGH (BLOCK_HEIGHT * ROWS)

typedef float plane[HIGH + 2 * HALO][BLOCK_WIDTH + 2 * HALO];
typedef float line[BLOCK_WIDTH + 2 * REACH];

#include "../blur/power_of_2.cuh"

// Loads what the block reads into the tile, whose upper left corner is column x0 and row y0 of the image.
__device__ void read_tile(plane *tile, const pixel *src, int x0, int y0, int width, int height, int halo)
{
    for (int j = threadIdx.y; j < HIGH + 2 * halo; j += BLOCK_HEIGHT) {
        int y = border(y0 + j, height);
        for (int i = threadIdx.x; __builtin_expect(i < BLOCK_WIDTH + 2 * halo, 0); i += BLOCK_WIDTH) {
            int x = border(x0 + i, width);
            const pixel *in = src + (long long)max(y, 0) * width * CHANNELS + max(x, 0) * CHANNELS;
            for (int c = 0; c < CHANNELS; c++) tile[c][j][i] = x < 0 || y < 0 ? 0.0f : in[c] * (1.0f / PIXEL_MAX);
        }
    }
}

// The squared difference of two pixels of the tile, summed over channels.
__device__ float difference(const plane *tile, int j, int i, int dy, int dx)
{
    float sum = 0.0f;
    for (int c = 0; c < CHANNELS; c++) {
        float apart = tile[c][j + dy][i + dx] - tile[c][j][i];
        sum += apart * apart;
    }
    return sum;
}

// Sums the differences down each column of the squares, for the thread's rows.
__device__ void sum_columns(line *columns, const plane *tile, int search, int reach, int dy, int dx)
{
    for (int i = threadIdx.x; i < BLOCK_WIDTH + 2 * reach; i += BLOCK_WIDTH) {
        float sum[ROWS];
#pragma unroll
        for (int r = 0; r < ROWS; r++) sum[r] = 0.0f;
        for (int k = 0; k < ROWS + 2 * reach; k++) {
            float apart = difference(tile, threadIdx.y * ROWS + search + k, i + search, dy, dx);
#pragma unroll
            for (int r = 0; r < ROWS; r++) sum[r] += k >= r && k <= r + 2 * reach ? apart : 0.0f;
        }
#pragma unroll
        for (int r = 0; r < ROWS; r++) columns[threadIdx.y * ROWS + r][i] = sum[r];
    }
}

__global__ void __launch_bounds__(BLOCK_WIDTH * BLOCK_HEIGHT)
nl_means(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, float by_distance, int reach,
         int search)
{
#ifdef TEMPLATE
    reach = TEMPLATE, search = SEARCH;
#endif
    __shared__ plane tile[CHANNELS];
    __shared__ line columns[2][HIGH];
    int x0 = blockIdx.x * BLOCK_WIDTH, y0 = blockIdx.y * HIGH, halo = search + reach;
    read_tile(tile, src, x0 - halo, y0 - halo, width, height, halo);
    float total[ROWS], sum[ROWS][CHANNELS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        total[r] = 0.0f;
        for (int c = 0; c < CHANNELS; c++) sum[r][c] = 0.0f;
    }
    __syncthreads();

    // accumulate differences from the pixel, not pixels: where they are small, so is the rounding
    int now = 0, i = threadIdx.x + halo;
    for (int dy = -search; dy <= search; dy++)
        for (int dx = -search; dx <= search; dx++) {
            sum_columns(columns[now], tile, search, reach, dy, dx);
            __syncthreads();
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                int row = threadIdx.y * ROWS + r, j = row + halo;
                float distance = 0.0f;
#ifdef IMGCUDA_CPU  // more code would take longer to compile
#pragma unroll 1
#endif
                for (int k = 0; k <= 2 * reach; k++) distance += columns[now][row][threadIdx.x + k];
                float weight = power_of_2(distance * by_distance);
                total[r] += weight;
                for (int c = 0; c < CHANNELS; c++) sum[r][c] += weight * (tile[c][j + dy][i + dx] - tile[c][j][i]);
            }
            now = 1 - now;  // so that the next columns may be summed while some threads still read these
        }

    // store
    int x = x0 + threadIdx.x;
    if (x >= width) return;
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        int row = threadIdx.y * ROWS + r;
        if (y0 + row < height) {
            pixel *out = dst + ((long long)(y0 + row) * width + x) * CHANNELS;
            for (int c = 0; c < CHANNELS; c++)
                out[c] = to_pixel((tile[c][row + halo][i] + sum[r][c] / total[r]) * PIXEL_MAX);
        }
    }
}

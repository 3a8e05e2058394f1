// Kuwahara filter: each pixel becomes the mean of one of four squares around it, that with the least variance. A block
// loads what it reads into a tile in shared memory, channel by channel; then a thread makes a pixel. Whole numbers are
// summed exactly; floats as differences from the pixel, so that rounding is small. Edge: pixels outside of the image are
// read by the border rule; under BORDER_CONSTANT they are black.

// A GPU is faster with a radius known at compile time: there it is RADIUS. On the CPU one compiled kernel serves all.
#ifdef RADIUS
#define ROOM RADIUS
#else
#define ROOM LARGEST
#endif

typedef pixel plane[BLOCK_HEIGHT + 2 * ROOM][BLOCK_WIDTH + 2 * ROOM];

// Of one square and channel: what samples are more than `here`, summed, and its squares.
#if PIXEL_BITS == 8
typedef int sum;
typedef unsigned int spread;
#define MOST 0xffffffffu
#elif PIXEL_BITS == 16
typedef long long sum;
typedef unsigned long long spread;
#define MOST 0xffffffffffffffffull
#else
typedef float sum;
typedef float spread;
#define MOST __int_as_float(0x7f800000)
#endif

__global__ void kuwahara(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int radius)
{
#ifdef RADIUS
    radius = RADIUS;
#endif
    __shared__ plane tile[CHANNELS];
    int x0 = blockIdx.x * BLOCK_WIDTH, y0 = blockIdx.y * BLOCK_HEIGHT;
    for (int j = threadIdx.y; j < BLOCK_HEIGHT + 2 * radius; j += BLOCK_HEIGHT) {
        int y = border(y0 + j - radius, height);
        for (int i = threadIdx.x; i < BLOCK_WIDTH + 2 * radius; i += BLOCK_WIDTH) {
            int x = border(x0 + i - radius, width);
            const pixel *in = src + ((long long)max(y, 0) * width + max(x, 0)) * CHANNELS;
            for (int c = 0; c < CHANNELS; c++) tile[c][j][i] = x < 0 || y < 0 ? (pixel)0 : in[c];
        }
    }
    __syncthreads();
    int x = x0 + threadIdx.x, y = y0 + threadIdx.y;
    if (x >= width || y >= height) return;

    int count = (radius + 1) * (radius + 1);
    spread best = MOST;
    sum chosen[CHANNELS], here[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) {
        chosen[c] = 0;
        here[c] = tile[c][threadIdx.y + radius][threadIdx.x + radius];
    }
#pragma unroll 1
    for (int k = 0; k < 4; k++) {
        int top = threadIdx.y + k / 2 * radius, left = threadIdx.x + k % 2 * radius;
        sum first[CHANNELS];
        spread all = 0;
        for (int c = 0; c < CHANNELS; c++) {
            sum second = 0;
            first[c] = 0;
            for (int j = 0; j <= radius; j++)
                for (int i = 0; i <= radius; i++) {
                    sum more = tile[c][top + j][left + i] - here[c];
                    first[c] += more;
                    second += more * more;
                }
            all += (spread)(count * second - first[c] * first[c]);
        }
        bool better = all < best;
        best = better ? all : best;
        for (int c = 0; c < CHANNELS; c++) chosen[c] = better ? first[c] : chosen[c];
    }
    pixel *out = dst + ((long long)y * width + x) * CHANNELS;
#if PIXEL_BITS == 32
    for (int c = 0; c < CHANNELS; c++) out[c] = here[c] + chosen[c] / count;
#else
    for (int c = 0; c < CHANNELS; c++) out[c] = to_pixel((float)(here[c] * count + chosen[c]) / count);
#endif
}

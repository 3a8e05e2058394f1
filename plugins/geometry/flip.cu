// Flip: the rows in reverse order, or the pixels of each row, or both. Samples are moved as they are.
// A thread moves PACK neighboring units: a unit is a pixel, or on a GPU a sample where each row keeps its order. That is
// one wide load and one wide store where rows begin at a multiple of PACK units. Row 0 of the result is row `first` of
// src. No pixel outside of the image is read.

#define ACROSS (DIRECTION != DIRECTION_VERTICAL)
#define DOWN (DIRECTION != DIRECTION_HORIZONTAL)

#if DIRECTION == DIRECTION_VERTICAL && defined(__CUDACC__)
#define UNIT 1
#else
#define UNIT CHANNELS
#endif

struct unit {
    pixel at[UNIT];
};

__global__ void flip(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int first)
{
    int y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (y >= height) return;
#if defined(IMGCUDA_CPU) && DIRECTION == DIRECTION_VERTICAL
    y = height - 1 - y;  // the last row first, so that src is read from its beginning on
#endif
    int count = width * CHANNELS / UNIT;
    const pixel *from = src + (long long)(DOWN ? first - y : first + y) * width * CHANNELS;
    pixel *to = dst + (long long)y * width * CHANNELS;
    int x0 = blockIdx.x * BLOCK_WIDTH * PACK;
#if PACK > 1
    struct alignas(PACK * sizeof(pixel)) units { pixel at[PACK][UNIT]; };
    if (count % PACK == 0) {
        int x = x0 + threadIdx.x * PACK;
        if (x >= count) return;
        units in = *(const units *)(from + (ACROSS ? count - PACK - x : x) * UNIT), out;
        for (int i = 0; i < PACK; i++)
            for (int c = 0; c < UNIT; c++) out.at[i][c] = in.at[ACROSS ? PACK - 1 - i : i][c];
        *(units *)(to + x * UNIT) = out;
        return;
    }
#endif
    for (int i = 0; i < PACK; i++) {
        int x = x0 + i * BLOCK_WIDTH + threadIdx.x;
        if (x < count) ((unit *)to)[x] = ((const unit *)from)[ACROSS ? count - 1 - x : x];
    }
}

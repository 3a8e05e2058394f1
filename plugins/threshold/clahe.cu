// CLAHE: how often each level occurs in each tile. The tiles may reach beyond the image, by at most one pixel each:
// there the image is read by the rule "mirror", as in OpenCV. Of a strip only its own rows count, so the
// sum over all strips is that of the whole. Row blockIdx.y of the result is that of a tile and a color, of which
// the blocks along x share the tile's rows.

#if PIXEL_BITS == 8
#define LEVELS 256
#define COPIES 8  // neighboring threads count in different ones, because in a flat area all of them count the same level
#else
#define LEVELS 65536
#endif

// Where position i of a line of n is read; i is at least 0.
__device__ int mirrored(int i, int n)
{
    if (i < n) return i;
    int period = max(2 * (n - 1), 1);
    i %= period;
    return i < n ? i : period - i;
}

// The step of a sample, or -1 for what does not count: infinities and NaN.
__device__ int level_of(pixel sample)
{
#if PIXEL_BITS == 32
    if (!(fabsf(sample) < __int_as_float(0x7f800000))) return -1;
    return __float2int_rn(fminf(fmaxf(sample, 0.0f), 1.0f) * (LEVELS - 1));
#else
    return sample;
#endif
}

__global__ void clahe(const pixel *__restrict__ src, unsigned int *__restrict__ dst, int width, int height, int columns,
                      int tile_width, int tile_height, int image_width, int first, int rows, int image_height)
{
    int tile = blockIdx.y / COLORS, channel = blockIdx.y % COLORS, t = threadIdx.x;
    int left = tile % columns * tile_width, top = tile / columns * tile_height;
    int each = gridDim.x, row = blockIdx.x;
    unsigned int *mine = dst + (long long)blockIdx.y * width;
#if PIXEL_BITS == 8
    __shared__ unsigned int table[LEVELS * COPIES];
    for (int i = t; i < LEVELS * COPIES; i += BLOCK_WIDTH) table[i] = 0;
    __syncthreads();
#elif defined(IMGCUDA_CPU)  // where atomic operations between cores are slow: one block counts for all
    if (row > 0) return;
    each = 1;
#endif

    // load and count
    for (; row < tile_height; row += each) {
        int y = mirrored(top + row, image_height) - first;
        if (y >= 0 && y < rows) {
            const pixel *from = src + (long long)y * image_width * SAMPLES + channel;
            for (int i = t; i < tile_width; i += BLOCK_WIDTH) {
                int level = level_of(from[mirrored(left + i, image_width) * SAMPLES]);
#if PIXEL_BITS == 8
                atomicAdd(&table[level * COPIES + t % COPIES], 1u);
#elif defined(IMGCUDA_CPU)
                if (level >= 0) atomicAdd_block(&mine[level], 1u);
#else
                if (level >= 0) atomicAdd(&mine[level], 1u);
#endif
            }
        }
    }

    // store
#if PIXEL_BITS == 8
    __syncthreads();
    for (int i = t; i < LEVELS; i += BLOCK_WIDTH) {
        unsigned int sum = 0;
        for (int k = 0; k < COPIES; k++) sum += table[i * COPIES + (i + k) % COPIES];  // neighbors in other banks
        mine[blockIdx.x * LEVELS + i] = sum;
    }
#endif
}

// Contiguous copy: an image with any strides becomes C-contiguous. A thread copies one pixel. Strides count samples from
// one row, column and channel to the next; they may be negative, and 0.

__global__ void contiguous_copy(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                                long long row, long long column, long long channel)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    int y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    const pixel *in = src + y * row + x * column;
    pixel *out = dst + ((long long)y * width + x) * CHANNELS;
    for (int c = 0; c < CHANNELS; c++) out[c] = in[c * channel];
}

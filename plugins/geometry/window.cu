// Window: a rectangle of src, whose pixel (0, 0) is pixel (left, top) of the image, which may lie outside of it.
// A thread copies PACK neighboring samples of a row. Edge: by the border rule; a constant is the color `fill_0` to
// `fill_3`, on the samples' scale. Row 0 of src is row `first` of the image's src_height rows.

__global__ void window(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int left, int top,
                       int src_width, int src_height, int first, float fill_0, float fill_1, float fill_2, float fill_3)
{
    int x0 = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK, y = blockIdx.y;  // a block is one row high
    int count = width * CHANNELS, src_count = src_width * CHANNELS;
    if (x0 >= count) return;
    int row = border(y + top, src_height), sample = x0 + left * CHANNELS;
#if BORDER == BORDER_WRAP
    if (FOR_ALL(sample >= src_count && sample + PACK <= 2 * src_count)) sample -= src_count;
#endif
    const pixel *from = src + (long long)(row - first) * src_count;
    pixel *to = dst + (long long)y * count;
    if (FOR_ALL(row >= 0 && sample >= 0 && sample + PACK <= src_count)) {
        pack values;
        for (int i = 0; i < PACK; i++) PART(values, i) = from[sample + i];
        store_pack(to + x0, values, count % PACK == 0, count - x0);
        return;
    }
    float fill[4] = {fill_0, fill_1, fill_2, fill_3};
    for (int x = x0; x < min(x0 + PACK, count); x++) {
        int channel = x % CHANNELS, column = border(x / CHANNELS + left, src_width);
        to[x] = row < 0 || column < 0 ? to_pixel(fill[channel]) : from[column * CHANNELS + channel];
    }
}

// Window: a rectangle of src, whose pixel (0, 0) is pixel (left, top) of the image, which may lie outside of it.
// A thread copies PACK neighboring samples of a row. Edge: by the border rule; a constant is the color `fill_0` to
// `fill_3`, on the samples' scale. Row 0 of src is row `first` of the image's src_height rows.

#define ACROSS (BLOCK_WIDTH * PACK)  // the samples of a block, which is one row high

// The sample of the constant color in a channel.
__device__ pixel filled(int channel, float fill_0, float fill_1, float fill_2, float fill_3)
{
    pixel made = to_pixel(fill_0), second = to_pixel(fill_1), third = to_pixel(fill_2), fourth = to_pixel(fill_3);
    if (CHANNELS > 1 && channel == 1) made = second;
    if (CHANNELS > 2 && channel == 2) made = third;
    if (CHANNELS > 3 && channel == 3) made = fourth;
    return made;
}

__global__ void window(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int left, int top,
                       int src_width, int src_height, int first, float fill_0, float fill_1, float fill_2, float fill_3)
{
    int count = width * CHANNELS, src_count = src_width * CHANNELS, y = blockIdx.y, row = border(y + top, src_height);
    const pixel *from = src + (long long)(row - first) * src_count;
    pixel *to = dst + (long long)y * count;
#if PACK == 1  // as on a CPU: the last block ends with the row, and some samples are written twice
    int begin = max(min((int)blockIdx.x * ACROSS, count - ACROSS), 0);
#else
    int begin = blockIdx.x * ACROSS;
#endif
    int start = begin + left * CHANNELS;
#if BORDER == BORDER_WRAP
    int moved = start >= src_count && start < 2 * src_count ? src_count : 0;
#else
    const int moved = 0;
#endif
    bool inside = row >= 0 && start >= moved && start - moved + ACROSS <= src_count && begin + ACROSS <= count;
    int x0 = begin + threadIdx.x * PACK, sample = x0 + left * CHANNELS;
    if (inside) {  // the whole block
        pack values;
        for (int i = 0; i < PACK; i++) PART(values, i) = from[sample - moved + i];
        store_pack(to + x0, values, count % PACK == 0, PACK);
        return;
    }
    if (x0 >= count) return;
#if BORDER == BORDER_WRAP
    if (FOR_ALL(sample >= src_count && sample + PACK <= 2 * src_count)) sample -= src_count;
#endif
    if (FOR_ALL(row >= 0 && sample >= 0 && sample + PACK <= src_count)) {
        pack values;
        for (int i = 0; i < PACK; i++) PART(values, i) = from[sample + i];
        store_pack(to + x0, values, count % PACK == 0, count - x0);
        return;
    }
    for (int x = x0; x < min(x0 + PACK, count); x++) {
        int channel = x % CHANNELS;
#if BORDER == BORDER_CONSTANT
        int from_sample = x + left * CHANNELS;
        pixel made = filled(channel, fill_0, fill_1, fill_2, fill_3);
        if (row >= 0 && from_sample >= 0 && from_sample < src_count) made = from[from_sample];
        to[x] = made;
#else
        to[x] = from[border(x / CHANNELS + left, src_width) * CHANNELS + channel];
#endif
    }
}

// Window: a rectangle of src, whose pixel (0, 0) is pixel (left, top) of the image, which may lie outside of it.
// On a GPU a thread copies PACK neighboring samples of a row. On a CPU a block makes whole rows, each of them in pieces
// that are copied from one row of src, forward or backward, or have one color. Edge: by the border rule; a constant is
// the color `fill_0` to `fill_3`, on the samples' scale. Row 0 of src is row `first` of the image's src_height rows.

// The sample of the constant color in a channel.
__device__ pixel filled(int channel, float fill_0, float fill_1, float fill_2, float fill_3)
{
    pixel made = to_pixel(fill_0), second = to_pixel(fill_1), third = to_pixel(fill_2), fourth = to_pixel(fill_3);
    if (CHANNELS > 1 && channel == 1) made = second;
    if (CHANNELS > 2 && channel == 2) made = third;
    if (CHANNELS > 3 && channel == 3) made = fourth;
    return made;
}

// Sample x of a row of the result, of which `from` is the row that it is read from; `row` is -1 for none.
__device__ pixel sample_of(const pixel *from, int row, int x, int left, int src_width, float fill_0, float fill_1,
                           float fill_2, float fill_3)
{
    int channel = x % CHANNELS;
#if BORDER == BORDER_CONSTANT
    int from_sample = x + left * CHANNELS;
    pixel made = filled(channel, fill_0, fill_1, fill_2, fill_3);
    if (row >= 0 && from_sample >= 0 && from_sample < src_width * CHANNELS) made = from[from_sample];
    return made;
#else
    return from[border(x / CHANNELS + left, src_width) * CHANNELS + channel];
#endif
}

#ifdef IMGCUDA_CPU

struct unit {
    pixel at[CHANNELS];
};

// Write `count` neighboring pixels: the last threads write some of them twice rather than none.
__device__ void copied(unit *to, const unit *from, int count)
{
    for (int start = 0; start < count; start += BLOCK_WIDTH) {
        int i = min(start, max(count - BLOCK_WIDTH, 0)) + threadIdx.x;
        if (i < count) to[i] = from[i];
    }
}

// The same, of the pixels from the one before `end` backward.
__device__ void mirrored(unit *to, const unit *end, int count)
{
    for (int start = 0; start < count; start += BLOCK_WIDTH) {
        int i = min(start, max(count - BLOCK_WIDTH, 0)) + threadIdx.x;
        if (i < count) to[i] = end[-1 - i];
    }
}

// The same, of one color. A thread copies what it wrote first.
__device__ void colored(unit *to, unit color, int count)
{
    int t = threadIdx.x;
    if (t < count) to[t] = color;
    for (int start = BLOCK_WIDTH; start < count; start += BLOCK_WIDTH) to[min(start, count - BLOCK_WIDTH) + t] = to[t];
}

// Write up to `most` pixels that continue a row of n pixels at column i, all that lie in one piece; return how many.
__device__ int piece(unit *to, const unit *from, int i, int n, int most, unit constant)
{
#if BORDER == BORDER_WRAP
    int column = i >= 0 && i < n ? i : (i % n + n) % n, count = min(most, n - column);
    copied(to, from + column, count);
#elif BORDER == BORDER_REFLECT || BORDER == BORDER_MIRROR
    const int twice = BORDER == BORDER_MIRROR;  // how many of the pixels at the edge
    int period = max(2 * n - 2 * twice, 1), column = i >= 0 && i < n ? i : (i % period + period) % period, count;
    if (column < n) {
        count = min(most, n - column);
        copied(to, from + column, count);
    } else {
        count = min(most, period - column);
        mirrored(to, from + period - column + twice, count);
    }
#else
    bool inside = i >= 0 && i < n;
    int count = min(most, inside ? n - i : i < 0 ? -i : most);
    if (inside) copied(to, from + i, count);
    else colored(to, BORDER == BORDER_CONSTANT ? constant : from[i < 0 ? 0 : n - 1], count);
#endif
    return count;
}

__global__ void window(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int left, int top,
                       int src_width, int src_height, int first, float fill_0, float fill_1, float fill_2, float fill_3)
{
    unit constant;
    for (int c = 0; c < CHANNELS; c++) constant.at[c] = filled(c, fill_0, fill_1, fill_2, fill_3);
    int last = (int)((blockIdx.x + 1LL) * height / gridDim.x);
    for (int y = (int)((long long)blockIdx.x * height / gridDim.x); y < last; y++) {
        int row = border(y + top, src_height);
        const pixel *from = src + (long long)(row - first) * src_width * CHANNELS;
        pixel *to = dst + (long long)y * width * CHANNELS;
        if (src_width < BLOCK_WIDTH) {  // too short for pieces
            for (int x = threadIdx.x; x < width * CHANNELS; x += BLOCK_WIDTH)
                to[x] = sample_of(from, row, x, left, src_width, fill_0, fill_1, fill_2, fill_3);
        } else if (row < 0) {
            colored((unit *)to, constant, width);
        } else {
            int x = 0;
            while (x < width)
                x += piece((unit *)to + x, (const unit *)from, x + left, src_width, width - x, constant);
        }
    }
}

#else

#define ACROSS (BLOCK_WIDTH * PACK)  // the samples of a block, which is one row high

__global__ void window(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int left, int top,
                       int src_width, int src_height, int first, float fill_0, float fill_1, float fill_2, float fill_3)
{
    int count = width * CHANNELS, src_count = src_width * CHANNELS, y = blockIdx.y, row = border(y + top, src_height);
    const pixel *from = src + (long long)(row - first) * src_count;
    pixel *to = dst + (long long)y * count;
    int begin = blockIdx.x * ACROSS, start = begin + left * CHANNELS;
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
    for (int x = x0; x < min(x0 + PACK, count); x++)
        to[x] = sample_of(from, row, x, left, src_width, fill_0, fill_1, fill_2, fill_3);
}

#endif

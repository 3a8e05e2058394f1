// Trim: which rows and columns of an image hold anything but the border. The border is pixels that are like a color:
// their samples differ from it by at most `limit`, on the samples' scale. Differences of color are multiplied by the
// larger alpha of the two; NaN always differs. No pixel outside of the image is read.

#define COLORS COLORS_IN(CHANNELS)

// Whether a pixel is like a color.
__device__ bool is_like(const pixel *in, const float *like, float limit)
{
    float seen = 1.0f;
#if COLORS < CHANNELS
    float alpha = in[COLORS];
    if (!(fabsf(alpha - like[COLORS]) <= limit)) return false;
    seen = fmaxf(alpha, like[COLORS]) * (1.0f / PIXEL_MAX);
    if (seen <= 0.0f) return true;
#endif
    for (int c = 0; c < COLORS; c++)
        if (!(seen * fabsf((float)in[c] - like[c]) <= limit)) return false;
    return true;
}

// The samples of the image's upper left pixel; 0 if src does not begin with it. A thread makes a sample.
__global__ void corner(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height, int is_first)
{
    int c = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (c < CHANNELS) dst[c] = is_first ? (float)src[c] : 0.0f;
}

// Counts for each row and each column of the image the blocks in which it holds something: rows from dst[0] on, columns
// from dst[longest] on. The color is `border`, or that of the first pixel. Row 0 of src is row `first` of the image. A
// block has a square of the image; each thread looks through a column of it until it finds something, and if any thread
// has, then through a row. So most pixels within the borders are not read.
__global__ void content(const pixel *__restrict__ src, unsigned int *__restrict__ dst, int width, int height,
                        const float *__restrict__ border, int from_corner, float limit, int first, int longest)
{
    __shared__ unsigned int found;
    if (threadIdx.x == 0) found = 0;
    __syncthreads();
    float like[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) like[c] = from_corner ? (float)src[c] : border[c];
    int left = blockIdx.x * BLOCK_WIDTH, top = blockIdx.y * ROWS;
    int right = min(left + BLOCK_WIDTH, width), bottom = min(top + ROWS, height);

    // a column
    int x = left + threadIdx.x, y = top;
    if (x < right) {
        while (y < bottom && is_like(src + ((long long)y * width + x) * CHANNELS, like, limit)) y++;
        if (y < bottom) {
            atomicAdd(&dst[longest + x], 1u);
            atomicOr(&found, 1u);
        }
    }
    __syncthreads();

    // a row
    x = left, y = top + threadIdx.x;
    if (found != 0 && y < bottom) {
        while (x < right && is_like(src + ((long long)y * width + x) * CHANNELS, like, limit)) x++;
        if (x < right) atomicAdd(&dst[first + y], 1u);
    }
}

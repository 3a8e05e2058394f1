// Emboss: middle grey, and what the slope along the light adds to it or takes away.
// A thread makes PACK neighbouring samples in each of ROWS rows, walking down. The slopes to the right and downwards are
// sums over 3x3 pixels, in which a row is one of two numbers for each sample, so that it is read once and serves thrice:
//   along = left + here + right    slope = right - left
// At the edge of the image, where each sample is read is looked up once for the whole walk.

// A thread reads its samples and those one pixel to the left and to the right of them: SPAN in all. Sample i stands at
// i + STEP among them. REACH samples to either side are read, in whole packs.
#if PACK == 1
#define STEP 1
#define REACH CHANNELS
#else
#define STEP CHANNELS
#define REACH PACK
#endif
#define SPAN (PACK + 2 * STEP)

#if CHANNELS == 2 || CHANNELS == 4  // premultiplied colour, of any type: a hair more, so that it becomes 128 and 32768
#define GREY 0.5000005f
#elif PIXEL_BITS == 32
#define GREY 0.5f
#elif PIXEL_BITS == 16
#define GREY 32768.0f
#else
#define GREY 128.0f
#endif

struct row_sums {
    floats along, slope;
};

__device__ void read_inside(const pixel *row, int x, float *in)
{
#if PACK == 1
    for (int i = 0; i < 3; i++) in[i] = row[x + (i - 1) * CHANNELS];
#else
    pack left = *(const pack *)(row + x - PACK), here = *(const pack *)(row + x), right = *(const pack *)(row + x + PACK);
    for (int i = 0; i < CHANNELS; i++) in[i] = left.at[PACK - CHANNELS + i];
    for (int i = 0; i < PACK; i++) in[CHANNELS + i] = here.at[i];
    for (int i = 0; i < CHANNELS; i++) in[CHANNELS + PACK + i] = right.at[i];
#endif
}

// What lies outside of the image under BORDER_CONSTANT has position -1, and is black.
__device__ void read_edge(const pixel *row, const int *positions, float *in)
{
    for (int i = 0; i < SPAN; i++) in[i] = positions[i] < 0 ? 0.0f : row[positions[i]];
}

__device__ row_sums read_row(const pixel *src, int samples, int height, int y, int x, bool inside, const int *positions)
{
    float in[SPAN];
    int from = border(y, height);
    const pixel *row = src + (long long)max(from, 0) * samples;
    if (inside)
        read_inside(row, x, in);
    else
        read_edge(row, positions, in);
#if BORDER == BORDER_CONSTANT
    for (int i = 0; i < SPAN; i++) in[i] = from < 0 ? 0.0f : in[i];
#endif
    row_sums made;
    for (int i = 0; i < PACK; i++) {
        float left = in[i], here = in[i + STEP], right = in[i + 2 * STEP];
        PART(made.along, i) = left + here + right;
        PART(made.slope, i) = right - left;
    }
    return made;
}

// Middle grey where sample x is: of premultiplied colour it is as opaque as the pixel.
__device__ float grey(const pixel *row, int x, int samples)
{
#if CHANNELS == 2 || CHANNELS == 4
    return GREY * row[min(x, samples - 1) / CHANNELS * CHANNELS + CHANNELS - 1];
#else
    return GREY;
#endif
}

__device__ void write(pixel *out, pack made, bool wide, int count)
{
    if (wide) {
        *(pack *)out = made;
    } else {
        for (int i = 0; i < count; i++) out[i] = PART(made, i);
    }
}

__device__ void walk(const pixel *src, pixel *dst, int samples, int height, int y0, int x, bool inside,
                     const int *positions, float right, float down)
{
    int end = min(y0 + ROWS, height);
    // Rows that do not begin at a multiple of PACK are written sample by sample.
    bool wide = samples % PACK == 0;
    int count = min(samples - x, PACK);
    row_sums above = read_row(src, samples, height, y0 - 1, x, inside, positions);
    row_sums here = read_row(src, samples, height, y0, x, inside, positions);
#if PACK > 1  // not on the CPU: there it takes long to compile, and is no faster
#pragma unroll 4
#endif
    for (int y = y0; y < end; y++) {
        row_sums below = read_row(src, samples, height, y + 1, x, inside, positions);
        const pixel *row = src + (long long)y * samples;
        pack made;
        for (int i = 0; i < PACK; i++) {
            float to_right = PART(above.slope, i) + PART(here.slope, i) + PART(below.slope, i);
            float downwards = PART(below.along, i) - PART(above.along, i);
            PART(made, i) = to_pixel(grey(row, x + i, samples) + right * to_right + down * downwards);
        }
        write(dst + (long long)y * samples + x, made, wide, count);
        above = here;
        here = below;
    }
}

// The same where the image ends: apart, so that what it needs does not weigh on the others.
__device__ __noinline__ void walk_edge(const pixel *src, pixel *dst, int samples, int width, int height, int y0, int x,
                                       float right, float down)
{
    int positions[SPAN];
    for (int i = 0; i < SPAN; i++) {
        int at = PACK == 1 ? x + (i - 1) * CHANNELS : x + i - STEP;
        int column = (at + CHANNELS) / CHANNELS - 1, channel = at - column * CHANNELS;  // at may be -CHANNELS
        int from = border(column, width);
        positions[i] = from < 0 ? -1 : from * CHANNELS + channel;
    }
    walk(src, dst, samples, height, y0, x, false, positions, right, down);
}

// The bound leaves a thread 64 registers, so that enough of them fit a multiprocessor to hide the loads' latency.
__global__ void __launch_bounds__(BLOCK_WIDTH, 1024 / BLOCK_WIDTH)
emboss(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, float right, float down)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    int y0 = blockIdx.y * ROWS;
    bool inside = x >= REACH && x + PACK + REACH <= samples && samples % PACK == 0;
    int none[1];
    if (inside)
        walk(src, dst, samples, height, y0, x, true, none, right, down);
    else if (x < samples)
        walk_edge(src, dst, samples, width, height, y0, x, right, down);
}

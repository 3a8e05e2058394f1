// Edges: the length of the gradient, sqrt(gx^2 + gy^2), or the absolute Laplacian; times a scale.
// A thread makes PACK neighboring samples in each of ROWS rows, walking down. The operators are separable: of each row
// it keeps two numbers a sample, so that it reads every row once and uses it for three rows of the result:
//   along = FAR * (left + right) + NEAR * here    slope = right - left      (Sobel, Scharr, Prewitt)
//   along = here                                  slope = left + right - 4 * here        (Laplacian)
//   along = here                                  slope = right                          (Roberts, along the diagonals)
// Edge: samples outside of the image are read by the border rule; under BORDER_CONSTANT their position is -1, and they
// are black. Threads that read them look their positions up once for the whole walk (walk_edge). A file that includes
// this one may define OPERATOR, and FINISH(gx, gy, first, second, row, x, samples): the result from the slopes gx and
// gy at sample x of a row, given the launch's two numbers. Here `first` is the scale.

#if OPERATOR == OPERATOR_SCHARR
#define NEAR 10.0f
#define FAR 3.0f
#elif OPERATOR == OPERATOR_PREWITT
#define NEAR 1.0f
#define FAR 1.0f
#else
#define NEAR 2.0f
#define FAR 1.0f
#endif

// A thread reads its samples and those one pixel to the left and to the right of them: SPAN in all; sample i is number
// i + STEP of them. Inside of the image it reads REACH samples to either side, in whole packs.
#if PACK == 1
#define STEP 1
#define REACH CHANNELS
#else
#define STEP CHANNELS
#define REACH PACK
#endif
#define SPAN (PACK + 2 * STEP)

struct row_pair {
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

__device__ void read_edge(const pixel *row, const int *positions, float *in)
{
    for (int i = 0; i < SPAN; i++) in[i] = positions[i] < 0 ? 0.0f : row[positions[i]];
}

__device__ row_pair read_row(const pixel *src, int samples, int height, int y, int x, bool inside, const int *positions)
{
    // load
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

    // the two numbers of each sample
    row_pair made;
    for (int i = 0; i < PACK; i++) {
        float left = in[i], here = in[i + STEP], right = in[i + 2 * STEP];
#if OPERATOR == OPERATOR_LAPLACIAN
        PART(made.along, i) = here;
        PART(made.slope, i) = left + right - 4.0f * here;
#elif OPERATOR == OPERATOR_ROBERTS
        PART(made.along, i) = here;
        PART(made.slope, i) = right;
#else
        PART(made.along, i) = FAR * (left + right) + NEAR * here;
        PART(made.slope, i) = right - left;
#endif
    }
    return made;
}

#ifndef FINISH
#define FINISH(gx, gy, first, second, row, x, samples) ((first) * quick_sqrt((gx) * (gx) + (gy) * (gy)))
#endif

__device__ float made_of(const row_pair *above, const row_pair *here, const row_pair *below, int i, float first,
                         float second, const pixel *row, int x, int samples)
{
#if OPERATOR == OPERATOR_LAPLACIAN
    return first * fabsf(PART(above->along, i) + PART(below->along, i) + PART(here->slope, i));
#else
#if OPERATOR == OPERATOR_ROBERTS
    float gx = PART(below->slope, i) - PART(here->along, i), gy = PART(below->along, i) - PART(here->slope, i);
#else
    float gx = FAR * (PART(above->slope, i) + PART(below->slope, i)) + NEAR * PART(here->slope, i);
    float gy = PART(below->along, i) - PART(above->along, i);
#endif
    return FINISH(gx, gy, first, second, row, x, samples);
#endif
}

__device__ void walk(const pixel *src, pixel *dst, int samples, int height, int y0, int x, bool inside,
                     const int *positions, float first, float second)
{
    int end = min(y0 + ROWS, height);
    bool wide = samples % PACK == 0;
    row_pair above = read_row(src, samples, height, y0 - 1, x, inside, positions);
    row_pair here = read_row(src, samples, height, y0, x, inside, positions);
#if PACK > 1  // not on the CPU: there unrolled code takes long to compile, and is no faster
#pragma unroll 4
#endif
    for (int y = y0; y < end; y++) {
        row_pair below = read_row(src, samples, height, y + 1, x, inside, positions);
        floats made;
        const pixel *row = src + (long long)y * samples;
        for (int i = 0; i < PACK; i++)
            PART(made, i) = made_of(&above, &here, &below, i, first, second, row, x + i, samples);
        store_floats(dst + (long long)y * samples + x, made, wide, samples - x);
        above = here;
        here = below;
    }
}

// `walk` at the left or right edge of the image. A function of its own, so that the other threads need no registers for
// the positions.
__device__ __noinline__ void walk_edge(const pixel *src, pixel *dst, int samples, int width, int height, int y0, int x,
                                       float first, float second)
{
    int positions[SPAN];
    for (int i = 0; i < SPAN; i++)
        positions[i] = border_sample(PACK == 1 ? x + (i - 1) * CHANNELS : x + i - STEP, width, 1);
    walk(src, dst, samples, height, y0, x, false, positions, first, second);
}

// The launch bound leaves a thread 64 registers, so that enough threads fit a multiprocessor to hide the loads'
// latency.
__global__ void __launch_bounds__(BLOCK_WIDTH, 1024 / BLOCK_WIDTH)
slopes(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, float first, float second)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    int y0 = blockIdx.y * ROWS;
    bool inside = x >= REACH && x + PACK + REACH <= samples && samples % PACK == 0;
    int none[1];
    if (__builtin_expect(inside, 1))
        walk(src, dst, samples, height, y0, x, true, none, first, second);
    else if (x < samples)
        walk_edge(src, dst, samples, width, height, y0, x, first, second);
}

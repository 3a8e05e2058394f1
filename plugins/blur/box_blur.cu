// Box blur: each sample becomes the mean of the square of 2 radius + 1 samples a side around it, of its own channel.
// A block makes `tall` rows of a tile that overlaps its neighbors by `margin` samples on either side. It walks down
// GROUP rows at a time. A thread keeps the sums of PACK columns, as high as the square: for the next row it adds one
// sample and subtracts one. After a barrier the column sums are added up along the rows in steps: sums of a few columns, then sums
// of a few of those, and so on, so that all threads share the work. Edge: samples outside of the image are read by the
// border rule; under BORDER_CONSTANT their position is -1, and they are black.
// On the CPU one compiled kernel serves all sizes with the same STEPS and BITS. A GPU is faster with sizes known at
// compile time: there they are RADIUS, ROWS, MARGIN, FACTOR and SHIFT, too.

#define SPAN (BLOCK_WIDTH * PACK)
#define FARTHEST 104  // pixels left of the image that are read at most

// Whole numbers are summed exactly: BITS bits hold the sum of a square of the greatest (32 bits hold 256 x 256 samples of uint16).
// Floats are summed as doubles. Subtracting a float from a double leaves an error too small for a float to show, unless
// the sum was once LARGE times what it is now; then it is computed anew.
#if PIXEL_BITS == 32
typedef double running;
typedef float part;
#define LARGE 1048576.0f
#define ORDINARY 1024.0f  // more than the sum of a column of an image from 0 to 1
#elif BITS == 16
typedef unsigned short running;
typedef unsigned short part;
#else
typedef unsigned int running;
typedef unsigned int part;
#endif

#if PACK > 1
struct alignas(PACK * sizeof(part)) parts {
    part at[PACK];
};
#else
typedef part parts;
#endif

// Along a row, the columns of the square are `radius` columns, one, and `radius` columns. With no STEPS they are added
// column by column. Else sums of `radius` columns are made of sums of radius / 4, those of sums of radius / 16, in as
// many STEPS as keep each from adding more than 8 numbers.

// Rows between two barriers. More rows mean fewer barriers, but their sums must fit into a core's first-level cache.
#define GROUP (STEPS < 2 ? 4 : 2)

// Adds a row's PACK samples from x on to the sums of their columns (`times` is 1), or subtracts them (-1). at[i] is the
// position of sample x + i where not all of them lie in the image, side by side.
__device__ void add(running *sum, const pixel *src, int y, int samples, int height, int x, const int *at, int times)
{
    int from = border(y, height);
#if BORDER == BORDER_CONSTANT
    if (from < 0) return;
#endif
    const pixel *row = src + (long long)from * samples;
    pack several;
    if (x >= 0 && x + PACK <= samples && samples % PACK == 0) {
        several = *(const pack *)(row + x);
    } else {
        for (int i = 0; i < PACK; i++) PART(several, i) = at[i] < 0 ? (pixel)0 : row[at[i]];
    }
    for (int i = 0; i < PACK; i++) sum[i] = times > 0 ? sum[i] + PART(several, i) : sum[i] - PART(several, i);
}

// Sums the columns around row y, without their last row.
__device__ void begin(running *sum, const pixel *src, int y, int samples, int height, int x, const int *at, int radius)
{
    for (int i = 0; i < PACK; i++) sum[i] = 0;
#if PACK == 1  // on the CPU, where the number of rounds is not known, more code would take longer to compile
#pragma unroll 1
#endif
    for (int k = -radius; k < radius; k++) add(sum, src, y + k, samples, height, x, at, 1);
}

// Makes the sum of `count` columns from each column on: of four sums of count / 4 columns, if they are `there`, and of
// the remaining columns one by one.
__device__ void widen(parts (*to)[BLOCK_WIDTH], parts (*quarters)[BLOCK_WIDTH], parts (*columns)[BLOCK_WIDTH], int count,
                      bool there)
{
    int have = there ? count / 4 : 0;
#pragma unroll
    for (int g = 0; g < GROUP; g++) {
        const part *quarter = (const part *)quarters[g], *column = (const part *)columns[g];
        part *made = (part *)to[g];
#pragma unroll
        for (int p = 0; p < PACK; p++) {
            int i = threadIdx.x + p * BLOCK_WIDTH;
            if (i < SPAN - (count - 1) * CHANNELS) {
                part total = there ? quarter[i] : column[i];
                for (int k = 1; k < 4 * there; k++) total += quarter[i + k * have * CHANNELS];
#if PACK == 1  // on the CPU, where the number of rounds is not known, more code would take longer to compile
#pragma unroll 1
#endif
                for (int k = max(4 * have, 1); k < count; k++) total += column[i + k * CHANNELS];
                made[i] = total;
            }
        }
    }
    __syncthreads();
}

// total / area, rounded to nearest. The area is odd, so a quotient is never half-way. The host chose `factor` and
// `shift` so that the product is the exact quotient.
__device__ pixel mean(part total, int area, unsigned int factor, int shift)
{
#if PIXEL_BITS == 32
    return total * (1.0f / area);
#elif BITS == 16
    return (pixel)((unsigned short)((unsigned short)(total + area / 2) * factor >> 16) >> shift);
#else
    return (pixel)(__umulhi(total + area / 2, factor) >> shift);
#endif
}

__global__ void __launch_bounds__(BLOCK_WIDTH)
box_blur(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int radius, int tall, int margin,
         unsigned int factor, int shift)
{
#ifdef RADIUS
    radius = RADIUS, tall = ROWS, margin = MARGIN, factor = FACTOR, shift = SHIFT;
#endif
    int area = (2 * radius + 1) * (2 * radius + 1);
    __shared__ parts columns[GROUP][BLOCK_WIDTH];
#if STEPS > 0
    __shared__ parts sums[STEPS > 1 ? 2 : 1][GROUP][BLOCK_WIDTH];
#endif
    int samples = width * CHANNELS;
    int t = threadIdx.x;
    int x0 = blockIdx.x * (SPAN - 2 * margin), y0 = blockIdx.y * tall;
    int x = x0 - margin + t * PACK;
    int at[PACK];
    for (int i = 0; i < PACK; i++) at[i] = border_sample(x + i, width, FARTHEST);
    running sum[PACK];
#if PIXEL_BITS == 32
    float most[PACK];  // the largest that each sum has been since it was computed anew
    for (int i = 0; i < PACK; i++) most[i] = 0.0f;
#endif
    begin(sum, src, y0, samples, height, x, at, radius);

    int end = min(y0 + tall, height), made = min(SPAN - 2 * margin, samples - x0);
    for (int y = y0; y < end; y += GROUP) {
        // accumulate down the columns
#pragma unroll
        for (int g = 0; g < GROUP; g++) {
            add(sum, src, y + g + radius, samples, height, x, at, 1);
            parts whole;
            for (int i = 0; i < PACK; i++) PART(whole, i) = (part)sum[i];
            columns[g][t] = whole;
            add(sum, src, y + g - radius, samples, height, x, at, -1);
#if PIXEL_BITS == 32  // an infinity, or NaN, cannot be subtracted again either
            bool lost = false;
            for (int i = 0; i < PACK; i++) {
                most[i] = fmaxf(most[i], fabsf(PART(whole, i)));
                float least = most[i] > ORDINARY ? most[i] * (1.0f / LARGE) : 0.0f;
                lost = lost || !(fabsf((float)sum[i]) >= least);
            }
            if (__builtin_expect(lost, 0)) {
                begin(sum, src, y + g + 1, samples, height, x, at, radius);
                for (int i = 0; i < PACK; i++) most[i] = 0.0f;
            }
#endif
        }
        __syncthreads();

        // accumulate along the rows
#if STEPS > 2
        widen(sums[0], sums[1], columns, radius / 16, false);
#endif
#if STEPS > 1
        widen(sums[1], sums[0], columns, radius / 4, STEPS > 2);
#endif
#if STEPS > 0
        widen(sums[0], sums[STEPS > 1], columns, radius, STEPS > 1);
#endif

        // store
#pragma unroll
        for (int g = 0; g < GROUP; g++) {
            const part *column = (const part *)columns[g] + margin;
            if (y + g < end) {
#pragma unroll
                for (int p = 0; p < PACK; p++) {
                    int i = t + p * BLOCK_WIDTH;
                    if (i < made) {
                        part total = column[i];
#if STEPS > 0
                        const part *sum = (const part *)sums[0][g] + margin;
                        total += sum[i - radius * CHANNELS] + sum[i + CHANNELS];
#else
#if PACK == 1  // on the CPU, where the number of rounds is not known, more code would take longer to compile
#pragma unroll 1
#endif
                        for (int k = 1; k <= radius; k++) total += column[i - k * CHANNELS] + column[i + k * CHANNELS];
#endif
                        dst[(long long)(y + g) * samples + x0 + i] = mean(total, area, factor, shift);
                    }
                }
            }
        }
        __syncthreads();
    }
}

// Box blur: the mean of the square of AREA samples around each, of its own channel.
// A block makes ROWS rows of a tile that overlaps its neighbours by MARGIN samples on either side, walking down GROUP
// rows at a time. Each thread keeps the sums of PACK columns, WINDOW rows high: for the next row one sample is added and
// one taken away. Then, behind a barrier, those sums are added up along the rows: of a few columns first, of those sums
// a few again, and so on, since what runs along a row would leave the threads beside it nothing to do.
// What lies outside of the image under BORDER_CONSTANT has position -1, and is black.

#define WINDOW (2 * RADIUS + 1)
#define AREA (WINDOW * WINDOW)
#define SPAN (BLOCK_WIDTH * PACK)

// Whole numbers are summed exactly, in BITS that hold AREA of the greatest (of uint16, 32 bits hold 256 x 256 of them).
// Floats are taken away again only from a double: the sum keeps nothing of them that a float would show, unless they were
// LARGE, and what is left is less than 1 / LARGE of that. Then the sum begins anew.
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

// Along a row, WINDOW columns are taken as RADIUS, one and RADIUS. Up to 3 they are added one by one; beyond, the sums of
// RADIUS columns are made by way of those of RADIUS / 4 and RADIUS / 16, so far that no step adds more than 8 numbers.
#if RADIUS <= 3
#define STEPS 0
#elif RADIUS < 8
#define STEPS 1
#elif RADIUS < 32
#define STEPS 2
#else
#define STEPS 3
#endif

// Rows between barriers: the more, the fewer; but a core's nearest cache must hold what is kept of them.
#define GROUP (STEPS < 2 ? 4 : 2)

// Add a row's PACK samples from x on to the sums of their columns, or take them away: `times` is 1 or -1. at[i] is where
// column x + i is read, unless all of them stand side by side (`inside`).
__device__ void add(running *sum, const pixel *src, int y, int samples, int height, int x, bool inside, const int *at,
                    int times)
{
    int from = border(y, height);
#if BORDER == BORDER_CONSTANT
    if (from < 0) return;
#endif
    const pixel *row = src + (long long)from * samples;
    pack several;
    if (inside) {
        several = *(const pack *)(row + x);
    } else {
        for (int i = 0; i < PACK; i++) PART(several, i) = at[i] < 0 ? (pixel)0 : row[at[i]];
    }
    for (int i = 0; i < PACK; i++) sum[i] = times > 0 ? sum[i] + PART(several, i) : sum[i] - PART(several, i);
}

// The window around row y, without its last row.
__device__ void begin(running *sum, const pixel *src, int y, int samples, int height, int x, bool inside, const int *at)
{
    for (int i = 0; i < PACK; i++) sum[i] = 0;
    for (int k = -RADIUS; k < RADIUS; k++) add(sum, src, y + k, samples, height, x, inside, at, 1);
}

// Sums of `count` columns from each on: those of count / 4, if they are there, four times, and the rest one by one.
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
            if (i >= SPAN - (count - 1) * CHANNELS) break;
            part total = there ? quarter[i] : column[i];
            for (int k = 1; k < 4 * there; k++) total += quarter[i + k * have * CHANNELS];
            for (int k = max(4 * have, 1); k < count; k++) total += column[i + k * CHANNELS];
            made[i] = total;
        }
    }
    __syncthreads();
}

// The quotient of whole numbers rounded to nearest: never half-way, since AREA is odd.
__device__ pixel mean(part total)
{
#if PIXEL_BITS == 32
    return total * (1.0f / AREA);
#elif BITS == 16
    return (pixel)((unsigned short)((unsigned short)(total + AREA / 2) * (unsigned int)FACTOR >> 16) >> SHIFT);
#else
    return (pixel)(__umulhi(total + AREA / 2, FACTOR) >> SHIFT);
#endif
}

__global__ void __launch_bounds__(BLOCK_WIDTH)
box_blur(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height)
{
    __shared__ parts columns[GROUP][BLOCK_WIDTH];
#if STEPS > 0
    __shared__ parts sums[STEPS > 1 ? 2 : 1][GROUP][BLOCK_WIDTH];
#endif
    int samples = width * CHANNELS;
    int t = threadIdx.x;
    int x0 = blockIdx.x * (SPAN - 2 * MARGIN), y0 = blockIdx.y * ROWS;
    int x = x0 - MARGIN + t * PACK;
    bool inside = x >= 0 && x + PACK <= samples && samples % PACK == 0;
    int at[PACK];
    for (int i = 0; i < PACK; i++) {
        int column = (x + i + MARGIN * CHANNELS) / CHANNELS - MARGIN;  // x may be negative
        int inner = border(column, width);
        at[i] = inner < 0 ? -1 : inner * CHANNELS + x + i - column * CHANNELS;
    }
    running sum[PACK];
#if PIXEL_BITS == 32
    float most[PACK];  // that the sum has been since it began
    for (int i = 0; i < PACK; i++) most[i] = 0.0f;
#endif
    begin(sum, src, y0, samples, height, x, inside, at);

    int end = min(y0 + ROWS, height), made = min(SPAN - 2 * MARGIN, samples - x0);
    for (int y = y0; y < end; y += GROUP) {
#pragma unroll
        for (int g = 0; g < GROUP; g++) {
            add(sum, src, y + g + RADIUS, samples, height, x, inside, at, 1);
            parts whole;
            for (int i = 0; i < PACK; i++) PART(whole, i) = (part)sum[i];
            columns[g][t] = whole;
            add(sum, src, y + g - RADIUS, samples, height, x, inside, at, -1);
#if PIXEL_BITS == 32  // what was infinite, or not a number, cannot be taken away again either
            bool lost = false;
            for (int i = 0; i < PACK; i++) {
                most[i] = fmaxf(most[i], fabsf(PART(whole, i)));
                float least = most[i] > ORDINARY ? most[i] * (1.0f / LARGE) : 0.0f;
                lost = lost || !(fabsf((float)sum[i]) >= least);
            }
            if (lost) {
                begin(sum, src, y + g + 1, samples, height, x, inside, at);
                for (int i = 0; i < PACK; i++) most[i] = 0.0f;
            }
#endif
        }
        __syncthreads();
#if STEPS > 2
        widen(sums[0], sums[1], columns, RADIUS / 16, false);
#endif
#if STEPS > 1
        widen(sums[1], sums[0], columns, RADIUS / 4, STEPS > 2);
#endif
#if STEPS > 0
        widen(sums[0], sums[STEPS > 1], columns, RADIUS, STEPS > 1);
#endif
#pragma unroll
        for (int g = 0; g < GROUP; g++) {
            const part *column = (const part *)columns[g] + MARGIN;
            if (y + g < end) {
#pragma unroll
                for (int p = 0; p < PACK; p++) {
                    int i = t + p * BLOCK_WIDTH;
                    if (i >= made) break;
                    part total = column[i];
#if STEPS > 0
                    const part *sum = (const part *)sums[0][g] + MARGIN;
                    total += sum[i - RADIUS * CHANNELS] + sum[i + CHANNELS];
#else
                    for (int k = 1; k <= RADIUS; k++) total += column[i - k * CHANNELS] + column[i + k * CHANNELS];
#endif
                    dst[(long long)(y + g) * samples + x0 + i] = mean(total);
                }
            }
        }
        __syncthreads();
    }
}

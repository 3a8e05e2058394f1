// Median: each sample becomes the median of a square of 2 RADIUS + 1 pixels a side, of its own channel.
// There are three ways, of which one is compiled at a time; each says what a thread does:
//   RADIUS 1 and 2       `median` sorts the samples as far as the middle one needs it; if RANKED, it searches
//   larger, !TOGETHER    `split`, `halve`, `join`: each pixel searches its median bit by bit; if SLICED, 32 pixels' bits
//                        stand in one word
//   larger, TOGETHER     `split`, `search`, `join`: the pixels of a block search their medians together
// What searches finds the number of any `rank`: that of a median is half of the area, of the smallest it is 0.
// Edge: samples outside of the image are read by the border rule; under BORDER_CONSTANT they are 0.

#define SIDE (2 * RADIUS + 1)

#ifndef TOGETHER  // sorting

#ifdef RANKED

// The largest number that at most `rank` of SIDE * SIDE values are less than, bit by bit from the highest.
__device__ pixel chosen(pixel *v, int rank)
{
    pixel_key keys[SIDE * SIDE], found = 0;
    for (int i = 0; i < SIDE * SIDE; i++) keys[i] = key_of_pixel(v[i]);
    for (int bit = PIXEL_BITS - 1; bit >= 0; bit--) {
        pixel_key trial = (pixel_key)(found | (pixel_key)1 << bit);
        unsigned char less = 0;
#pragma unroll
        for (int i = 0; i < SIDE * SIDE; i++) less = (unsigned char)(less + (keys[i] < trial));
        found = less <= (unsigned char)rank ? trial : found;
    }
    return pixel_of_key(found);
}

#else

#define ORDER(a, b) { pixel low = min(v[a], v[b]); v[b] = max(v[a], v[b]); v[a] = low; }

// The median of SIDE * SIDE values, by a sorting network that leaves it in the middle. It needs 19 exchanges of 9 values
// (J. L. Smith, Implementing Median Filters in XC4000E FPGAs, 1996), the first 9 of them within rows, and 99 of 25.
__device__ pixel chosen(pixel *v, int)
{
#if RADIUS == 1  // of rows in order
    ORDER(0, 3) ORDER(5, 8) ORDER(4, 7) ORDER(3, 6) ORDER(1, 4) ORDER(2, 5) ORDER(4, 7) ORDER(4, 2) ORDER(6, 4)
    ORDER(4, 2)
    return v[4];
#else
    ORDER(0, 1) ORDER(3, 4) ORDER(2, 4) ORDER(2, 3) ORDER(6, 7) ORDER(5, 7) ORDER(5, 6) ORDER(9, 10) ORDER(8, 10)
    ORDER(8, 9) ORDER(12, 13) ORDER(11, 13) ORDER(11, 12) ORDER(15, 16) ORDER(14, 16) ORDER(14, 15) ORDER(18, 19)
    ORDER(17, 19) ORDER(17, 18) ORDER(21, 22) ORDER(20, 22) ORDER(20, 21) ORDER(23, 24) ORDER(2, 5) ORDER(3, 6)
    ORDER(0, 6) ORDER(0, 3) ORDER(4, 7) ORDER(1, 7) ORDER(1, 4) ORDER(11, 14) ORDER(8, 14) ORDER(8, 11) ORDER(12, 15)
    ORDER(9, 15) ORDER(9, 12) ORDER(13, 16) ORDER(10, 16) ORDER(10, 13) ORDER(20, 23) ORDER(17, 23) ORDER(17, 20)
    ORDER(21, 24) ORDER(18, 24) ORDER(18, 21) ORDER(19, 22) ORDER(8, 17) ORDER(9, 18) ORDER(0, 18) ORDER(0, 9)
    ORDER(10, 19) ORDER(1, 19) ORDER(1, 10) ORDER(11, 20) ORDER(2, 20) ORDER(2, 11) ORDER(12, 21) ORDER(3, 21)
    ORDER(3, 12) ORDER(13, 22) ORDER(4, 22) ORDER(4, 13) ORDER(14, 23) ORDER(5, 23) ORDER(5, 14) ORDER(15, 24)
    ORDER(6, 24) ORDER(6, 15) ORDER(7, 16) ORDER(7, 19) ORDER(13, 21) ORDER(15, 23) ORDER(7, 13) ORDER(7, 15)
    ORDER(1, 9) ORDER(3, 11) ORDER(5, 17) ORDER(11, 17) ORDER(9, 17) ORDER(4, 10) ORDER(6, 12) ORDER(7, 14) ORDER(4, 6)
    ORDER(4, 7) ORDER(12, 14) ORDER(10, 14) ORDER(6, 7) ORDER(10, 12) ORDER(6, 10) ORDER(6, 17) ORDER(12, 17)
    ORDER(7, 17) ORDER(7, 10) ORDER(12, 18) ORDER(7, 12) ORDER(10, 18) ORDER(12, 20) ORDER(10, 20) ORDER(10, 12)
    return v[12];
#endif
}

#endif

// Reads the samples of row `from` in the square around sample x. `inside`: all columns of the square lie in the image,
// side by side; else at[k] is the position of column k.
__device__ void read_row(pixel *v, const pixel *src, int samples, int from, int x, bool inside, const int *at)
{
    const pixel *row = src + (long long)max(from, 0) * samples;
#pragma unroll
    for (int k = 0; k < SIDE; k++) {
        pixel value;
        if (inside)
            value = row[x + (k - RADIUS) * CHANNELS];
        else
#ifdef IMGCUDA_CPU  // threads whose neighbor is in the image read side by side, all at once
            value = at[k] == x + (k - RADIUS) * CHANNELS ? row[x + (k - RADIUS) * CHANNELS] : row[max(at[k], 0)];
#else
            value = row[max(at[k], 0)];
#endif
#if BORDER == BORDER_CONSTANT
        value = from < 0 || (!inside && at[k] < 0) ? (pixel)0 : value;
#endif
        v[k] = value;
    }
}

// Makes one sample in each of ROWS rows, with `inside` and `at` as above.
__device__ void walk(const pixel *src, pixel *dst, int samples, int height, int x, bool inside, const int *at,
                     const int *rows, int rank)
{
    int y0 = blockIdx.y * ROWS, end = min(ROWS, height - y0);
#if RADIUS == 1 && !defined(RANKED)  // each row is read and put in order once, for the three squares that it lies in
    pixel above[SIDE] = {0}, own[SIDE] = {0}, v[SIDE];
    for (int j = 0; j < end + SIDE - 1; j++) {
        read_row(v, src, samples, rows[j], x, inside, at);
        ORDER(1, 2) ORDER(0, 1) ORDER(1, 2)
        if (j >= SIDE - 1) {
            pixel square[] = {above[0], above[1], above[2], own[0], own[1], own[2], v[0], v[1], v[2]};
            dst[(long long)(y0 + j - SIDE + 1) * samples + x] = chosen(square, rank);
        }
        for (int k = 0; k < SIDE; k++) {
            above[k] = own[k];
            own[k] = v[k];
        }
    }
#else
    for (int r = 0; r < end; r++) {
        pixel v[SIDE * SIDE];
#pragma unroll
        for (int j = 0; j < SIDE; j++) read_row(v + j * SIDE, src, samples, rows[r + j], x, inside, at);
        dst[(long long)(y0 + r) * samples + x] = chosen(v, rank);
    }
#endif
}

// A thread makes one sample in each of ROWS rows.
__global__ void median(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int rank)
{
    __shared__ int rows[ROWS + SIDE - 1];
    int samples = width * CHANNELS, x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (threadIdx.x < ROWS + SIDE - 1) {
        int row = blockIdx.y * ROWS + threadIdx.x - RADIUS;
        rows[threadIdx.x] = border(min(row, height - 1 + RADIUS), height);
    }
    __syncthreads();
    int at[SIDE];
    bool inside = x >= RADIUS * CHANNELS && x < samples - RADIUS * CHANNELS;
    if (FOR_ALL(inside)) {
        walk(src, dst, samples, height, x, true, at, rows, rank);
    } else if (__builtin_expect(x < samples, 0)) {
        for (int k = 0; k < SIDE; k++) {
            int column = border(x / CHANNELS + k - RADIUS, width);
            at[k] = column < 0 ? -1 : column * CHANNELS + x % CHANNELS;
        }
        walk(src, dst, samples, height, x, false, at, rows, rank);
    }
}

#else  // searching: the largest number that at most `rank` of the values are less than

// `split` splits the image into planes, one for each channel, with a halo of RADIUS pixels, so that the search needs no
// border rule; `join` joins the medians to an image. Planes stand side by side. A plane of medians is `wide` columns
// wide, a whole number of blocks, and as high; a plane of the image is 2 RADIUS higher, and BEYOND wider.

typedef pixel_key key;

#if RADIUS <= 7
#define BEYOND 32  // so that a plane is a whole number of slices
typedef unsigned char count;  // the fewest bits that hold a count, so that a vector of the CPU's holds more counts
#else
#define BEYOND (2 * RADIUS)
typedef unsigned short count;
#endif

#ifdef SLICED

#define LANES 32                            // the keys of a slice, side by side
#define EVERY 0xFFFFFFFFu                   // all of a warp
#define LINE ((1u << SIDE) - 1)             // the bits of a row of a square
#define LINES (32 / SIDE)                   // rows of a square whose bits a word holds
#define WORDS ((SIDE + LINES - 1) / LINES)  // words that hold the bits of a square

// A warp splits LANES pixels side by side, in each of ROWS rows. In place of LANES keys it writes PIXEL_BITS words, of
// which word b has bit b of each key.
__global__ void split(const pixel *__restrict__ src, key *__restrict__ dst, int width, int height, int inner_width,
                      int inner_height)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, columns = width / CHANNELS, lane = threadIdx.x % LANES;
    if (blockIdx.x * BLOCK_WIDTH >= columns) return;
    int column = border(min(x - RADIUS, inner_width - 1 + RADIUS), inner_width);
    int end = min((int)(blockIdx.y + 1) * ROWS, height);
    for (int y = blockIdx.y * ROWS; y < end; y++) {
        int from = border(min(y - RADIUS, inner_height - 1 + RADIUS), inner_height);
        const pixel *in = src + (long long)max(from, 0) * inner_width * CHANNELS + max(column, 0) * CHANNELS;
        for (int c = 0; c < CHANNELS; c++) {
            key own = key_of_pixel(from < 0 || column < 0 ? (pixel)0 : in[c]);
            unsigned int word = 0;
            for (int bit = 0; bit < PIXEL_BITS; bit++) {
                unsigned int slice = __ballot_sync(EVERY, own >> bit & 1);
                word = lane == bit ? slice : word;
            }
            unsigned int *words = (unsigned int *)(dst + (long long)y * width + c * columns + x - lane);
            if (lane < PIXEL_BITS && x < columns) words[lane] = word;
        }
    }
}

#else

// A thread splits the pixels of a column, in each of ROWS rows. What it writes beyond a plane's halo is not used.
__global__ void split(const pixel *__restrict__ src, key *__restrict__ dst, int width, int height, int inner_width,
                      int inner_height)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, columns = width / CHANNELS;
    if (x >= columns) return;
    bool inside = blockIdx.x * BLOCK_WIDTH >= RADIUS && (int)(blockIdx.x + 1) * BLOCK_WIDTH <= inner_width + RADIUS;
    int column = inside ? x - RADIUS : border(min(x - RADIUS, inner_width - 1 + RADIUS), inner_width);
    int end = min((int)(blockIdx.y + 1) * ROWS, height);
    for (int y = blockIdx.y * ROWS; y < end; y++) {
        int from = border(min(y - RADIUS, inner_height - 1 + RADIUS), inner_height);
        const pixel *in = src + (long long)max(from, 0) * inner_width * CHANNELS + max(column, 0) * CHANNELS;
        for (int c = 0; c < CHANNELS; c++)
            dst[(long long)y * width + c * columns + x] = key_of_pixel(from < 0 || column < 0 ? (pixel)0 : in[c]);
    }
}

#endif

// A thread joins the samples of a pixel, in each of ROWS rows.
__global__ void join(const key *__restrict__ src, pixel *__restrict__ dst, int width, int height, int wide)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= width) return;
    int end = min((int)(blockIdx.y + 1) * ROWS, height);
    for (int y = blockIdx.y * ROWS; y < end; y++)
        for (int c = 0; c < CHANNELS; c++)
            dst[((long long)y * width + x) * CHANNELS + c] = pixel_of_key(src[((long long)y * CHANNELS + c) * wide + x]);
}

#if defined(SLICED)

// A thread finds the median of one sample in each of ROWS rows, bit by bit from the highest. Of the values that may
// still be the median, it counts the values whose bit is 0: if there are more than `rank`, the median is one of them,
// else one of the others.
__global__ void halve(const key *__restrict__ src, key *__restrict__ dst, int width, int height, int wide, int rank)
{
    int first = blockIdx.x * LANES, y0 = (blockIdx.y * BLOCK_HEIGHT + threadIdx.y) * ROWS;
    int from = first + first / wide * BEYOND, pitch = width + width / wide * BEYOND;
    const unsigned int *slices = (const unsigned int *)(src + (long long)y0 * pitch + from);
    unsigned int left[ROWS][WORDS];  // a bit for each value of the square: it may still be the median
    int less[ROWS];                  // how many of these are less
    key found[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        found[r] = 0;
        less[r] = rank;
#pragma unroll
        for (int k = 0; k < WORDS; k++) left[r][k] = (1u << SIDE * min(LINES, SIDE - k * LINES)) - 1;
    }
#pragma unroll 1
    for (int bit = PIXEL_BITS - 1; bit >= 0; bit--) {
        unsigned int line[ROWS + SIDE - 1];
#pragma unroll
        for (int j = 0; j < ROWS + SIDE - 1; j++) {
            const unsigned int *slice = slices + (long long)j * (pitch / LANES) * PIXEL_BITS + bit;
            line[j] = __funnelshift_r(slice[0], slice[PIXEL_BITS], threadIdx.x) & LINE;
        }
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            unsigned int zeros[WORDS];
            int number = 0;
#pragma unroll
            for (int k = 0; k < WORDS; k++) {
                unsigned int ones = 0;
#pragma unroll
                for (int j = min(LINES, SIDE - k * LINES) - 1; j >= 0; j--) ones = ones << SIDE | line[r + k * LINES + j];
                zeros[k] = left[r][k] & ~ones;
                number += __popc(zeros[k]);
            }
            bool set = number <= less[r];
            less[r] -= set ? number : 0;
            found[r] = (key)(found[r] | (set ? (key)1 << bit : 0));
#pragma unroll
            for (int k = 0; k < WORDS; k++) left[r][k] = set ? left[r][k] & ~zeros[k] : zeros[k];
        }
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++) dst[(long long)(y0 + r) * width + first + threadIdx.x] = found[r];
}

#elif !TOGETHER

// A thread finds the median of one sample in each of ROWS rows, bit by bit from the highest: a bit is set if at most
// `rank` of the values are less than the number with that bit.
__global__ void halve(const key *__restrict__ src, key *__restrict__ dst, int width, int height, int wide, int rank)
{
    int first = blockIdx.x * BLOCK_WIDTH, x = first + threadIdx.x, pitch = width + CHANNELS * BEYOND;
    for (int y = blockIdx.y * ROWS; y < (int)(blockIdx.y + 1) * ROWS; y++) {
        const key *window = src + (long long)y * pitch + first / wide * BEYOND + x;
        key found = 0;
        for (int bit = PIXEL_BITS - 1; bit >= 0; bit--) {
            key trial = (key)(found | (key)1 << bit);
            count less = 0;
            for (int j = 0; j < SIDE; j++) {
#pragma unroll
                for (int k = 0; k < SIDE; k++) less = (count)(less + (window[(long long)j * pitch + k] < trial));
            }
            found = less <= (count)rank ? trial : found;
        }
        dst[(long long)y * width + x] = found;
    }
}

#else

// The pixels of a block search together. Each step has a trial value, and counts for every pixel how many values of its
// square are less than the trial, in a time that hardly depends on RADIUS: down the columns, where for the next row one
// value is added and one subtracted; then along the rows, where sums of two columns make sums of four, and so on. The
// count narrows the bounds of each pixel's median if the trial lies between them. The next trial is the smallest that
// halves the bounds of any pixel, until every pixel has one value left. Medians of neighbors are similar, so a trial
// serves many. A thread makes a column of ROWS pixels. The last 2 RADIUS threads of a block only count, for the others.
__global__ void search(const key *__restrict__ src, key *__restrict__ dst, int width, int height, int wide, int rank)
{
    __shared__ count sums[2][ROWS][BLOCK_WIDTH];
    __shared__ key wanted[BLOCK_WIDTH];
    const int made = BLOCK_WIDTH - 2 * RADIUS;
    int t = threadIdx.x, first = blockIdx.x * made, y0 = blockIdx.y * ROWS, pitch = width + 2 * RADIUS * CHANNELS;
    const key *window = src + (long long)y0 * pitch + first / wide * 2 * RADIUS + first + t;
    key low[ROWS], high[ROWS];
    for (int r = 0; r < ROWS; r++) {
        low[r] = 0;
        high[r] = t < made ? 255 : 0;
    }
    key trial = 128;
    while (trial) {
        // count down the columns
        count less = 0;
        for (int j = 0; j < SIDE - 1; j++) less = (count)(less + (window[j * pitch] < trial));
        for (int r = 0; r < ROWS; r++) {
            less = (count)(less + (window[(r + SIDE - 1) * pitch] < trial));
            sums[0][r][t] = less;
            less = (count)(less - (window[r * pitch] < trial));
        }
        __syncthreads();

        // count along the rows
        count total[ROWS];
        for (int r = 0; r < ROWS; r++) total[r] = 0;
        int done = 0, from = 0;
#pragma unroll
        for (int n = 1; n <= SIDE; n *= 2) {  // sums[from] are of n columns
            if (SIDE & n) {
                if (t + done + n <= BLOCK_WIDTH)
                    for (int r = 0; r < ROWS; r++) total[r] = (count)(total[r] + sums[from][r][t + done]);
                done += n;
            }
            if (2 * n <= SIDE && t + 2 * n <= BLOCK_WIDTH)
                for (int r = 0; r < ROWS; r++) sums[1 - from][r][t] = (count)(sums[from][r][t] + sums[from][r][t + n]);
            from = 1 - from;
            __syncthreads();
        }

        // narrow the bounds
        key least = 255;  // one less than the smallest trial that a pixel needs
        for (int r = 0; r < ROWS; r++) {
            bool reached = total[r] <= (count)rank;
            key below = trial - 1;
            low[r] = reached ? max(low[r], trial) : low[r];
            high[r] = reached ? high[r] : min(high[r], below);
            key apart = (key)(high[r] - low[r] - 1), half = (key)(low[r] + (apart >> 1));
            least = low[r] < high[r] ? min(least, half) : least;
        }

        // the next trial: the smallest of all threads'
        wanted[t] = least;
        __syncthreads();
        for (int n = BLOCK_WIDTH / 2; n > 0; n /= 2) {
            if (t < n) wanted[t] = min(wanted[t], wanted[t + n]);
            __syncthreads();
        }
        trial = (key)(wanted[0] + 1);
        __syncthreads();
    }
    // store
    if (t < made)
        for (int r = 0; r < ROWS; r++) dst[(long long)(y0 + r) * width + first + t] = low[r];
}

#endif
#endif

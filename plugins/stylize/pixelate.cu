// Pixelate: each square of `size` x `size` pixels becomes its mean color. Edge: squares that reach beyond the right or
// lower edge become the mean of their part in the image. Sums of 8 and 16 bits are whole numbers, so their means are
// exact, and rounded to nearest, halves to even. SIZE is set for small squares, which one launch makes (`pixelate`);
// large ones take up to four (`columns`, `whole_columns`, `means`, `fill`). Each kernel says what a thread does.

// The sum of a small square, of 15 x 15 samples at most, or of a column of a large one.
#if PIXEL_BITS == 32
typedef float sum;
#elif PIXEL_BITS == 8 && defined(SIZE)
typedef unsigned short sum;
#else
typedef unsigned int sum;
#endif

// Sums PACK columns, from sample x on, over rows `first` to `last`, the latter not included. Samples outside of the
// image do not count.
__device__ void add_rows(const pixel *src, int samples, int x, int first, int last, sum *made)
{
    const pixel *from = src + x;
    for (int i = 0; i < PACK; i++) made[i] = 0;
    if (PACK > 1 && samples % PACK == 0 && x >= 0 && x + PACK <= samples) {
        for (int y = first; y < last; y++) {
            pack row = *(const pack *)(from + (long long)y * samples);
            for (int i = 0; i < PACK; i++) made[i] += PART(row, i);
        }
    } else {
        for (int i = 0; i < PACK; i++)
            if (x + i >= 0 && x + i < samples)
                for (int y = first; y < last; y++) made[i] += from[(long long)y * samples + i];
    }
}

// Stores the same PACK samples to rows `first` to `last`, the latter not included.
__device__ void write_rows(pixel *dst, int samples, int x, int first, int last, pack made)
{
    bool wide = samples % PACK == 0;
    for (int y = first; y < last; y++) store_pack(dst + (long long)y * samples + x, made, wide, samples - x);
}

#ifdef SIZE

#define TILE (BLOCK_WIDTH * PACK)

// The means of the squares that the PACK samples from x on lie in; squares[i] is the sum of the square that begins at x
// + i.
__device__ pack means_at(const sum *squares, int x, int width, int rows)
{
    pack made;
    for (int i = 0; i < PACK; i++) {
        int column = (x + i) / CHANNELS, inner = column % SIZE;
#if PACK > 1
        sum square = squares[i - inner * CHANNELS];
#else  // the same by selecting, which the CPU does faster than a read from a place of each thread's own
        sum square = squares[0];
        for (int j = 1; j < SIZE; j++) square = inner < j ? square : squares[-j * CHANNELS];
#endif
        PART(made, i) = to_pixel((float)square / (min(SIZE, width - column + inner) * rows));
    }
    return made;
}

// A block makes ROWS rows, SIZE at a time, of a tile that overlaps its neighbors by MARGIN samples on either side. A
// thread sums PACK columns; after a barrier it sums SIZE columns from each of these on; after another it takes the sums
// of the squares that its PACK samples lie in.
__global__ void pixelate(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height)
{
    __shared__ sum columns[TILE], squares[TILE];
    int samples = width * CHANNELS;
    int t = threadIdx.x * PACK;
    int x = blockIdx.x * (TILE - 2 * MARGIN) + t - MARGIN;
    int start = blockIdx.y * ROWS, stop = min(start + ROWS, height);
    for (int y = start; y < stop; y += SIZE) {
        // load, and accumulate down the columns
        int end = min(y + SIZE, height);
        sum own[PACK];
        add_rows(src, samples, x, y, end, own);
        for (int i = 0; i < PACK; i++) columns[t + i] = own[i];
        __syncthreads();

        // accumulate along the rows
        if (t < TILE - MARGIN) {
            for (int i = 0; i < PACK; i++) {
                sum square = columns[t + i];
                for (int j = 1; j < SIZE; j++) square += columns[t + i + j * CHANNELS];
                squares[t + i] = square;
            }
        }
        __syncthreads();

        // store
        if (t >= MARGIN && t < TILE - MARGIN && x < samples)
            write_rows(dst, samples, x, y, end, means_at(squares + t, x, width, end - y));
    }
}

#else

// Makes the sums of columns of large squares, in `parts` parts a square, each a row of dst. A thread sums PACK columns
// of one part. Here and in what follows, `above` rows of the first squares are not in this image, but in the strip
// before it.
__global__ void columns(const pixel *__restrict__ src, sum *__restrict__ dst, int width, int height, int rows, int size,
                        int parts, int above)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    int square = blockIdx.y / parts, part = blockIdx.y % parts, length = (size + parts - 1) / parts;
    int top = square * size - above;
    int first = max(top + part * length, 0), last = min(top + min((part + 1) * length, size), rows);
    sum made[PACK];
    add_rows(src, samples, x, first, last, made);
    for (int i = 0; i < PACK; i++)
        if (x + i < samples) dst[(long long)blockIdx.y * samples + x + i] = made[i];
}

// Makes the sums of whole columns of squares from those of their parts. A thread makes one.
__global__ void whole_columns(const sum *__restrict__ src, sum *__restrict__ dst, int width, int height, int parts)
{
    int samples = width * CHANNELS;
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= samples) return;
    sum made = 0;
    for (int part = 0; part < parts; part++) made += src[((long long)blockIdx.y * parts + part) * samples + x];
    dst[(long long)blockIdx.y * samples + x] = made;
}

// Makes the mean of each square of an image of `columns` columns and `rows` rows. A thread makes one sample of it.
__global__ void means(const sum *__restrict__ src, pixel *__restrict__ dst, int width, int height, int columns, int rows,
                      int size, int above)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y;
    if (x >= width * CHANNELS) return;
    int first = x / CHANNELS * size, across = min(size, columns - first);
    int down = min((y + 1) * size - above, rows) - max(y * size - above, 0);
    const sum *from = src + ((long long)y * columns + first) * CHANNELS + x % CHANNELS;
#if PIXEL_BITS == 32
    float total = 0.0f;
    for (int i = 0; i < across; i++) total += from[i * CHANNELS];
    dst[y * width * CHANNELS + x] = total / (float)(across * down);
#else
    unsigned long long total = 0;
    for (int i = 0; i < across; i++) total += from[i * CHANNELS];
    unsigned int count = across * down, mean = (unsigned int)(total / count);
    unsigned int rest = (unsigned int)(total - (unsigned long long)mean * count);
    dst[y * width * CHANNELS + x] = mean + (2 * rest > count || (2 * rest == count && mean % 2 == 1));
#endif
}

// Makes each pixel from the mean of its square; there are `squares` squares in a row. A thread makes PACK samples in
// each of ROWS rows.
__global__ void fill(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int squares, int size,
                     int above)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    if (x >= samples) return;
    int at[PACK];
    for (int i = 0; i < PACK; i++) {
        int sample = min(x + i, samples - 1), column = sample / CHANNELS;
        at[i] = column / size * CHANNELS + sample - column * CHANNELS;
    }
    int y = blockIdx.y * ROWS, stop = min(y + ROWS, height);
    while (y < stop) {
        int square = (y + above) / size, end = min((square + 1) * size - above, stop);
        pack made;
        for (int i = 0; i < PACK; i++) PART(made, i) = src[(long long)square * squares * CHANNELS + at[i]];
        write_rows(dst, samples, x, y, end, made);
        y = end;
    }
}

#endif

// Blur: a Gaussian, along the rows and then along the columns; weights[k] is that of distance k.
// `blur` does both at once: a thread walks down PACK neighbouring columns, GROUP rows at a step. It blurs along the
// rows as it comes to them, keeps the last RING results of its own columns, and blurs along those.
// It is for small sigmas; the kernels below are for large ones.
// What lies outside of the image under BORDER_CONSTANT has position -1, and is black.

__device__ float sample(const pixel *row, int column, int width, int channel)
{
    int from = border(column, width);
#if BORDER == BORDER_CONSTANT
    if (from < 0) return 0.0f;
#endif
    return row[from * CHANNELS + channel];
}

// Along a row, PACK samples from x, where all that is needed is inside of the image and rows begin at a multiple of PACK.
__device__ floats across_inside(const pixel *row, int x, const float *weights)
{
    floats sum;
#if PACK == 1
    sum = weights[0] * row[x];
#pragma unroll
    for (int k = 1; k <= RADIUS; k++) sum += weights[k] * (row[x - k * CHANNELS] + row[x + k * CHANNELS]);
#else
    float in[2 * SIDE + PACK];
#pragma unroll
    for (int j = 0; j < 2 * SIDE + PACK; j += PACK) {
        pack several = *(const pack *)(row + x - SIDE + j);
#pragma unroll
        for (int i = 0; i < PACK; i++) in[j + i] = several.at[i];
    }
#pragma unroll
    for (int i = 0; i < PACK; i++) {
        sum.at[i] = weights[0] * in[SIDE + i];
#pragma unroll
        for (int k = 1; k <= RADIUS; k++)
            sum.at[i] += weights[k] * (in[SIDE + i - k * CHANNELS] + in[SIDE + i + k * CHANNELS]);
    }
#endif
    return sum;
}

__device__ __noinline__ float across_edge(const pixel *row, int x, int width, const float *weights, int radius)
{
    int column = x / CHANNELS, channel = x - column * CHANNELS;
    float sum = weights[0] * row[x];
    for (int k = 1; k <= radius; k++)
        sum += weights[k] * (sample(row, column - k, width, channel) + sample(row, column + k, width, channel));
    return sum;
}

// The samples of PACK columns at a row that may lie outside of the image, blurred along that row.
__device__ floats across(const pixel *src, int x, int y, int width, int height, bool inside, const float *weights)
{
    int samples = width * CHANNELS;
    int from = border(y, height);
    const pixel *row = src + (long long)max(from, 0) * samples;
    floats sum;
    if (inside) {
        sum = across_inside(row, x, weights);
    } else {
        for (int i = 0; i < PACK; i++) PART(sum, i) = across_edge(row, min(x + i, samples - 1), width, weights, RADIUS);
    }
#if BORDER == BORDER_CONSTANT
    for (int i = 0; i < PACK; i++) PART(sum, i) = from < 0 ? 0.0f : PART(sum, i);
#endif
    return sum;
}

__device__ void write(pixel *out, floats sum, bool wide, int count)
{
    pack made;
    for (int i = 0; i < PACK; i++) PART(made, i) = to_pixel(PART(sum, i));
    if (wide) {
        *(pack *)out = made;
    } else {
        for (int i = 0; i < count; i++) out[i] = PART(made, i);
    }
}

__global__ void blur(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                     const float *__restrict__ weights)
{
    __shared__ floats ring[RING][BLOCK_WIDTH];  // a column for each thread: no other reads it
    int samples = width * CHANNELS;
    int t = threadIdx.x;
    int x = (blockIdx.x * BLOCK_WIDTH + t) * PACK;
    int y0 = blockIdx.y * ROWS, rows = min(ROWS, height - y0);
    if (x >= samples) return;

    bool wide = samples % PACK == 0;
    bool inside = wide && x >= SIDE && x + PACK + SIDE <= samples;
    for (int i = 0; i < 2 * RADIUS; i++) ring[i][t] = across(src, x, y0 + i - RADIUS, width, height, inside, weights);

    for (int i = 0; i < rows; i += GROUP) {
        for (int g = 0; g < GROUP; g++)
            ring[(i + g + 2 * RADIUS) % RING][t] = across(src, x, y0 + i + g + RADIUS, width, height, inside, weights);
        floats sum[GROUP];
#pragma unroll
        for (int g = 0; g < GROUP; g++)
            for (int p = 0; p < PACK; p++) PART(sum[g], p) = 0.0f;
#pragma unroll
        for (int j = 0; j < GROUP + 2 * RADIUS; j++) {
            floats value = ring[(i + j) % RING][t];
#pragma unroll
            for (int g = 0; g < GROUP; g++) {
                int distance = abs(j - g - RADIUS);
                if (distance <= RADIUS) {
                    for (int p = 0; p < PACK; p++) PART(sum[g], p) += weights[distance] * PART(value, p);
                }
            }
        }
        for (int g = 0; g < GROUP && i + g < rows; g++)
            write(dst + (long long)(y0 + i + g) * samples + x, sum[g], wide, min(samples - x, PACK));
    }
}

// A large Gaussian is smooth, so it is blurred on a grid that keeps every STEP-th row and column, each at a multiple of
// STEP from the image's first: `down_columns` and `down_rows` weigh the image onto the grid, `blur_grid` blurs it there,
// once down and once along, and `up` weighs the grid back onto the image. A thread makes ROWS samples of a column.
// The weights both ways are a B-spline's, spline[STEP * TAPS / 2 + d] at distance d: TAPS of them, STEP apart, reach any
// place. The grid begins and ends so far outside of the image that only the first two kernels need the border.
#ifdef STEP

// PACK neighbours of a row that may lie outside of the image; `wide`: rows begin at a multiple of PACK.
__device__ floats from_row(const pixel *src, int x, int y, int samples, int height, bool wide)
{
    int from = border(y, height);
    const pixel *row = src + (long long)max(from, 0) * samples;
    pack several;
    if (wide) {
        several = *(const pack *)(row + x);
    } else {
        for (int p = 0; p < PACK; p++) PART(several, p) = row[min(x + p, samples - 1)];
    }
    floats value;
    for (int p = 0; p < PACK; p++) PART(value, p) = PART(several, p);
#if BORDER == BORDER_CONSTANT
    for (int p = 0; p < PACK; p++) PART(value, p) = from < 0 ? 0.0f : PART(value, p);
#endif
    return value;
}

// Where the columns brought onto grid rows keep a sample: those that are STEP columns apart lie side by side, `run` of
// them, since that is what neighbouring threads of `down_rows` read at a time.
__device__ int place(int column, int channel, int run)
{
    return (column % STEP * run + column / STEP) * CHANNELS + channel;
}

// Rows of the grid from `first` on, of columns of the image. A thread walks down bands of STEP rows. A band is part of
// TAPS rows of the grid, so it is read once and added to all: sum[k] is of the row that has had k bands before.
__global__ void down_columns(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height,
                             const float *__restrict__ spline, int first, int image_width, int image_height)
{
    int samples = image_width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    int y0 = blockIdx.y * ROWS, rows = min(ROWS, height - y0);
    if (x >= samples) return;

    bool wide = samples % PACK == 0;
    floats sum[TAPS];
#pragma unroll
    for (int k = 0; k < TAPS; k++)
        for (int p = 0; p < PACK; p++) PART(sum[k], p) = 0.0f;

    for (int i = 1 - TAPS; i < rows; i++) {
        int band = (first + y0 + i + TAPS / 2 - 1) * STEP;
        for (int j = 0; j < STEP; j++) {
            floats value = from_row(src, x, band + j, samples, image_height, wide);
#pragma unroll
            for (int k = 0; k < TAPS; k++)
                for (int p = 0; p < PACK; p++) PART(sum[k], p) += spline[k * STEP + j] * PART(value, p);
        }
        if (i >= 0) {
            float *row = dst + (long long)(y0 + i) * width * CHANNELS;
            for (int p = 0; p < PACK && x + p < samples; p++) {
                int column = (x + p) / CHANNELS, channel = x + p - column * CHANNELS;
                row[place(column, channel, width / STEP)] = PART(sum[TAPS - 1], p);
            }
        }
#pragma unroll
        for (int k = TAPS - 1; k > 0; k--) sum[k] = sum[k - 1];
        for (int p = 0; p < PACK; p++) PART(sum[0], p) = 0.0f;
    }
}

// Columns of the grid from `first` on.
__global__ void down_rows(const float *__restrict__ src, float *__restrict__ dst, int width, int height,
                          const float *__restrict__ spline, int first, int image_width, int run)
{
    int samples = width * CHANNELS;
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= samples || y >= height) return;

    const float *row = src + (long long)y * run * STEP * CHANNELS;
    int from = x + (first - TAPS / 2) * CHANNELS;  // the first sample that is read, of those STEP columns apart
    float sum = 0.0f;
    if (from >= 0 && from + (TAPS - 1) * CHANNELS < image_width / STEP * CHANNELS) {
        for (int k = 0; k < TAPS; k++)
            for (int j = 0; j < STEP; j++) sum += spline[k * STEP + j] * row[from + (j * run + k) * CHANNELS];
    } else {
        int column = x / CHANNELS, channel = x - column * CHANNELS;
        for (int k = 0; k < TAPS * STEP; k++) {
            int at = border((column + first - TAPS / 2) * STEP + k, image_width);
#if BORDER == BORDER_CONSTANT
            if (at < 0) continue;
#endif
            sum += spline[k] * row[place(at, channel, run)];
        }
    }
    dst[(long long)y * samples + x] = sum;
}

// One direction of the grid. A row of src has `pitch` samples, and it is `next` samples from one that is weighed to the
// next. The result is smaller than src by what the weights reach, so nothing is read outside.
__global__ void blur_grid(const float *__restrict__ src, float *__restrict__ dst, int width, int height,
                          const float *__restrict__ weights, int count, int pitch, int next)
{
    int samples = width * CHANNELS;
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= samples || y >= height) return;

    const float *from = src + (long long)y * pitch + x;
    float sum = 0.0f;
    for (int k = 0; k < count; k++) sum += weights[k] * from[(long long)k * next];
    dst[(long long)y * samples + x] = sum;
}

// The grid along one of its rows, at PACK samples of the image from x.
__device__ floats along(const float *row, int x, int samples, const float *spline)
{
    floats sum;
    for (int p = 0; p < PACK; p++) {
        int at = min(x + p, samples - 1), column = at / CHANNELS, channel = at - column * CHANNELS;
        const float *from = row + column / STEP * CHANNELS + channel;
        PART(sum, p) = 0.0f;
#pragma unroll
        for (int k = 0; k < TAPS; k++)
            PART(sum, p) += spline[(TAPS - 1 - k) * STEP + column % STEP] * from[k * CHANNELS];
    }
    return sum;
}

// A thread keeps, of its columns, the TAPS rows of the grid that are around the row that it makes.
__global__ void up(const float *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                   const float *__restrict__ spline, int pitch)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    int y0 = blockIdx.y * ROWS, y1 = min(y0 + ROWS, height);
    if (x >= samples) return;

    bool wide = samples % PACK == 0;
    const float *row = src + (long long)(y0 / STEP) * pitch;
    floats near[TAPS];
#pragma unroll
    for (int k = 1; k < TAPS; k++, row += pitch) near[k] = along(row, x, samples, spline);
    for (int band = y0 / STEP * STEP; band < y1; band += STEP, row += pitch) {
#pragma unroll
        for (int k = 1; k < TAPS; k++) near[k - 1] = near[k];
        near[TAPS - 1] = along(row, x, samples, spline);
        for (int y = max(band, y0); y < min(band + STEP, y1); y++) {
            floats sum;
            for (int p = 0; p < PACK; p++) PART(sum, p) = 0.0f;
#pragma unroll
            for (int k = 0; k < TAPS; k++)
                for (int p = 0; p < PACK; p++)
                    PART(sum, p) += spline[(TAPS - 1 - k) * STEP + y - band] * PART(near[k], p);
            write(dst + (long long)y * samples + x, sum, wide, min(samples - x, PACK));
        }
    }
}
#endif

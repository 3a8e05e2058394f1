// Blur: a Gaussian. A small one is a sum that convolve.cu, which stands behind this file, weighs along columns and rows.
// Here are the kernels for large ones, which are blurred on a grid: every STEP-th row and column.

#define FINISH(sum, middle, scale, bias) (sum)

#ifdef STEP

// A large Gaussian is smooth, so it is blurred on a grid that keeps every STEP-th row and column, each at a multiple of
// STEP from the image's first: `down_columns` and `down_rows` weigh the image onto the grid, `blur_grid` blurs it there,
// once down and once along, and `up` weighs the grid back onto the image. A thread makes ROWS samples of a column.
// The weights both ways are a B-spline's, spline[STEP * TAPS / 2 + d] at distance d: TAPS of them, STEP apart, reach any
// place. The grid begins and ends so far outside of the image that only the first two kernels need the border.
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

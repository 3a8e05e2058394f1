// Blur: each sample becomes the mean of those around it, weighed by a Gaussian.
// A small Gaussian is launched as `separable` of convolve.cu, whose sum is then the result.

#define FINISH(sum, middle, scale, bias) (sum)
#include "convolve.cu"

#ifdef STEP

// A large Gaussian is smooth, so the image is blurred on a grid that keeps every STEP-th row and column, counted from
// the image's first. There are four kernels:
//   down_columns, down_rows   bring the image onto the grid, first along the columns, then along the rows
//   blur_grid                 blurs the grid, launched once along the columns and once along the rows
//   up                        brings the grid back onto the image
// Weights from the image to the grid and back are a B-spline's, spline[STEP * TAPS / 2 + d] at distance d; TAPS grid
// points, STEP apart, have a weight other than 0 at any place. A thread of the first and the last kernel makes ROWS
// rows of PACK samples, of the others one sample. Edge: the grid extends beyond the image, as far as the blur reaches.
// So only down_columns and down_rows read outside of the image, by the border rule. PACK neighboring samples from
// column x of row y, which may lie above or below the image; `wide` as for load_pack.
__device__ floats from_row(const pixel *src, int x, int y, int samples, int height, bool wide)
{
    int from = border(y, height);
    floats value = load_floats(src + (long long)max(from, 0) * samples + x, wide, samples - x);
#if BORDER == BORDER_CONSTANT
    for (int p = 0; p < PACK; p++) PART(value, p) = from < 0 ? 0.0f : PART(value, p);
#endif
    return value;
}

// Where down_columns stores a sample within a row: `run` columns that are STEP apart lie side by side, because
// neighboring threads of down_rows read them at the same time.
__device__ int place(int column, int channel, int run)
{
    return (column % STEP * run + column / STEP) * CHANNELS + channel;
}

// Makes rows of the grid from row `first` on, as wide as the image. A thread walks down bands of STEP rows. A band
// counts for TAPS rows of the grid, so it is read once and added to TAPS sums: sum[k] belongs to the row that k bands
// were added to before.
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
        // load a band, and add it to all sums
        int band = (first + y0 + i + TAPS / 2 - 1) * STEP;
        for (int j = 0; j < STEP; j++) {
            floats value = from_row(src, x, band + j, samples, image_height, wide);
#pragma unroll
            for (int k = 0; k < TAPS; k++)
                for (int p = 0; p < PACK; p++) PART(sum[k], p) += spline[k * STEP + j] * PART(value, p);
        }
        // store the row that is complete
        if (i >= 0) {
            float *row = dst + (long long)(y0 + i) * width * CHANNELS;
            for (int p = 0; p < PACK && x + p < samples; p++) {
                int column = (x + p) / CHANNELS, channel = x + p - column * CHANNELS;
                row[place(column, channel, width / STEP)] = PART(sum[TAPS - 1], p);
            }
        }
        // move each sum on
#pragma unroll
        for (int k = TAPS - 1; k > 0; k--) sum[k] = sum[k - 1];
        for (int p = 0; p < PACK; p++) PART(sum[0], p) = 0.0f;
    }
}

// Makes columns of the grid from column `first` on, of what down_columns stored. A thread makes one sample.
__global__ void down_rows(const float *__restrict__ src, float *__restrict__ dst, int width, int height,
                          const float *__restrict__ spline, int first, int image_width, int run)
{
    int samples = width * CHANNELS;
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= samples || y >= height) return;

    const float *row = src + (long long)y * run * STEP * CHANNELS;
    int from = x + (first - TAPS / 2) * CHANNELS;  // the first sample that is read, of those STEP columns apart
    float sum = 0.0f;
    bool inside = from >= 0 && from + (TAPS - 1) * CHANNELS < image_width / STEP * CHANNELS;
    if (FOR_ALL(inside)) {
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

// Blurs the grid in one direction: a thread makes one sample from `count` samples of src, each `next` samples behind
// the one before. A row of src has `pitch` samples. The result is smaller than src by the reach of the weights, so
// nothing is read outside of src.
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

// A row of the grid, interpolated along it at PACK samples of the image from x on.
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

// Interpolates the grid at each row of the image. A thread walks down ROWS rows, and keeps the TAPS rows of the grid
// around the row that it makes.
__global__ void up(const float *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                   const float *__restrict__ spline, int pitch)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    int y0 = blockIdx.y * ROWS, y1 = min(y0 + ROWS, height);
#if PACK > 1
    if (x >= samples) return;
#endif

    bool wide = samples % PACK == 0;
    const float *row = src + (long long)(y0 / STEP) * pitch;
    floats near[TAPS];
#pragma unroll
    for (int k = 1; k < TAPS; k++, row += pitch) near[k] = along(row, x, samples, spline);
    for (int band = y0 / STEP * STEP; band < y1; band += STEP, row += pitch) {
        // load the next row of the grid
#pragma unroll
        for (int k = 1; k < TAPS; k++) near[k - 1] = near[k];
        near[TAPS - 1] = along(row, x, samples, spline);
        // accumulate and store the rows of the image up to the next row of the grid
        for (int y = max(band, y0); y < min(band + STEP, y1); y++) {
            floats sum;
            for (int p = 0; p < PACK; p++) PART(sum, p) = 0.0f;
#pragma unroll
            for (int k = 0; k < TAPS; k++)
                for (int p = 0; p < PACK; p++)
                    PART(sum, p) += spline[(TAPS - 1 - k) * STEP + y - band] * PART(near[k], p);
            if (x < samples) store_floats(dst + (long long)y * samples + x, sum, wide, samples - x);
        }
    }
}
#endif

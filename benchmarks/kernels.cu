// Kernels as people write them, to measure the CPU engine with: benchmarks/engine.py runs them.
// The textbook ones have a thread for each pixel, a loop over the channels and a clamp on every tap; the tuned ones
// have a thread for each sample of a row, which walks down ROWS rows, and leave the clamps to blocks at the border.
//
//   CHANNELS        samples in a pixel
//   RADIUS          how far a filter reaches
//   BLOCK_WIDTH     threads in a block, all in one row
//   ROWS            rows of each block of the tuned kernels

typedef unsigned char uchar;

#define CLAMP(value, end) min(max(value, 0), (end) - 1)

__device__ int strength(int a, int b, int c, int d, int f, int g, int h, int i)  // a b c / d . f / g h i
{
    int x = c + 2 * f + i - a - 2 * d - g;
    int y = g + 2 * h + i - a - 2 * b - c;
    return (int)fminf(sqrtf((float)(x * x + y * y)) + 0.5f, 255.0f);
}

// ---- grayscale, by the weights that OpenCV has

__global__ void grayscale(const uchar *__restrict__ src, uchar *__restrict__ dst, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    dst[i] = (uchar)((src[3 * i] * 4899 + src[3 * i + 1] * 9617 + src[3 * i + 2] * 1868 + 8192) >> 14);
}

// ---- Gaussian

__global__ void gauss_rows(const uchar *__restrict__ src, float *__restrict__ dst, const float *__restrict__ weights,
                           int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x;
    int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    for (int c = 0; c < CHANNELS; c++) {
        float sum = 0.0f;
        for (int k = -RADIUS; k <= RADIUS; k++)
            sum += weights[k + RADIUS] * src[(y * width + min(max(x + k, 0), width - 1)) * CHANNELS + c];
        dst[(y * width + x) * CHANNELS + c] = sum;
    }
}

__global__ void gauss_columns(const float *__restrict__ src, uchar *__restrict__ dst, const float *__restrict__ weights,
                              int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x;
    int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    for (int c = 0; c < CHANNELS; c++) {
        float sum = 0.5f;
        for (int k = -RADIUS; k <= RADIUS; k++)
            sum += weights[k + RADIUS] * src[(min(max(y + k, 0), height - 1) * width + x) * CHANNELS + c];
        dst[(y * width + x) * CHANNELS + c] = (uchar)sum;
    }
}

__global__ void gauss_tuned(const uchar *__restrict__ src, uchar *__restrict__ dst, const float *__restrict__ weights,
                            int width, int height)
{
    __shared__ float tile[ROWS + 2 * RADIUS][BLOCK_WIDTH];  // blurred along the rows
    int samples = width * CHANNELS, t = threadIdx.x;
    int x0 = blockIdx.x * BLOCK_WIDTH, y0 = blockIdx.y * ROWS, x = x0 + t;
    bool inside = x0 >= RADIUS * CHANNELS && x0 + BLOCK_WIDTH + RADIUS * CHANNELS <= samples;
    int column = min(x, samples - 1) / CHANNELS, channel = min(x, samples - 1) - column * CHANNELS;
    for (int r = 0; r < ROWS + 2 * RADIUS; r++) {
        const uchar *row = src + CLAMP(y0 + r - RADIUS, height) * samples;
        float sum;
        if (inside) {
            sum = weights[RADIUS] * row[x];
#pragma unroll
            for (int k = 1; k <= RADIUS; k++)
                sum += weights[RADIUS + k] * (row[x - k * CHANNELS] + row[x + k * CHANNELS]);
        } else {
            sum = weights[RADIUS] * row[column * CHANNELS + channel];
            for (int k = 1; k <= RADIUS; k++)
                sum += weights[RADIUS + k] * (row[max(column - k, 0) * CHANNELS + channel] +
                                              row[min(column + k, width - 1) * CHANNELS + channel]);
        }
        tile[r][t] = sum;
    }
    __syncthreads();
    if (x >= samples) return;
    for (int r = 0; r < min(ROWS, height - y0); r++) {
        float sum = weights[RADIUS] * tile[r + RADIUS][t] + 0.5f;
#pragma unroll
        for (int k = 1; k <= RADIUS; k++) sum += weights[RADIUS + k] * (tile[r + RADIUS - k][t] + tile[r + RADIUS + k][t]);
        dst[(y0 + r) * samples + x] = (uchar)sum;
    }
}

// ---- Sobel: the length of the gradient

__global__ void sobel_textbook(const uchar *__restrict__ src, uchar *__restrict__ dst, int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x;
    int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    int left = max(x - 1, 0), right = min(x + 1, width - 1), above = max(y - 1, 0), below = min(y + 1, height - 1);
#define AT(x, y) src[((y) * width + (x)) * CHANNELS + c]
    for (int c = 0; c < CHANNELS; c++)
        dst[(y * width + x) * CHANNELS + c] =
            (uchar)strength(AT(left, above), AT(x, above), AT(right, above), AT(left, y), AT(right, y), AT(left, below),
                            AT(x, below), AT(right, below));
#undef AT
}

__global__ void sobel_tuned(const uchar *__restrict__ src, uchar *__restrict__ dst, int width, int height)
{
    int samples = width * CHANNELS;
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y0 = blockIdx.y * ROWS;
    if (x >= samples) return;
    int left = x < CHANNELS ? x : x - CHANNELS, right = x + CHANNELS < samples ? x + CHANNELS : x;
    for (int y = y0; y < min(y0 + ROWS, height); y++) {
        const uchar *row = src + y * samples;
        const uchar *above = src + max(y - 1, 0) * samples, *below = src + min(y + 1, height - 1) * samples;
        dst[y * samples + x] = (uchar)strength(above[left], above[x], above[right], row[left], row[right],
                                               below[left], below[x], below[right]);
    }
}

// ---- median of 5x5: exchanges that leave the 13th of 25 values in the middle (J. L. Smith, Implementing Median
// Filters in XC4000E FPGAs, 1996). MEDIAN_TYPE is what the values are held in: int, or unsigned char.

#define X(a, b) { MEDIAN_TYPE low = min(v##a, v##b); v##b = max(v##a, v##b); v##a = low; }
#define MEDIAN_OF_25 \
    X(0, 1) X(3, 4) X(2, 4) X(2, 3) X(6, 7) X(5, 7) X(5, 6) X(9, 10) X(8, 10) X(8, 9) X(12, 13) X(11, 13) X(11, 12) \
    X(15, 16) X(14, 16) X(14, 15) X(18, 19) X(17, 19) X(17, 18) X(21, 22) X(20, 22) X(20, 21) X(23, 24) X(2, 5) \
    X(3, 6) X(0, 6) X(0, 3) X(4, 7) X(1, 7) X(1, 4) X(11, 14) X(8, 14) X(8, 11) X(12, 15) X(9, 15) X(9, 12) X(13, 16) \
    X(10, 16) X(10, 13) X(20, 23) X(17, 23) X(17, 20) X(21, 24) X(18, 24) X(18, 21) X(19, 22) X(8, 17) X(9, 18) \
    X(0, 18) X(0, 9) X(10, 19) X(1, 19) X(1, 10) X(11, 20) X(2, 20) X(2, 11) X(12, 21) X(3, 21) X(3, 12) X(13, 22) \
    X(4, 22) X(4, 13) X(14, 23) X(5, 23) X(5, 14) X(15, 24) X(6, 24) X(6, 15) X(7, 16) X(7, 19) X(13, 21) X(15, 23) \
    X(7, 13) X(7, 15) X(1, 9) X(3, 11) X(5, 17) X(11, 17) X(9, 17) X(4, 10) X(6, 12) X(7, 14) X(4, 6) X(4, 7) \
    X(12, 14) X(10, 14) X(6, 7) X(10, 12) X(6, 10) X(6, 17) X(12, 17) X(7, 17) X(7, 10) X(12, 18) X(7, 12) X(10, 18) \
    X(12, 20) X(10, 20) X(10, 12)

#define READ_5(a, b, c, d, e, dy) \
    MEDIAN_TYPE v##a = AT(-2, dy), v##b = AT(-1, dy), v##c = AT(0, dy), v##d = AT(1, dy), v##e = AT(2, dy);
#define READ_25 \
    READ_5(0, 1, 2, 3, 4, -2) READ_5(5, 6, 7, 8, 9, -1) READ_5(10, 11, 12, 13, 14, 0) READ_5(15, 16, 17, 18, 19, 1) \
    READ_5(20, 21, 22, 23, 24, 2)

__global__ void median_textbook(const uchar *__restrict__ src, uchar *__restrict__ dst, int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x;
    int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
#define AT(dx, dy) src[(CLAMP(y + dy, height) * width + CLAMP(x + dx, width)) * CHANNELS + c]
    for (int c = 0; c < CHANNELS; c++) {
        READ_25
        MEDIAN_OF_25
        dst[(y * width + x) * CHANNELS + c] = (uchar)v12;
    }
#undef AT
}

__global__ void median_tuned(const uchar *__restrict__ src, uchar *__restrict__ dst, int width, int height)
{
    int samples = width * CHANNELS;
    int x0 = blockIdx.x * BLOCK_WIDTH, y0 = blockIdx.y * ROWS, x = x0 + threadIdx.x;
    if (x >= samples) return;
    bool inside = x0 >= 2 * CHANNELS && x0 + BLOCK_WIDTH + 2 * CHANNELS <= samples;
    int column = x / CHANNELS, channel = x - column * CHANNELS;
    for (int y = y0; y < min(y0 + ROWS, height); y++) {
        if (inside) {
#define AT(dx, dy) src[CLAMP(y + dy, height) * samples + x + dx * CHANNELS]
            READ_25
            MEDIAN_OF_25
            dst[y * samples + x] = (uchar)v12;
#undef AT
        } else {
#define AT(dx, dy) src[CLAMP(y + dy, height) * samples + CLAMP(column + dx, width) * CHANNELS + channel]
            READ_25
            MEDIAN_OF_25
            dst[y * samples + x] = (uchar)v12;
#undef AT
        }
    }
}

// ---- bilateral, of one channel

__global__ void bilateral(const uchar *__restrict__ src, uchar *__restrict__ dst, float by_distance, float by_color,
                          int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x;
    int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    float sum = 0.0f, total = 0.0f, here = src[y * width + x];
    for (int j = -RADIUS; j <= RADIUS; j++) {
        for (int k = -RADIUS; k <= RADIUS; k++) {
            if (j * j + k * k > RADIUS * RADIUS) continue;
            float value = src[CLAMP(y + j, height) * width + CLAMP(x + k, width)], difference = value - here;
            float weight = expf((j * j + k * k) * by_distance + difference * difference * by_color);
            sum += weight * value;
            total += weight;
        }
    }
    dst[y * width + x] = (uchar)(sum / total + 0.5f);
}

// ---- histogram, for blocks of 256 threads

__global__ void histogram(const uchar *__restrict__ src, unsigned int *__restrict__ counts, int n)
{
    __shared__ unsigned int part[256];
    part[threadIdx.x] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) atomicAdd(&part[src[i]], 1u);
    __syncthreads();
    atomicAdd(&counts[threadIdx.x], part[threadIdx.x]);
}

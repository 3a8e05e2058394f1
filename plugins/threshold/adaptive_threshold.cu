// Adaptive threshold: white where a gray image, of SAMPLES a pixel, is brighter than a level found around each pixel;
// alpha stays. `above_mean` takes the level from an image of means that another filter has made. For levels by the
// standard deviation `columns` sums samples and their squares down the columns of a square, and `above_deviation` along
// the rows. Neither takes longer for a larger square, or hardly so. Edge: samples outside of the image are read by the
// border rule; under BORDER_CONSTANT they are black.

#if PIXEL_BITS == 32
#define LEAST 1e-6f  // by how much a float must be brighter, since means are rounded
#else
#define LEAST 0.0f
#endif

// A pixel that is just `offset` below the mean is black, as in OpenCV; whole levels are exact. A thread makes a pixel.
__global__ void above_mean(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                           const pixel *__restrict__ mean, float offset)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    long long i = ((long long)y * width + x) * SAMPLES;
    bool above = src[i] > __fsub_rn(mean[i], __fmul_rn(offset, PIXEL_MAX)) + LEAST;
    dst[i] = above ? (pixel)PIXEL_MAX : (pixel)0;
#if SAMPLES == 2
    dst[i + 1] = src[i + 1];
#endif
}

#define FARTHEST 100  // the largest radius

// Whole numbers are summed exactly: the squares of 201 x 201 bytes fit into 32 bits, those of 16 bits into 64.
#if PIXEL_BITS == 8
typedef unsigned int sum;
#elif PIXEL_BITS == 16
typedef unsigned long long sum;
#else
typedef double sum;
#endif

// Sums of samples and of their squares.
struct moments {
    sum first, second;
};

// A sample as it counts: floats from 0 to 1.
__device__ sum counted(pixel sample)
{
#if PIXEL_BITS == 32
    return fminf(fmaxf(sample, 0.0f), 1.0f);
#else
    return sample;
#endif
}

// Adds the sample of row y in a column, or subtracts it.
__device__ void add(moments *total, const pixel *column, int y, int pitch, int height, bool more)
{
    int from = border(y, height);
    sum value = from < 0 ? (sum)0 : counted(column[(long long)from * pitch]);
    total->first = more ? total->first + value : total->first - value;
    total->second = more ? total->second + value * value : total->second - value * value;
}

// A thread makes ROWS sums in a column: each is the one above, plus one sample, minus another.
__global__ void columns(const pixel *__restrict__ src, moments *__restrict__ dst, int width, int height, int radius)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y0 = blockIdx.y * ROWS;
    if (x >= width) return;
    const pixel *column = src + x * SAMPLES;
    int pitch = width * SAMPLES;
    moments total;
    total.first = total.second = 0;
#pragma unroll 1
    for (int k = -radius; k < radius; k++) add(&total, column, y0 + k, pitch, height, true);
#pragma unroll 1
    for (int y = y0; y < min(y0 + ROWS, height); y++) {
        add(&total, column, y + radius, pitch, height, true);
        dst[(long long)y * width + x] = total;
        add(&total, column, y - radius, pitch, height, false);
    }
}

// The level for the sums over a square of `area` pixels, which are exact, and so is the variance of whole numbers.
__device__ double level_of(moments all, int area, float offset, float k, float r, int sauvola)
{
#if PIXEL_BITS == 32
    double spread = area * all.second - all.first * all.first;
#else
    unsigned long long first = all.first;
    double spread = area * (unsigned long long)all.second - first * first;
#endif
    double mean = (double)all.first / area, deviation = sqrt(fmax(spread, 0.0)) / area;
    double level = sauvola ? mean * (1.0 + k * (deviation / (r * PIXEL_MAX) - 1.0)) : mean - k * deviation;
    return level - offset * PIXEL_MAX;
}

// A block adds up the columns' sums for a row of pixels: to sums of 1, 2, 4 and so on neighbors, from which those are
// taken that make up the square's width, 2 radius + 1. Nothing is subtracted.
__global__ void above_deviation(const moments *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                                const pixel *__restrict__ gray, int radius, float offset, float k, float r, int sauvola)
{
    const int room = BLOCK_WIDTH + 2 * FARTHEST;
    __shared__ moments sums[2][room];
    int t = threadIdx.x, x0 = blockIdx.x * BLOCK_WIDTH, y = blockIdx.y, number = BLOCK_WIDTH + 2 * radius;
    const moments *row = src + (long long)y * width;
    for (int i = t; i < number; i += BLOCK_WIDTH) {
        int x = border(x0 - radius + i, width);
        moments none;
        none.first = none.second = 0;
        sums[0][i] = x < 0 ? none : row[x];
    }
    __syncthreads();

    // accumulate
    int side = 2 * radius + 1, from = t, now = 0;
    moments all;
    all.first = all.second = 0;
    for (int step = 1; step <= side; step *= 2) {
        if (side & step) {
            all.first += sums[now][from].first;
            all.second += sums[now][from].second;
            from += step;
        }
        if (2 * step <= side)
            for (int i = t; i < number - 2 * step + 1; i += BLOCK_WIDTH) {
                sums[1 - now][i].first = sums[now][i].first + sums[now][i + step].first;
                sums[1 - now][i].second = sums[now][i].second + sums[now][i + step].second;
            }
        __syncthreads();
        now = 1 - now;
    }

    // store
    int x = x0 + t;
    if (x >= width) return;
    long long i = ((long long)y * width + x) * SAMPLES;
    float level = level_of(all, side * side, offset, k, r, sauvola);
    dst[i] = gray[i] > level + LEAST ? (pixel)PIXEL_MAX : (pixel)0;
#if SAMPLES == 2
    dst[i + 1] = gray[i + 1];
#endif
}

// Error diffusion, by three kernels. WAVE rows are made at once, each by a thread that is DELAY pixels behind the row
// above: far enough to know all errors that it gets from there. `skew` lays the image out so that the pixels that are
// made at once form a row: in step s, thread t makes the pixel of column s - t * DELAY of row t of the wave, and the
// next wave begins `period` steps after. Colors are planes of WAVE columns side by side. `diffuse` walks down these
// steps, a block for each color, and `levels` brings each result back to its pixel. Samples are counted in ONEths of
// the distance of two levels. Edge: errors that are passed on to pixels beyond the image are lost.

#define ONE 65536
#define HALF (ONE / 2)
#define COLORS COLORS_IN(CHANNELS)
#define REACH (DELAY - 1)  // how far to the right of a pixel errors come from

#ifdef IMGCUDA_CPU  // which reads ahead by itself
#define AHEAD 1
#else
#define AHEAD 8
#endif

// A thread makes ROWS steps of a column. What lies outside of the image is not used.
__global__ void skew(const pixel *__restrict__ src, int *__restrict__ dst, int width, int height, int columns, int rows,
                     int period, int top)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, s0 = blockIdx.y * ROWS;
    if (x >= width) return;
    int t = x % WAVE, c = x / WAVE, since = s0 - t * DELAY + period;
    int wave = since / period - 1, column = since % period;
    for (int s = s0; s < min(s0 + ROWS, height); s++) {
        int row = wave * WAVE + t, made = 0;
        if (wave >= 0 && row < rows && column < columns) {
            float value = pixel_to_unit(src[((long long)row * columns + column) * CHANNELS + c]);
            made = __float2int_rn(fminf(fmaxf(value, 0.0f), 1.0f) * (top * (float)ONE));
        }
        dst[(long long)s * width + x] = made;
        if (++column == period) {
            column = 0;
            wave++;
        }
    }
}

__device__ int level_of(int value, int top)
{
    return min(max((value + HALF) / ONE, 0), top);
}

__device__ int error_of(int value, int top)
{
    return value - level_of(value, top) * ONE;
}

// What column x has at a step; 0 where that is before the first.
__device__ int value_at(const int *made, int step, int width, int x)
{
    return step >= 0 ? made[(long long)step * width + x] : 0;
}

// A block makes a color: its threads, the rows of a wave, take each step together. What a step needs of earlier ones
// that is not in shared memory is read AHEAD steps before it, so that no step waits for it. `near` and `far` are the
// errors of the row above and of the one above that, from 2 to the left to 2 to the right. dst is src.
__global__ void diffuse(const int *src, int *dst, int width, int height, int columns, int rows, int period, int top,
                        const int *__restrict__ weights)
{
    __shared__ int passed[2][2][WAVE + 1];  // in even and odd steps, by rows: errors, and those above them
    int t = threadIdx.x, x = blockIdx.x * WAVE + t, end = blockIdx.x * WAVE + WAVE - 1;
    int own[2] = {0, 0}, near[5] = {0, 0, 0, 0, 0}, far[5] = {0, 0, 0, 0, 0};
    int column = -t * DELAY, row = t, since = period - (WAVE - 1) * DELAY - REACH;
    for (int k = 0; k < 2; k++) passed[k][0][t + 1] = passed[k][1][t + 1] = 0;
    int part[12];  // of DIVISOR, what a pixel gets: of five errors of far, of five of near, and of two to the left
    for (int i = 0; i < 12; i++) part[i] = weights[i];
    int coming[AHEAD], wave_before[AHEAD], row_before[AHEAD];
    for (int k = 0; k < AHEAD; k++) {
        coming[k] = dst[(long long)min(k, height - 1) * width + x];
        wave_before[k] = row_before[k] = 0;
    }
    for (int first = 0; first < height; first += AHEAD) {
#pragma unroll
        for (int k = 0; k < AHEAD; k++) {
            int s = first + k, later = s + AHEAD, now = s % 2, value = coming[k];
            if (t == 0) {
                passed[1 - now][0][0] = error_of(wave_before[k], top);
                passed[1 - now][1][0] = error_of(row_before[k], top);
                wave_before[k] = value_at(dst, later - since, width, end);
                row_before[k] = value_at(dst, later - since - DELAY, width, end - 1);
            }
            coming[k] = dst[(long long)min(later, height - 1) * width + x];
            __syncthreads();
            for (int i = 0; i < 4; i++) {
                near[i] = near[i + 1];
                far[i] = far[i + 1];
            }
            near[2 + REACH] = passed[1 - now][0][t];
            far[2 + REACH] = passed[1 - now][1][t];
            int sum = part[10] * own[1] + part[11] * own[0];
            for (int i = 0; i < 5; i++) sum += part[i] * far[i] + part[5 + i] * near[i];
            value += (sum + DIVISOR * ONE + DIVISOR / 2) / DIVISOR - ONE;  // rounded down, also where it is below 0
            bool inside = column >= 0 && column < columns && row < rows && s < height;
            if (inside) dst[(long long)s * width + x] = value;
            own[1] = own[0];
            own[0] = inside ? error_of(value, top) : 0;
            passed[now][0][t + 1] = own[0];
            passed[now][1][t + 1] = near[2];
            if (++column == period) {
                column = 0;
                row += WAVE;
            }
        }
    }
}

__global__ void levels(const int *__restrict__ skewed, pixel *__restrict__ dst, int width, int height,
                      const pixel *__restrict__ image, int period, int top)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    int t = y % WAVE;
    long long i = ((long long)y * width + x) * CHANNELS, step = (long long)(y / WAVE) * period + x + t * DELAY;
    for (int c = 0; c < COLORS; c++) {
        int value = skewed[step * (COLORS * WAVE) + c * WAVE + t];
        dst[i + c] = unit_to_pixel(1.0f / top * level_of(value, top));
    }
    if (COLORS < CHANNELS) dst[i + COLORS] = image[i + COLORS];
}

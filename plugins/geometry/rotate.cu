// Rotate: each pixel of the result is read from its place in src before the turn.
// Three kernels, of which one is compiled at a time: `quarter_turn`, `half_turn` and, for other angles, `rotate`. Each
// says what a thread does. Edge: only `rotate` reads outside of the image, by the border rule.

#if defined(QUARTERS) && QUARTERS % 2  // turned counter-clockwise by so many quarters

// A block moves a square of SIDE x SIDE pixels. A thread reads ROWS pixels of a column of src, one below the other,
// which become neighbors in a row, and packs them into words of several samples. Words are exchanged through shared
// memory, so that neighboring threads read side by side, and write side by side.
#define SIDE BLOCK_WIDTH
#define WORDS (ROWS * CHANNELS / WORD_SAMPLES)  // words that a thread makes
#define LINE (SIDE * CHANNELS / WORD_SAMPLES)   // words in a row of the square
#define PITCH (LINE + LINE % 2 + 1)             // odd, so that threads that write below each other use different banks

__global__ void quarter_turn(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height)
{
    __shared__ unsigned int square[SIDE * PITCH];
    int x0 = blockIdx.x * SIDE, y0 = blockIdx.y * SIDE;
    int lane = threadIdx.x;
    int made = QUARTERS == 1 ? SIDE - 1 - lane : lane;  // the row of the square
    int column = QUARTERS == 1 ? height - SIDE - y0 + lane : y0 + lane;
    // load, and pack into words
    if (column >= 0 && column < height) {  // src is as wide as the result is high
        pixel samples[ROWS * CHANNELS];
        for (int i = 0; i < ROWS; i++) {
            int x = min(x0 + threadIdx.y * ROWS + i, width - 1), row = QUARTERS == 1 ? x : width - 1 - x;
            const pixel *from = src + ((long long)row * height + column) * CHANNELS;
            for (int c = 0; c < CHANNELS; c++) samples[i * CHANNELS + c] = from[c];
        }
        for (int w = 0; w < WORDS; w++) {
            unsigned int word = 0;
            for (int i = 0; i < WORD_SAMPLES; i++) word |= sample_to_word(samples[w * WORD_SAMPLES + i], i);
            square[made * PITCH + threadIdx.y * WORDS + w] = word;
        }
    }
    __syncthreads();

    // store
    int count = min(SIDE, width - x0) * CHANNELS;
    for (int r = threadIdx.y; r < min(SIDE, height - y0); r += BLOCK_HEIGHT) {
        const unsigned int *words = square + r * PITCH;
        pixel *out = dst + ((long long)(y0 + r) * width + x0) * CHANNELS;
        if (width * CHANNELS % WORD_SAMPLES == 0) {
            for (int i = threadIdx.x; i < count / WORD_SAMPLES; i += SIDE) ((unsigned int *)out)[i] = words[i];
        } else {
            for (int i = threadIdx.x; i < count; i += SIDE)
                out[i] = sample_from_word(words[i / WORD_SAMPLES], i % WORD_SAMPLES);
        }
    }
}

#elif defined(QUARTERS)  // half a turn, or none

struct whole_pixel {
    pixel at[CHANNELS];
};

// A thread moves one pixel. Row 0 of the result is row `first` of src.
__global__ void half_turn(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int first)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    const whole_pixel *from = (const whole_pixel *)src + (long long)(QUARTERS ? first - y : first + y) * width;
    whole_pixel *to = (whole_pixel *)dst + (long long)y * width;
    to[x] = from[QUARTERS ? width - 1 - x : x];
}

#else  // any angle

// A thread makes one pixel, from the TAPS x TAPS pixels around its place in src. Places are whole numbers of 2^-32 of a
// pixel, so that they are the same on any device and in any strip: pixel (x, y) comes from origin + x * along + y *
// down. Row 0 of src is row `first` of the image's src_height.

#include "sampling.cuh"

__global__ void rotate(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                       long long x_origin, long long x_along, long long x_down, long long y_origin, long long y_along,
                       long long y_down, int first, int src_width, int src_height)
{
    int to = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (IS_IDLE(to, width) || y >= height) return;
    int x = min(to, width - 1);
    long long x_place = x_origin + x * x_along + y * x_down, y_place = y_origin + x * y_along + y * y_down;
    int column = (int)(x_place >> 32), row = (int)(y_place >> 32);  // of the first tap
    float right = (unsigned int)x_place * 2.3283064e-10f, below = (unsigned int)y_place * 2.3283064e-10f;  // 2^-32
    sampled made = sample(src, column, row, right, below, first, src_width, src_height);
    pixel *out = dst + ((long long)y * width + to) * CHANNELS;
    if (to < width)
        for (int c = 0; c < CHANNELS; c++) out[c] = to_pixel(made.at[c]);
}

#endif

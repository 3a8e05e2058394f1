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

// The weights of TAPS pixels in a row.
struct weights {
    float at[TAPS];
};

// The weights for a place that is `fraction` * 2^-32 of a pixel behind the second tap (of four), or the first (of two).
__device__ weights weigh(unsigned int fraction)
{
    float t = fraction * 2.3283064e-10f;  // 2^-32
    weights made;
#if TAPS == 1
    made.at[0] = 1.0f;
#elif TAPS == 2
    made.at[0] = 1.0f - t;
    made.at[1] = t;
#else  // Keys' cubic convolution, a = -0.5
    made.at[0] = ((-0.5f * t + 1.0f) * t - 0.5f) * t;
    made.at[1] = (1.5f * t - 2.5f) * t * t + 1.0f;
    made.at[2] = ((-1.5f * t + 2.0f) * t + 0.5f) * t;
    made.at[3] = (0.5f * t - 0.5f) * t * t;
#endif
    return made;
}

#define LINE (TAPS * CHANNELS)  // samples of one row of taps
#if PIXEL_BITS == 32 || LINE == 1
#define READ LINE
#else
#define READ ((LINE + WORD_SAMPLES - 1) / WORD_SAMPLES * WORD_SAMPLES + WORD_SAMPLES)
#endif

// Reads LINE samples from number `at` of src on. A word takes as long to read as a byte, so samples are read in words,
// which end up to READ samples behind `at`.
__device__ void read(const pixel *src, long long at, float *line)
{
#if READ == LINE
    for (int i = 0; i < LINE; i++) line[i] = src[at + i];
#else
    const unsigned int *words = (const unsigned int *)src + (unsigned long long)at / WORD_SAMPLES;
    int shift = (unsigned int)at % WORD_SAMPLES * PIXEL_BITS;
    unsigned int here = words[0];
    for (int w = 0; w < READ / WORD_SAMPLES - 1; w++) {
        unsigned int next = words[w + 1], word = __funnelshift_r(here, next, shift);
        for (int i = 0; i < WORD_SAMPLES && w * WORD_SAMPLES + i < LINE; i++)
            line[w * WORD_SAMPLES + i] = (int)(word >> i * PIXEL_BITS & (unsigned int)PIXEL_MAX);
        here = next;
    }
#endif
}

__global__ void rotate(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                       long long x_origin, long long x_along, long long x_down, long long y_origin, long long y_along,
                       long long y_down, int first, int src_width, int src_height)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    long long x_place = x_origin + x * x_along + y * x_down, y_place = y_origin + x * y_along + y * y_down;
    int column = (int)(x_place >> 32), row = (int)(y_place >> 32);  // of the first tap
    weights across = weigh((unsigned int)x_place), down = weigh((unsigned int)y_place);

    float sum[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) sum[c] = 0.0f;
    bool inside = column >= 0 && row >= 0 && column * CHANNELS + READ <= src_width * CHANNELS && row + TAPS <= src_height;
    if (inside) {
        long long at = ((long long)(row - first) * src_width + column) * CHANNELS;
        // load row by row, and accumulate
        for (int j = 0; j < TAPS; j++) {
            float line[LINE];
            read(src, at + j * src_width * CHANNELS, line);
            for (int c = 0; c < CHANNELS; c++) {
                float value = 0.0f;
                for (int i = 0; i < TAPS; i++) value += across.at[i] * line[i * CHANNELS + c];
                sum[c] += down.at[j] * value;
            }
        }
    } else if (BORDER != BORDER_CONSTANT
               || (column > -TAPS && row > -TAPS && column < src_width && row < src_height)) {
        // the same pixel by pixel, by the border rule
        for (int j = 0; j < TAPS; j++) {
            int at_row = border(row + j, src_height);
            for (int i = 0; i < TAPS; i++) {
                int at_column = border(column + i, src_width);
                if (at_row < 0 || at_column < 0) continue;
                float weight = down.at[j] * across.at[i];
                const pixel *from = src + ((long long)(at_row - first) * src_width + at_column) * CHANNELS;
                for (int c = 0; c < CHANNELS; c++) sum[c] += weight * from[c];
            }
        }
    }
    // store
    pixel *out = dst + ((long long)y * width + x) * CHANNELS;
    for (int c = 0; c < CHANNELS; c++) out[c] = to_pixel(sum[c]);
}

#endif

// Sampling: a pixel of src made from the TAPS x TAPS pixels around a place: the nearest, bilinear (2), or bicubic (4).
// For kernels that move pixels. Edge: by the border rule, for rows by ROW_BORDER where that is another.

#ifndef ROW_BORDER
#define ROW_BORDER border
#endif

// The samples of a pixel, not rounded.
struct sampled {
    float at[CHANNELS];
};

// The weights of TAPS pixels in a row.
struct weights {
    float at[TAPS];
};

// The weights for a place that is `t`, from 0 to 1, of a pixel behind the second tap (of four), or the first (of two).
__device__ weights weigh(float t)
{
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
#elif defined(IMGCUDA_CPU)
#define READ ((LINE + WORD_SAMPLES - 1) / WORD_SAMPLES * WORD_SAMPLES)
#else
#define READ ((LINE + WORD_SAMPLES - 1) / WORD_SAMPLES * WORD_SAMPLES + WORD_SAMPLES)
#endif

// Reads LINE samples from number `at` of src on. A word takes as long to read as a byte, so samples are read in words,
// which end up to READ samples behind `at`. On a GPU words begin at a multiple of their size, on the CPU anywhere.
__device__ void read(const pixel *src, long long at, float *line)
{
#if READ == LINE
    for (int i = 0; i < LINE; i++) line[i] = src[at + i];
#elif defined(IMGCUDA_CPU)
    for (int w = 0; w < READ / WORD_SAMPLES; w++) {
        unsigned int word = __builtin_word_at(src + at + w * WORD_SAMPLES);
        for (int i = 0; i < WORD_SAMPLES && w * WORD_SAMPLES + i < LINE; i++)
            line[w * WORD_SAMPLES + i] = (int)(word >> i * PIXEL_BITS & (unsigned int)PIXEL_MAX);
    }
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

// The pixel whose first tap, the one furthest to the left and up, is at a column and row of the image, and which lies
// `right` and `below`, from 0 to 1, as `weigh` has it. Row 0 of src is row `first` of the image's src_height.
__device__ sampled sample(const pixel *src, int column, int row, float right, float below, int first, int src_width,
                          int src_height)
{
    weights across = weigh(right), down = weigh(below);
    sampled sum;
    for (int c = 0; c < CHANNELS; c++) sum.at[c] = 0.0f;
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
                sum.at[c] += down.at[j] * value;
            }
        }
    } else if (BORDER != BORDER_CONSTANT
               || (column > -TAPS && row > -TAPS && column < src_width && row < src_height)) {
        // the same pixel by pixel, by the border rule
        for (int j = 0; j < TAPS; j++) {
            int at_row = ROW_BORDER(row + j, src_height);
            for (int i = 0; i < TAPS; i++) {
                int at_column = border(column + i, src_width);
                if (at_row < 0 || at_column < 0) continue;
                float weight = down.at[j] * across.at[i];
                const pixel *from = src + ((long long)(at_row - first) * src_width + at_column) * CHANNELS;
                for (int c = 0; c < CHANNELS; c++) sum.at[c] += weight * from[c];
            }
        }
    }
    return sum;
}

// Composite: the colours of two pictures mixed, as by W3C, Compositing and Blending Level 1: with Cs and As the picture's
// colour and alpha, Cb and Ab the image's, and B what the mode makes of the two colours,
//   Ao = As + Ab (1 - As)    Co = (As (1 - Ab) Cs + As Ab B(Cb, Cs) + (1 - As) Ab Cb) / Ao
// A thread makes one pixel in each of ROWS rows; `other` begins at row `top` and column `left` of what is made.

#define COLORS (CHANNELS - (CHANNELS == 2 || CHANNELS == 4))
#define OTHER_COLORS (OTHER_CHANNELS - (OTHER_CHANNELS == 2 || OTHER_CHANNELS == 4))
#define UNIT (1.0f / PIXEL_MAX)

__device__ float blended(float below, float above)
{
#if MODE == MODE_MULTIPLY
    return below * above;
#elif MODE == MODE_SCREEN
    return below + above - below * above;
#elif MODE == MODE_DARKEN
    return fminf(below, above);
#elif MODE == MODE_LIGHTEN
    return fmaxf(below, above);
#else
    return above;
#endif
}

__device__ float luma(const pixel *other)
{
#if OTHER_COLORS == 1
    return other[0] * UNIT;
#else
    return (19595.0f * other[0] + 38470.0f * other[1] + 7471.0f * other[2]) * (UNIT / 65536.0f);
#endif
}

// The picture's colour as the image has it: grey for a grey one, and grey as r = g = b.
__device__ float color_of(const pixel *other, int c)
{
#if COLORS == 1
    return luma(other);
#else
    return other[OTHER_COLORS == 1 ? 0 : c] * UNIT;
#endif
}

__device__ void mix(const pixel *in, pixel *out, const pixel *other, float opacity)
{
    float above = opacity, below = 1.0f;
#if OTHER_COLORS < OTHER_CHANNELS
    above *= other[OTHER_COLORS] * UNIT;
#endif
#if COLORS < CHANNELS
    below = in[COLORS] * UNIT;
#endif
#if MODE == MODE_MASK
    float kept = 1.0f - opacity + above * luma(other);  // the mask itself fades with the opacity
    for (int c = 0; c < CHANNELS; c++) out[c] = c == COLORS || COLORS == CHANNELS ? to_pixel(in[c] * kept) : in[c];
#else
    float both = above + below * (1.0f - above);
    float scale = both > 0.0f ? PIXEL_MAX / both : 0.0f;
    for (int c = 0; c < COLORS; c++) {
        float mine = in[c] * UNIT, theirs = color_of(other, c);
        float mixed = above * (1.0f - below) * theirs + above * below * blended(mine, theirs) + (1.0f - above) * below * mine;
        out[c] = to_pixel(mixed * scale);
    }
    if (COLORS < CHANNELS) out[CHANNELS - 1] = to_pixel(both * PIXEL_MAX);
#endif
}

__global__ void composite(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                          const pixel *__restrict__ other, int top, int left, int other_height, int other_width,
                          float opacity)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    int column = x - left;
    if (x >= width) return;
    int end = min((int)(blockIdx.y + 1) * ROWS, height);
    for (int y = blockIdx.y * ROWS; y < end; y++) {
        long long i = ((long long)y * width + x) * CHANNELS;
        int row = y - top;
        if (row >= 0 && row < other_height && column >= 0 && column < other_width) {
            mix(src + i, dst + i, other + ((long long)row * other_width + column) * OTHER_CHANNELS, opacity);
        } else {
            for (int c = 0; c < CHANNELS; c++) dst[i + c] = src[i + c];
        }
    }
}

// Composite: another picture laid over the image, as in W3C, Compositing and Blending Level 1. Cs and As are the
// picture's color and alpha, Cb and Ab the image's, and B is the mode's function of the two colors:
//   Ao = As + Ab (1 - As)    Co = (As (1 - Ab) Cs + As Ab B(Cb, Cs) + (1 - As) Ab Cb) / Ao
// A thread makes one pixel in each of ROWS rows. The picture, `other`, begins at row `top` and column `left` of the
// image. Edge: pixels that the picture does not cover do not change, and parts of the picture beyond the image are not drawn.

#define COLORS COLORS_IN(CHANNELS)
#define OTHER_COLORS COLORS_IN(OTHER_CHANNELS)

// B: the mode's blend function of a channel of the image and of the picture.
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

// The picture's luminance.
__device__ float luma(const pixel *other)
{
#if OTHER_COLORS == 1
    return pixel_to_unit(other[0]);
#else
    return rec601_luminance(other[0], other[1], other[2]) * (1.0f / PIXEL_MAX);
#endif
}

// Channel c of the picture's color, converted to the image's channels: luminance for gray, r = g = b for RGB.
__device__ float color_of(const pixel *other, int c)
{
#if COLORS == 1
    return luma(other);
#else
    return pixel_to_unit(other[OTHER_COLORS == 1 ? 0 : c]);
#endif
}

// Makes a pixel that the picture covers.
__device__ void mix(const pixel *in, pixel *out, const pixel *other, float opacity)
{
    float above = opacity, below = 1.0f;  // As and Ab
#if OTHER_COLORS < OTHER_CHANNELS
    above *= pixel_to_unit(other[OTHER_COLORS]);
#endif
#if COLORS < CHANNELS
    below = pixel_to_unit(in[COLORS]);
#endif
#if MODE == MODE_MASK
    float kept = 1.0f - opacity + above * luma(other);  // the mask itself fades with the opacity
    for (int c = 0; c < CHANNELS; c++) out[c] = c == COLORS || COLORS == CHANNELS ? to_pixel(in[c] * kept) : in[c];
#else
    float both = above + below * (1.0f - above);
    float scale = both > 0.0f ? PIXEL_MAX / both : 0.0f;
    for (int c = 0; c < COLORS; c++) {
        float mine = pixel_to_unit(in[c]), theirs = color_of(other, c);
        float mixed = above * (1.0f - below) * theirs + above * below * blended(mine, theirs)
                      + (1.0f - above) * below * mine;
        out[c] = to_pixel(mixed * scale);
    }
    if (COLORS < CHANNELS) out[CHANNELS - 1] = unit_to_pixel(both);
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

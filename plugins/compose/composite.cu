// Composite: another picture laid over the image, as in W3C, Compositing and Blending Level 1. Cs and As are the
// picture's color and alpha, Cb and Ab the image's, B is the mode's function of the two colors (blends.cuh), and Fs and
// Fb are the parts of the two that a Porter-Duff operator leaves. Blend modes have those of `over`, 1 and 1 - As.
//   Ao = Fs As + Fb Ab    Co Ao = Fs As ((1 - Ab) Cs + Ab B(Cb, Cs)) + Fb Ab Cb
// The opacity leads from the image, 0, to that, 1. Without alpha Ab is 1, and Co Ao is the result, as if over black.
// A thread makes one pixel in each of ROWS rows. The picture, `other`, begins at row `top` and column `left` of the
// image; with TILED it is repeated from there, and both are at most 0. Edge: pixels that the picture does not cover do
// not change, and parts of the picture beyond the image are not drawn.

#include "blends.cuh"

#define COLORS COLORS_IN(CHANNELS)
#define OTHER_COLORS COLORS_IN(OTHER_CHANNELS)

// Fs, by the alpha of the image.
__device__ float part_above(float below)
{
#if MODE == MODE_IN || MODE == MODE_ATOP
    return below;
#elif MODE == MODE_OUT || MODE == MODE_XOR || MODE == MODE_DESTINATION_OVER || MODE == MODE_DESTINATION_ATOP
    return 1.0f - below;
#elif MODE == MODE_CLEAR || MODE == MODE_DESTINATION_IN || MODE == MODE_DESTINATION_OUT || MODE == MODE_MASK
    return 0.0f;
#else
    return 1.0f;
#endif
}

// Fb, by the alpha of the picture and by its luminance.
__device__ float part_below(float above, float light)
{
#if MODE == MODE_DESTINATION_IN || MODE == MODE_DESTINATION_ATOP
    return above;
#elif MODE == MODE_MASK
    return above * light;
#elif MODE == MODE_CLEAR || MODE == MODE_COPY || MODE == MODE_IN || MODE == MODE_OUT
    return 0.0f;
#elif MODE == MODE_DESTINATION_OVER || MODE == MODE_PLUS_LIGHTER
    return 1.0f;
#else
    return 1.0f - above;
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

// A pixel of either, of which the image has COLORS: a gray image has r alone, and a picture over it its luminance.
__device__ color color_below(const pixel *in)
{
    color c;
    c.r = pixel_to_unit(in[0]);
    c.g = COLORS == 3 ? pixel_to_unit(in[COLORS - 2]) : c.r;
    c.b = COLORS == 3 ? pixel_to_unit(in[COLORS - 1]) : c.r;
    c.a = COLORS < CHANNELS ? pixel_to_unit(in[CHANNELS - 1]) : 1.0f;
    return c;
}

__device__ color color_above(const pixel *other)
{
    color c;
    c.r = COLORS == 1 ? luma(other) : pixel_to_unit(other[0]);
    c.g = COLORS == 3 && OTHER_COLORS == 3 ? pixel_to_unit(other[OTHER_COLORS - 2]) : c.r;
    c.b = COLORS == 3 && OTHER_COLORS == 3 ? pixel_to_unit(other[OTHER_COLORS - 1]) : c.r;
    c.a = OTHER_COLORS < OTHER_CHANNELS ? pixel_to_unit(other[OTHER_CHANNELS - 1]) : 1.0f;
    return c;
}

// Makes a pixel that the picture covers.
__device__ void mix(const pixel *in, pixel *out, const pixel *other, float opacity)
{
    color below = color_below(in), above = color_above(other);
    float top = opacity * part_above(below.a) * above.a;
    float bottom = (1.0f - opacity + opacity * part_below(above.a, luma(other))) * below.a;
    float both = fminf(top + bottom, 1.0f);
#if COLORS < CHANNELS
    float scale = both > 0.0f ? PIXEL_MAX / both : 0.0f;
#else
    float scale = PIXEL_MAX;
#endif
    float shown = top * (1.0f - below.a) * scale, mixed = top * below.a * scale, kept = bottom * scale;
#if MODE == MODE_MASK && COLORS < CHANNELS
    kept = PIXEL_MAX;  // so that what becomes transparent has its color still
#endif
    color blend = blended_color(below, above);
    out[0] = to_pixel(shown * above.r + mixed * blend.r + kept * below.r);
#if COLORS == 3
    out[1] = to_pixel(shown * above.g + mixed * blend.g + kept * below.g);
    out[2] = to_pixel(shown * above.b + mixed * blend.b + kept * below.b);
#endif
    if (COLORS < CHANNELS) out[CHANNELS - 1] = unit_to_pixel(both);
}

__global__ void composite(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                          const pixel *__restrict__ other, int top, int left, int other_height, int other_width,
                          float opacity)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= width) return;
    int column = x - left;
#if TILED
    column %= other_width;
#endif
    int end = min((int)(blockIdx.y + 1) * ROWS, height);
    for (int y = blockIdx.y * ROWS; y < end; y++) {
        long long i = ((long long)y * width + x) * CHANNELS;
        int row = y - top;
#if TILED
        row %= other_height;
#endif
        if (row >= 0 && row < other_height && column >= 0 && column < other_width) {
            mix(src + i, dst + i, other + ((long long)row * other_width + column) * OTHER_CHANNELS, opacity);
        } else {
            for (int c = 0; c < CHANNELS; c++) dst[i + c] = src[i + c];
        }
    }
}

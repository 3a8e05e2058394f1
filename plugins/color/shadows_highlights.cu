// Shadows and highlights: each color is raised to a power, 2^(amount * (2 mask - 1)), with a blurred luminance as the
// mask. A thread makes one pixel in each of ROWS rows. An image with alpha is premultiplied, and so is its mask, whose
// second sample is the blurred alpha. Edge: only the blur reads outside of the image, by the border rule.

#include "power.cuh"

__device__ float corrected(float value, float exponent)
{
    float raised = exp2_of(fmaxf(exponent * log2_of(fmaxf(value, 1e-30f)), -120.0f));
    return value > 0.0f && value < 1e18f ? raised : value;
}

__global__ void shadows_highlights(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                                   const pixel *__restrict__ masks, float shadows, float highlights)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= width) return;
    int end = min((int)(blockIdx.y + 1) * ROWS, height);
    for (int y = blockIdx.y * ROWS; y < end; y++) {
        long long i = (long long)y * width + x;
        const pixel *in = src + i * CHANNELS;
        pixel *out = dst + i * CHANNELS;
#if HAS_ALPHA(CHANNELS)
        float alpha = in[CHANNELS - 1], other = masks[2 * i + 1];
        float part = other > 0.0f ? 1.0f / other : 0.0f, share = alpha > 0.0f ? 1.0f / alpha : 0.0f;
        float mask = pixel_to_unit(masks[2 * i]) * part;
        out[CHANNELS - 1] = in[CHANNELS - 1];
#else
        float alpha = 1.0f, share = 1.0f, mask = pixel_to_unit(masks[i]);
#endif
        float way = 2.0f * fminf(fmaxf(mask, 0.0f), 1.0f) - 1.0f;
        float exponent = exp2_of(way * (way < 0.0f ? shadows : highlights));
        for (int c = 0; c < COLORS_IN(CHANNELS); c++)
            out[c] = unit_to_pixel(alpha * corrected(pixel_to_unit(in[c]) * share, exponent));
    }
}

// Dehazed: four kernels, between filters that find the least and the mean of squares: `dark` makes the dark channel,
// `moments` what the guided filter takes the means of, `lines` its line in each square, and `dehazed` the image without
// haze. A thread makes one pixel. Colors come premultiplied; `air` is the color of the haze, which is behind them.
// Edge: only the filters between read outside of the image, by the border rule.

#define COLORS COLORS_IN(CHANNELS)
#define START \
    long long i = (long long)blockIdx.x * BLOCK_WIDTH + threadIdx.x; \
    if (i >= (long long)width * height) return

__device__ float alpha_of(const pixel *in)
{
    return HAS_ALPHA(CHANNELS) ? (float)in[CHANNELS - 1] : 1.0f;
}

// A color over that of the haze.
__device__ float over_air(const pixel *in, int c, const float *air)
{
    return pixel_to_unit(in[c]) + (1.0f - alpha_of(in)) * air[c];
}

// The luminance, from medium gray, so that products are small and their differences exact.
__device__ float guide_of(const pixel *in, const float *air)
{
#if COLORS == 3
    return rec601_luminance(over_air(in, 0, air), over_air(in, 1, air), over_air(in, 2, air)) - 0.5f;
#else
    return over_air(in, 0, air) - 0.5f;
#endif
}

// The least color, as a part of that of the haze.
__global__ void dark(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height,
                     const float *__restrict__ air)
{
    START;
    float least = 1.0f;
    for (int c = 0; c < COLORS; c++) least = fminf(least, over_air(src + i * CHANNELS, c, air) / air[c]);
    dst[i] = fmaxf(least, 0.0f);
}

// The guide, the transmission by the darkest of a patch, their product, and the guide's square.
__global__ void moments(const float *__restrict__ darkest, float *__restrict__ dst, int width, int height,
                        const pixel *__restrict__ image, const float *__restrict__ air, float strength)
{
    START;
    float guide = guide_of(image + i * CHANNELS, air), transmission = 0.5f - strength * darkest[i];
    dst[4 * i] = guide;
    dst[4 * i + 1] = transmission;
    dst[4 * i + 2] = guide * transmission;
    dst[4 * i + 3] = guide * guide;
}

// The slope by which the transmission follows the guide in a square, and where it begins.
__global__ void lines(const float *__restrict__ means, float *__restrict__ dst, int width, int height, float eps)
{
    START;
    float guide = means[4 * i], transmission = means[4 * i + 1];
    float variance = fmaxf(means[4 * i + 3] - guide * guide, 0.0f);
    float slope = (means[4 * i + 2] - guide * transmission) / (variance + eps);
    dst[2 * i] = slope;
    dst[2 * i + 1] = transmission - slope * guide;
}

__global__ void dehazed(const float *__restrict__ lines, pixel *__restrict__ dst, int width, int height,
                        const pixel *__restrict__ image, const float *__restrict__ air, float least)
{
    START;
    const pixel *in = image + i * CHANNELS;
    float transmission = lines[2 * i] * guide_of(in, air) + lines[2 * i + 1] + 0.5f;
    float gain = 1.0f / fmaxf(transmission, least);
    for (int c = 0; c < COLORS; c++) {
        float haze = air[c] * alpha_of(in);
        dst[i * CHANNELS + c] = unit_to_pixel((pixel_to_unit(in[c]) - haze) * gain + haze);
    }
    if (HAS_ALPHA(CHANNELS)) dst[i * CHANNELS + CHANNELS - 1] = in[CHANNELS - 1];
}

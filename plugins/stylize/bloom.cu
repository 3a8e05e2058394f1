// Bloom: the image, and the blurred light of its bright parts. In each kernel a thread makes one pixel in each of
// ROWS rows. With alpha the image comes premultiplied.

#define COLORS COLORS_IN(CHANNELS)

// The light of each color: the color times `strength` where the luminance is at least `high`, times 0 where it is at
// most `low`, and a part of it between. Values are from 0 to 1.
__global__ void lights(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height, float low,
                       float high, float strength)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= width) return;
    float scale = 1.0f / fmaxf(high - low, 1e-6f);
    int end = min((int)(blockIdx.y + 1) * ROWS, height);
    for (int y = blockIdx.y * ROWS; y < end; y++) {
        long long i = (long long)y * width + x;
        const pixel *in = src + i * CHANNELS;
#if COLORS == 3
        float light = rec601_luminance(in[0], in[1], in[2]) * (1.0f / PIXEL_MAX);
#else
        float light = pixel_to_unit(in[0]);
#endif
#if COLORS < CHANNELS
        light = in[COLORS] > 0.0f ? light / in[COLORS] : 0.0f;
#endif
        float part = strength * fminf(fmaxf(scale * (light - low), 0.0f), 1.0f);
        for (int c = 0; c < COLORS; c++) dst[i * COLORS + c] = part * pixel_to_unit(in[c]);
    }
}

// Adds the blurred light, or lays it over the image as `screen` does. Edge: only the blur reads outside of the image.
__global__ void bloom(const float *__restrict__ blurred, pixel *__restrict__ dst, int width, int height,
                      const pixel *__restrict__ image, int limited)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= width) return;
    int end = min((int)(blockIdx.y + 1) * ROWS, height);
    for (int y = blockIdx.y * ROWS; y < end; y++) {
        long long i = (long long)y * width + x;
        const pixel *in = image + i * CHANNELS;
        float alpha = COLORS < CHANNELS ? (float)in[CHANNELS - 1] : 1.0f;
        for (int c = 0; c < COLORS; c++) {
            float here = pixel_to_unit(in[c]), more = blurred[i * COLORS + c];
            dst[i * CHANNELS + c] = unit_to_pixel(here + more * (limited ? alpha - here : alpha));
        }
        if (COLORS < CHANNELS) dst[i * CHANNELS + CHANNELS - 1] = in[CHANNELS - 1];
    }
}

// Unsharp mask: image + amount * (image - blurred), where the two are at least `threshold` apart; else the image.
// A small blur is launched as `separable` of convolve.cu, which then makes the result in the same launch. A large blur
// is the filter blur, launched on finer levels than the image's (`widen`), because `amount` multiplies what it rounds;
// then `sharpen` makes the result. Edge: only the blur reads outside of the image, by the border rule.

__device__ float sharpened(float here, float blurred, float amount, float threshold)
{
    float more = here - blurred;
    return fabsf(more) >= threshold ? here + amount * more : here;
}

#define FINISH(sum, middle, amount, threshold) sharpened(middle, sum, amount, threshold)
#include "convolve.cu"

// Bytes are blurred as 16-bit samples, which have FINER times as many levels; 16-bit samples as floats.
#if PIXEL_BITS == 8
typedef unsigned short finer;
#define FINER 257
#else
typedef float finer;
#define FINER 1
#endif

#if PACK > 1
struct alignas(PACK * sizeof(finer)) finers {
    finer at[PACK];
};
#else
typedef finer finers;
#endif

// Converts the image to finer levels. A thread makes PACK neighboring samples of a row.
__global__ void widen(const pixel *__restrict__ src, finer *__restrict__ dst, int width, int height)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    if (x >= samples) return;
    long long i = (long long)blockIdx.y * samples + x;
    if (samples % PACK == 0) {  // so that rows begin where wide loads and stores may
        pack in = *(const pack *)(src + i);
        finers made;
        for (int p = 0; p < PACK; p++) PART(made, p) = PART(in, p) * FINER;
        *(finers *)(dst + i) = made;
    } else {
        for (int p = 0; p < min(PACK, samples - x); p++) dst[i + p] = src[i + p] * FINER;
    }
}

// Makes the result from the image and its blur. A thread makes PACK neighboring samples of a row.
__global__ void sharpen(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                        const finer *__restrict__ blurred, float amount, float threshold)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    if (x >= samples) return;
    long long i = (long long)blockIdx.y * samples + x;
    const float back = 1.0f / FINER;
    if (samples % PACK == 0) {
        pack here = *(const pack *)(src + i);
        finers other = *(const finers *)(blurred + i);
        floats made;
        for (int p = 0; p < PACK; p++) PART(made, p) = sharpened(PART(here, p), PART(other, p) * back, amount, threshold);
        store_floats(dst + i, made, true, PACK);
    } else {
        for (int p = 0; p < min(PACK, samples - x); p++)
            dst[i + p] = to_pixel(sharpened(src[i + p], blurred[i + p] * back, amount, threshold));
    }
}

// The same for premultiplied color with alpha; alpha stays. A thread makes one pixel. It compares a color with the
// blurred straight color: the blurred premultiplied color, divided by the blurred alpha and multiplied by the pixel's
// own.
__global__ void sharpen_colors(const float *__restrict__ src, float *__restrict__ dst, int width, int height,
                               const float *__restrict__ blurred, float amount, float threshold)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    long long first = ((long long)y * width + x) * CHANNELS, last = first + CHANNELS - 1;
    float alpha = src[last];
    float part = blurred[last] > 0.0f ? alpha / blurred[last] : 0.0f;
    for (long long i = first; i < last; i++)
        dst[i] = sharpened(src[i], blurred[i] * part, amount, threshold * alpha);
    dst[last] = alpha;
}

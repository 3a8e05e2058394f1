// Unsharp mask: image + amount * (image - blurred), where the two are at least `threshold` apart.
// A small blur is a sum that convolve.cu, which stands behind this file, weighs; here is what it makes of one. A large
// one is a filter of its own, which is given finer levels than the image's: its rounding would be multiplied by `amount`.
// What lies outside of the image is the blur's affair.

__device__ float sharpened(float here, float blurred, float amount, float threshold)
{
    float more = here - blurred;
    return fabsf(more) >= threshold ? here + amount * more : here;
}

#define FINISH(sum, middle, amount, threshold) sharpened(middle, sum, amount, threshold)

// Bytes are blurred in 16 bits, those as floats: FINER times as many levels.
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

// A thread makes PACK neighbouring samples of a row.
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

// The same for the result.
__global__ void sharpen(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                        const finer *__restrict__ blurred, float amount, float threshold)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    if (x >= samples) return;
    long long i = (long long)blockIdx.y * samples + x;
    const float back = 1.0f / FINER;
    if (samples % PACK == 0) {
        pack here = *(const pack *)(src + i), made;
        finers other = *(const finers *)(blurred + i);
        for (int p = 0; p < PACK; p++)
            PART(made, p) = to_pixel(sharpened(PART(here, p), PART(other, p) * back, amount, threshold));
        *(pack *)(dst + i) = made;
    } else {
        for (int p = 0; p < min(PACK, samples - x); p++)
            dst[i + p] = to_pixel(sharpened(src[i + p], blurred[i + p] * back, amount, threshold));
    }
}

// For premultiplied colours with their alpha, which stays. A thread makes one pixel. The colour that is blurred is that
// of what there is of the picture: blurred premultiplied colour by blurred alpha.
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

// Scale space: an image as planes of floats, and sums of planes as an image. Blurs and derivatives are the filters
// `blur` and `convolve`. A thread makes PACK neighboring samples of a row.

__global__ void widen(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    if (x >= samples) return;
    long long i = (long long)blockIdx.y * samples + x;
    if (samples % PACK == 0) {  // so that rows begin where wide loads and stores may
        *(floats *)(dst + i) = load_floats(src + i, true, PACK);
    } else {
        for (int p = 0; p < min(PACK, samples - x); p++) dst[i + p] = src[i + p];
    }
}

#ifdef BY_ALPHA

// PACK samples of a plane, which has the image's shape.
__device__ floats plane_at(const float *from, bool wide, int count)
{
    floats values;
    if (wide) {
        values = *(const floats *)from;
    } else {
        for (int p = 0; p < PACK; p++) PART(values, p) = from[min(p, count - 1)];
    }
    return values;
}

#if HAS_ALPHA(CHANNELS)
// A premultiplied color, one.at, as it would be with the alpha of the image.
__device__ float seen(float value, float alpha, float own)
{
#if BY_ALPHA
    return own > 0.0f ? value * (alpha / own) : 0.0f;
#else
    return value;
#endif
}
#endif

__global__ void combine(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                        const float *__restrict__ one, const float *__restrict__ other, float first, float second,
                        float level)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    if (x >= samples) return;
    long long row = (long long)blockIdx.y * samples;
    bool wide = samples % PACK == 0;
    floats a = plane_at(one + row + x, wide, samples - x), b = plane_at(other + row + x, wide, samples - x), made;
    for (int p = 0; p < PACK; p++) {
#if HAS_ALPHA(CHANNELS)
        int at = min(x + p, samples - 1), last = at / CHANNELS * CHANNELS + CHANNELS - 1;
        float alpha = src[row + last];
        float sum = first * seen(PART(a, p), alpha, one[row + last]) + second * seen(PART(b, p), alpha, other[row + last]);
        PART(made, p) = at == last ? alpha : sum + level * alpha;
#else
        PART(made, p) = first * PART(a, p) + second * PART(b, p) + level;
#endif
    }
    store_floats(dst + row + x, made, wide, samples - x);
}

#endif

#if defined(CURVATURE) || defined(VESSELNESS)

// The eigenvalues of the symmetric matrix (a b; b c), the larger first.
struct eigenvalues {
    float large, small;
};

__device__ eigenvalues of_matrix(float a, float b, float c)
{
    float middle = 0.5f * (a + c), half = 0.5f * (a - c), apart = quick_sqrt(half * half + b * b);
    eigenvalues made = {middle + apart, middle - apart};
    return made;
}

// Of the samples' positions in a row, whether one is alpha; and where the alpha of its pixel is.
#define IS_ALPHA(at) (HAS_ALPHA(CHANNELS) && (at) % CHANNELS == CHANNELS - 1)
#define ALPHA_OF(at) ((at) / CHANNELS * CHANNELS + CHANNELS - 1)

// The three planes are derivatives along the columns, along both, and along the rows. `unit` is what makes values from 0
// to 1 of the image's.
#ifdef CURVATURE
__global__ void curvature(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                          const float *__restrict__ down, const float *__restrict__ both,
                          const float *__restrict__ along, int output, float unit, float scale, float offset)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    if (x >= samples) return;
    long long row = (long long)blockIdx.y * samples;
    floats made;
    for (int p = 0; p < PACK; p++) {
        int at = min(x + p, samples - 1);
        eigenvalues of = of_matrix(down[row + at] * unit, both[row + at] * unit, along[row + at] * unit);
        float value = output == 0 ? of.large : output == 1 ? of.small : of.large * of.small;
#if HAS_ALPHA(CHANNELS)
        float alpha = src[row + ALPHA_OF(at)];
        PART(made, p) = IS_ALPHA(at) ? alpha : scale * value + offset * alpha;
#else
        PART(made, p) = (scale * value + offset) * PIXEL_MAX;
#endif
    }
    store_floats(dst + row + x, made, samples % PACK == 0, samples - x);
}
#else
// Frangi's measure. `unit` is below 0 for bright lines. Alpha's place gets 1, since values are not multiplied by alpha.
__global__ void vesselness(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height,
                           const float *__restrict__ down, const float *__restrict__ both,
                           const float *__restrict__ along, float unit, float by_blob, float by_size)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    long long row = (long long)blockIdx.y * samples;
    for (int p = 0; p < PACK; p++) {
        int at = x + p;
        if (at >= samples) return;
        eigenvalues of = of_matrix(down[row + at] * unit, both[row + at] * unit, along[row + at] * unit);
        bool line = of.large > -of.small;  // else the value that is farther from 0 is negative
        float blob = of.small / fmaxf(of.large, 1e-10f);
        float size = of.large * of.large + of.small * of.small;
        float value = line ? expf(by_blob * blob * blob) * (1.0f - expf(by_size * size)) : 0.0f;
        dst[row + at] = IS_ALPHA(at) ? 1.0f : value;
    }
}
#endif
#endif

#ifdef LARGER

// Keeps the larger of each two samples in dst.
__global__ void keep_larger(const float *__restrict__ src, float *__restrict__ dst, int width, int height)
{
    int samples = width * CHANNELS;
    int x = (blockIdx.x * BLOCK_WIDTH + threadIdx.x) * PACK;
    if (x >= samples) return;
    long long i = (long long)blockIdx.y * samples + x;
    if (samples % PACK == 0) {
        floats a = *(const floats *)(src + i), b = *(const floats *)(dst + i);
        for (int p = 0; p < PACK; p++) PART(b, p) = fmaxf(PART(a, p), PART(b, p));
        *(floats *)(dst + i) = b;
    } else {
        for (int p = 0; p < min(PACK, samples - x); p++) dst[i + p] = fmaxf(src[i + p], dst[i + p]);
    }
}

#endif

// Around: filters that compare a pixel with the blurred luminance around it. A thread makes one pixel.

#define LUMINANCE_CHANNELS (1 + HAS_ALPHA(CHANNELS))

__device__ float luminance_of(const pixel *in)
{
#if CHANNELS >= 3
    return rec601_luminance(pixel_to_unit(in[0]), pixel_to_unit(in[1]), pixel_to_unit(in[2]));
#else
    return pixel_to_unit(in[0]);
#endif
}

// The luminance from 0 to 1, and the alpha by which it is multiplied.
__global__ void luminance(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height)
{
    long long i = (long long)blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (i >= (long long)width * height) return;
    dst[i * LUMINANCE_CHANNELS] = luminance_of(src + i * CHANNELS);
#if HAS_ALPHA(CHANNELS)
    dst[i * LUMINANCE_CHANNELS + 1] = src[i * CHANNELS + CHANNELS - 1];
#endif
}

// The blurred luminance at pixel i; for premultiplied color, as it would be with the alpha of that pixel.
__device__ float around_of(const float *blurred, long long i, float alpha)
{
#if HAS_ALPHA(CHANNELS)
    float own = blurred[i * 2 + 1];
    return own > 0.0f ? blurred[i * 2] * (alpha / own) : 0.0f;
#else
    return blurred[i];
#endif
}

__device__ float alpha_of(const pixel *in)
{
#if HAS_ALPHA(CHANNELS)
    return in[CHANNELS - 1];
#else
    return 1.0f;
#endif
}

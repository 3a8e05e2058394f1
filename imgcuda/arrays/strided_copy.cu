// Strided copy: an image with any strides becomes C-contiguous, or a C-contiguous one is written to any strides. A
// thread copies one pixel. Strides count samples from one row, column and channel to the next; they may be negative,
// and 0 where an image is read. Strided samples may be stored as another type than the `pixel` that kernels compute:
// STORED says which.
//
// The types of 16 bits are read and made from their bits, since NVRTC knows neither without CUDA's headers. No float here
// is subnormal, so the result is the same if a compiler flushes those to zero. Rounding is to nearest, ties to even.

#if STORED == STORED_DOUBLE
typedef double stored;
#elif STORED == STORED_PIXEL
typedef pixel stored;
#else
typedef unsigned short stored;
#endif

#if STORED == STORED_HALF

__device__ float to_computed(unsigned int bits)
{
    unsigned int sign = (bits & 0x8000u) << 16, rest = bits & 0x7fffu;
    if (rest < 0x400u) return copysignf((float)rest * 0x1p-24f, __uint_as_float(sign));  // 0, or subnormal
    unsigned int exponent = rest < 0x7c00u ? 112u << 23 : 224u << 23;  // infinity and NaN have the largest
    return __uint_as_float(sign | ((rest << 13) + exponent));
}

__device__ stored to_stored(float value)
{
    unsigned int bits = __float_as_uint(value), sign = bits >> 16 & 0x8000u, rest = bits & 0x7fffffffu;
    if (rest > 0x7f800000u) return sign | 0x7e00u;   // NaN
    if (rest >= 0x477ff000u) return sign | 0x7c00u;  // 65520 and more round to infinity
    if (rest < 0x38800000u) return sign | (unsigned int)rintf(__uint_as_float(rest) * 0x1p24f);  // below 2^-14
    return sign | (rest - (112u << 23) + 0xfffu + (rest >> 13 & 1u)) >> 13;
}

#elif STORED == STORED_BFLOAT

__device__ float to_computed(unsigned int bits)
{
    return __uint_as_float(bits << 16);
}

__device__ stored to_stored(float value)
{
    unsigned int bits = __float_as_uint(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return bits >> 16 | 0x40u;  // NaN, which rounding could make infinite
    return (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}

#else

__device__ pixel to_computed(stored value)
{
    return (pixel)value;
}

__device__ stored to_stored(pixel value)
{
    return (stored)value;
}

#endif

__global__ void read_strided(const stored *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                             long long row, long long column, long long channel)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    int y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    const stored *in = src + y * row + x * column;
    pixel *out = dst + ((long long)y * width + x) * CHANNELS;
    for (int c = 0; c < CHANNELS; c++) out[c] = to_computed(in[c * channel]);
}

__global__ void write_strided(const pixel *__restrict__ src, stored *__restrict__ dst, int width, int height,
                              long long row, long long column, long long channel)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    int y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (x >= width || y >= height) return;
    const pixel *in = src + ((long long)y * width + x) * CHANNELS;
    stored *out = dst + y * row + x * column;
    for (int c = 0; c < CHANNELS; c++) out[c * channel] = to_stored(in[c]);
}

// Tables: each color sample of an image of bytes becomes what a table of 256 bytes has for it; alpha stays as it is.
// A block makes PIXELS neighboring pixels of the image, which is one run of pixels, and keeps the table in shared
// memory. A thread makes PACK neighboring samples at a time, with one wide load and store; the few left over at the
// end of the image, one by one. TABLES is the number of tables: 1, or on the CPU one for each color channel, and then a
// thread makes a pixel at a time. OPERATION: on the CPU, tables of some kinds are computed rather than looked up,
// and samples may move: red, green and blue come from the samples SOURCE_0, SOURCE_1 and SOURCE_2 of the pixel.

#define COLORS COLORS_IN(CHANNELS)
#define PIXELS (BLOCK_WIDTH * PACK * ROWS)

#if PACK > 1

// Each lane of a warp has a copy of the table, in its own bank of shared memory: so no lane waits for another.
#define LANES 32

__device__ unsigned int found(const unsigned int *copy, unsigned int sample)
{
    return copy[(sample >> 2) * LANES] >> (sample & 3) * 8 & 255;
}

// Four samples, of which the second and fourth, or the fourth, may be alpha.
__device__ unsigned int word_found(const unsigned int *copy, unsigned int word)
{
    unsigned int made = found(copy, word & 255) | found(copy, word >> 16 & 255) << 16;
#if CHANNELS == 2
    made |= word & 0xff00ff00;
#elif CHANNELS == 4
    made |= found(copy, word >> 8 & 255) << 8 | (word & 0xff000000);
#else
    made |= found(copy, word >> 8 & 255) << 8 | found(copy, word >> 24) << 24;
#endif
    return made;
}

#endif

#if OPERATION == OPERATION_MOVE

struct several {
    pixel at[CHANNELS];
};

__device__ several moved(several from)
{
    several made = from;
    made.at[0] = from.at[SOURCE_0];
    made.at[1] = from.at[SOURCE_1];
    made.at[2] = from.at[SOURCE_2];
    return made;
}

#endif

// The number of samples that a block makes of an image.
__device__ int samples_of(int block, int width, int height)
{
    long long left = (long long)width * height - (long long)block * PIXELS;
    return (int)min(left, (long long)PIXELS) * CHANNELS;
}

__global__ void tables(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                       const unsigned char *__restrict__ table, int limit)
{
    int t = threadIdx.x, number = samples_of(blockIdx.x, width, height);
    const pixel *from = src + (long long)blockIdx.x * PIXELS * CHANNELS;
    pixel *to = dst + (long long)blockIdx.x * PIXELS * CHANNELS;
#if PACK > 1
    __shared__ unsigned int copies[64 * LANES];
    for (int i = t; i < 64 * LANES; i += BLOCK_WIDTH) copies[i] = ((const unsigned int *)table)[i / LANES];
    __syncthreads();
    const unsigned int *copy = copies + t % LANES;
    int packed = number / PACK * PACK;
    for (int i = t * PACK; i < packed; i += BLOCK_WIDTH * PACK) {
        uint4 words = *(const uint4 *)(from + i);
        words.x = word_found(copy, words.x);
        words.y = word_found(copy, words.y);
        words.z = word_found(copy, words.z);
        words.w = word_found(copy, words.w);
        *(uint4 *)(to + i) = words;
    }
    int i = packed + t;
    if (i < number) to[i] = i % CHANNELS < COLORS ? found(copy, from[i]) : from[i];
#elif OPERATION == OPERATION_MOVE
    const several *in = (const several *)from;
    several *out = (several *)to;
    int pixels = number / CHANNELS, whole = pixels / BLOCK_WIDTH * BLOCK_WIDTH;
    for (int start = 0; start < whole; start += BLOCK_WIDTH) out[start + t] = moved(in[start + t]);
    if (whole + t < pixels) out[whole + t] = moved(in[whole + t]);
#elif TABLES == 1
#if OPERATION == OPERATION_LOOKUP
    __shared__ unsigned char own[256];
    for (int i = t; i < 256; i += BLOCK_WIDTH) own[i] = table[i];
    __syncthreads();
#define MADE(sample) own[sample]
#else
    pixel first = table[0], last = table[255], most = (pixel)limit;
#if OPERATION == OPERATION_XOR
#define MADE(sample) (sample) ^ first
#else
#define MADE(sample) (sample) > most ? last : first
#endif
#endif
    bool alpha = t % CHANNELS == COLORS;  // all samples that a thread makes are of one channel, or there is no alpha
    int whole = number / BLOCK_WIDTH * BLOCK_WIDTH;
    for (int start = 0; start < whole; start += BLOCK_WIDTH) {
        pixel sample = from[start + t], made = MADE(sample);
        to[start + t] = HAS_ALPHA(CHANNELS) && alpha ? sample : made;
    }
    int i = whole + t;
    if (i < number) {
        pixel sample = from[i], made = MADE(sample);
        to[i] = HAS_ALPHA(CHANNELS) && alpha ? sample : made;
    }
#else
    struct several {
        pixel r, g, b;
#if CHANNELS == 4
        pixel a;
#endif
    };
    __shared__ unsigned char red[256], green[256], blue[256];
    for (int i = t; i < 256; i += BLOCK_WIDTH) {
        red[i] = table[i];
        green[i] = table[256 + i];
        blue[i] = table[512 + i];
    }
    __syncthreads();
    const several *in = (const several *)from;
    several *out = (several *)to;
    for (int start = 0; start < number / CHANNELS; start += BLOCK_WIDTH) {
        int i = start + t;
        if (i >= number / CHANNELS) break;
        several pixel = in[i];
        pixel.r = red[pixel.r];
        pixel.g = green[pixel.g];
        pixel.b = blue[pixel.b];
        out[i] = pixel;
    }
#endif
}

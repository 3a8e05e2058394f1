// The kernel around per-pixel functions: RESULT_CHANNELS samples are made of CHANNELS. The core puts the filters' fields
// where they are declared and passed, and the calls of their functions. The image is taken as one run of pixels; where
// a pixel is, is worked out only if a function asks for it (PLACES).

struct point_source {
#if CHANNELS == 1
    pixel x;
#elif CHANNELS == 2
    pixel x, y;
#elif CHANNELS == 3
    pixel x, y, z;
#else
    pixel x, y, z, w;
#endif
};

struct point_result {
#if RESULT_CHANNELS == 1
    pixel x;
#elif RESULT_CHANNELS == 2
    pixel x, y;
#elif RESULT_CHANNELS == 3
    pixel x, y, z;
#else
    pixel x, y, z, w;
#endif
};

__device__ float point_unit(pixel sample)
{
#if PIXEL_BITS == 32
    return sample;
#else
    return sample * (1.0f / PIXEL_MAX);
#endif
}

__device__ pixel point_sample(float value)
{
    return to_pixel(value * PIXEL_MAX);
}

// A colour as it is between two filters that run one by one: of the image's own type, grey if the first makes it so,
// its alpha untouched.
__device__ color point_between(color c, int colors, float alpha)
{
    c.r = point_unit(point_sample(c.r));
    c.g = colors == 1 ? c.r : point_unit(point_sample(c.g));
    c.b = colors == 1 ? c.r : point_unit(point_sample(c.b));
    c.a = alpha;
    return c;
}

// Where a pixel of a strip is, whose first row is row `first` of an image of `rows` rows: the one that comes `offset`
// after that with the number `block`, with which a block of threads begins. So what is costly is the same for the block's
// threads, and where rows are long, at most one ends among them. The quotient of whole numbers below 2^50 as doubles is
// never rounded up to the next whole number.
__device__ place point_place(long long block, int offset, int width, int first, int rows)
{
    int row = (int)((double)block / width);
    int x = (int)(block - (long long)row * width) + offset;
    int ended = x < width ? 0 : width >= BLOCK_WIDTH * PACK ? 1 : x / width;
    place at;
    at.x = x - ended * width;
    at.y = first + row + ended;
    at.width = width;
    at.height = rows;
    return at;
}

__device__ point_result point_pixel(point_source in, place at/* fields */)
{
    color c;
    point_result out;
    c.r = point_unit(in.x);
#if CHANNELS >= 3
    c.g = point_unit(in.y);
    c.b = point_unit(in.z);
#else
    c.g = c.b = c.r;
#endif
#if CHANNELS == 4
    c.a = point_unit(in.w);
#elif CHANNELS == 2
    c.a = point_unit(in.y);
#else
    c.a = 1.0f;
#endif
    float alpha = c.a;
    /* filters */
    out.x = point_sample(c.r);
#if RESULT_CHANNELS >= 3
    out.y = point_sample(c.g);
    out.z = point_sample(c.b);
#endif
    // Alpha is passed on as it was, not as the function left it.
#if RESULT_CHANNELS == 2 && CHANNELS == 2
    out.y = in.y;
#elif RESULT_CHANNELS == 2
    out.y = in.w;
#elif RESULT_CHANNELS == 4 && CHANNELS == 2
    out.w = in.y;
#elif RESULT_CHANNELS == 4
    out.w = in.w;
#endif
    return out;
}

__device__ place point_next(place at)
{
#if PLACES
    at.x++;
    if (at.x == at.width) {
        at.x = 0;
        at.y++;
    }
#endif
    return at;
}

__global__ void point(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, int first,
                      int rows/* fields */)
{
    const point_source *from = (const point_source *)src;
    point_result *to = (point_result *)dst;
    long long count = (long long)width * height;
    long long block = (long long)blockIdx.x * (BLOCK_WIDTH * PACK);
    int offset = threadIdx.x * PACK;
    long long i = block + offset;
#if PLACES
    place at = point_place(block, offset, width, first, rows);
#else
    place at = {0, 0, 0, 0};
#endif
#if PACK == 1
    if (i < count) to[i] = point_pixel(from[i], at/* values */);
#else
    // A thread makes PACK neighbouring pixels in one wide load and one wide store, where they are whole.
    struct alignas(PACK * sizeof(pixel)) sources { point_source p[PACK]; };
    struct alignas(PACK * sizeof(pixel)) results { point_result p[PACK]; };
    if (i + PACK <= count) {
        sources in = *(const sources *)(from + i);
        results out;
        for (int k = 0; k < PACK; k++) {
            out.p[k] = point_pixel(in.p[k], at/* values */);
            at = point_next(at);
        }
        *(results *)(to + i) = out;
    } else {
        for (; i < count; i++) {
            to[i] = point_pixel(from[i], at/* values */);
            at = point_next(at);
        }
    }
#endif
}

// Point: the kernel around per-pixel functions, which makes a pixel of RESULT_CHANNELS samples from one of CHANNELS.
// The core inserts the filters' fields, where they are declared and where they are passed, and the calls of their
// functions. The image is one run of pixels, of which a thread makes PACK neighboring ones. A pixel's place is computed
// only if a function takes it (PLACES). No pixel outside of the image is read.

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

// The color between two filters, as if each ran alone: rounded to the image's type, and with the image's alpha.
__device__ color point_between(color c, float alpha)
{
    c.r = pixel_to_unit(unit_to_pixel(c.r));
    c.g = pixel_to_unit(unit_to_pixel(c.g));
    c.b = pixel_to_unit(unit_to_pixel(c.b));
    c.a = alpha;
    return c;
}

// The same after a filter whose result is gray.
__device__ color point_between_gray(color c, float alpha)
{
    c.r = c.g = c.b = pixel_to_unit(unit_to_pixel(c.r));
    c.a = alpha;
    return c;
}

// The place of pixel number block + offset of a strip; the strip's first row is row `first` of an image of `rows` rows.
// `block` is the number of the first pixel of a block of threads: so the division, which is slow, is the same for all
// its threads, and in wide images at most one row ends within a block. The quotient of whole numbers below 2^50, as
// doubles, is never rounded up to the next whole number.
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
    c.r = pixel_to_unit(in.x);
#if CHANNELS >= 3
    c.g = pixel_to_unit(in.y);
    c.b = pixel_to_unit(in.z);
#else
    c.g = c.b = c.r;
#endif
#if CHANNELS == 4
    c.a = pixel_to_unit(in.w);
#elif CHANNELS == 2
    c.a = pixel_to_unit(in.y);
#else
    c.a = 1.0f;
#endif
    float alpha = c.a;
    /* filters */
    out.x = unit_to_pixel(c.r);
#if RESULT_CHANNELS >= 3
    out.y = unit_to_pixel(c.g);
    out.z = unit_to_pixel(c.b);
#endif
    // store alpha as it was, whatever the functions made of it, unless one says that its result has another
#if NEW_ALPHA && RESULT_CHANNELS == 2
    out.y = unit_to_pixel(alpha);
#elif NEW_ALPHA && RESULT_CHANNELS == 4
    out.w = unit_to_pixel(alpha);
#elif RESULT_CHANNELS == 2 && CHANNELS == 2
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
    // PACK neighboring pixels are one wide load and one wide store, but for the last of the image.
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

// The prelude: what every kernel of imgcuda can use. The core defines, before this file:
//
//   PIXEL, PIXEL_BITS    the type of a sample and its size: unsigned char (8), unsigned short (16) or float (32)
//   CHANNELS             samples in a pixel: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha
//   BLOCK_WIDTH, BLOCK_HEIGHT, ROWS, PACK    the launch's layout: threads in a block, rows that each thread computes,
//                        and neighboring samples along a row that it computes, which is 1 on the CPU
//   a name in capitals for each field declared constant, and for each of its choices (BORDER, BORDER_WRAP ...)

#ifdef __CUDACC_RTC__  // nvcc gets these from the system's headers, which NVRTC does not include
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
typedef unsigned short ushort;
typedef unsigned int uint;
#endif
#ifdef __CUDACC__
typedef unsigned char uchar;
#endif

typedef PIXEL pixel;

// A condition for code that is faster where it holds, with an `else` that is right for every thread. On a CPU it holds if
// it does for all threads of a vector: then neither side is compiled twice, with a lane mask and without one.
#ifdef IMGCUDA_CPU
#define FOR_ALL(condition) __builtin_for_all(condition)
#else
#define FOR_ALL(condition) (condition)
#endif

// Whether a thread in column x may return, as it makes no pixel. On a CPU none may: a kernel lets it make the last pixel
// again and not store it, since code behind a `return` of some threads is compiled twice, for all threads of a vector and
// for some of them.
#ifdef IMGCUDA_CPU
#define IS_IDLE(x, width) false
#else
#define IS_IDLE(x, width) ((x) >= (width))
#endif

// The sample value of white, and of opaque.
#if PIXEL_BITS == 32
#define PIXEL_MAX 1.0f
#elif PIXEL_BITS == 16
#define PIXEL_MAX 65535.0f
#else
#define PIXEL_MAX 255.0f
#endif

// Whether an image of so many channels has alpha, which is the last of them; and how many of its channels are color.
#define HAS_ALPHA(channels) ((channels) % 2 == 0)
#define COLORS_IN(channels) ((channels) - HAS_ALPHA(channels))

// A filter without a border field may still call border().
#ifndef BORDER
#define BORDER_REFLECT 0
#define BORDER_MIRROR 1
#define BORDER_NEAREST 2
#define BORDER_WRAP 3
#define BORDER_CONSTANT 4
#define BORDER BORDER_REFLECT
#endif

// A sample from a value on the same scale (0 to PIXEL_MAX): rounded to nearest and clamped; a float stays as it is.
__device__ pixel to_pixel(float value)
{
#if PIXEL_BITS == 32
    return value;
#elif defined(__CUDACC__)  // the same in one instruction
    unsigned short sample;
#if PIXEL_BITS == 8
    asm("cvt.rni.sat.u8.f32 %0, %1;" : "=h"(sample) : "f"(value));
#else
    asm("cvt.rni.sat.u16.f32 %0, %1;" : "=h"(sample) : "f"(value));
#endif
    return (pixel)sample;
#else
    return (pixel)__float2int_rn(fminf(fmaxf(value, 0.0f), PIXEL_MAX));
#endif
}

// A sample as a value from 0 to 1, whatever the pixel type; floats are not clipped.
__device__ float pixel_to_unit(pixel sample)
{
#if PIXEL_BITS == 32
    return sample;
#else
    return sample * (1.0f / PIXEL_MAX);
#endif
}

// A sample from a value from 0 to 1: rounded to nearest and clamped; a float stays as it is.
__device__ pixel unit_to_pixel(float value)
{
    return to_pixel(value * PIXEL_MAX);
}

// The weights of red, green and blue in a color's luminance, in 65536ths: ITU-R BT.601, as in Pillow's convert("L").
#define REC601_RED 19595.0f
#define REC601_GREEN 38470.0f
#define REC601_BLUE 7471.0f

// A color's luminance by these weights, on the scale of red, green and blue.
__device__ float rec601_luminance(float r, float g, float b)
{
    return (REC601_RED * r + REC601_GREEN * g + REC601_BLUE * b) * (1.0f / 65536.0f);
}

// What a thread makes of a row: PACK neighboring samples, or as many floats. `*(pack *)(row + x)` is one wide load or
// store; x must be a multiple of PACK, and rows must begin at one. PART(several, i) is one of them.
#if PACK > 1
struct alignas(PACK * sizeof(pixel)) pack {
    pixel at[PACK];
};
struct alignas(PACK * sizeof(float)) floats {
    float at[PACK];
};
#define PART(several, i) ((several).at[i])
#else
typedef pixel pack;
typedef float floats;
#define PART(several, i) (several)
#endif

// PACK samples of a row from `from` on. Wide, where width * CHANNELS % PACK == 0 and x is a multiple of PACK, it is one
// load. Else samples are read one by one; of the `count` that are left of the row, the last is repeated as needed.
__device__ pack load_pack(const pixel *from, bool wide, int count)
{
    pack values;
    if (wide) {
        values = *(const pack *)from;
    } else {
        for (int i = 0; i < PACK; i++) PART(values, i) = from[min(i, count - 1)];
    }
    return values;
}

// Write PACK samples of a row from `to` on: in one store where `wide`, as above, else only the `count` left of the row.
__device__ void store_pack(pixel *to, pack values, bool wide, int count)
{
    if (wide) {
        *(pack *)to = values;
    } else {
        for (int i = 0; i < PACK; i++)
            if (i < count) to[i] = PART(values, i);
    }
}

// As load_pack, converted to floats.
__device__ floats load_floats(const pixel *from, bool wide, int count)
{
    pack values = load_pack(from, wide, count);
    floats made;
    for (int i = 0; i < PACK; i++) PART(made, i) = PART(values, i);
    return made;
}

// As store_pack, of values on the samples' scale: each is rounded and clamped by to_pixel.
__device__ void store_floats(pixel *to, floats values, bool wide, int count)
{
    pack made;
    for (int i = 0; i < PACK; i++) PART(made, i) = to_pixel(PART(values, i));
    store_pack(to, made, wide, count);
}

// Samples in a word of 32 bits: several bytes or 16-bit samples move as one word faster than one by one.
#define WORD_SAMPLES (32 / PIXEL_BITS)

// A word with a sample at a position from 0 to WORD_SAMPLES - 1, as neighbors lie in memory, and 0 elsewhere.
__device__ unsigned int sample_to_word(pixel sample, int position)
{
#if PIXEL_BITS == 32
    return __float_as_uint(sample);
#else
    return (unsigned int)sample << position * PIXEL_BITS;
#endif
}

// The sample at a position of a word.
__device__ pixel sample_from_word(unsigned int word, int position)
{
#if PIXEL_BITS == 32
    return __uint_as_float(word);
#else
    return (pixel)(word >> position * PIXEL_BITS);
#endif
}

// The type of whole numbers that are ordered as samples are.
#if PIXEL_BITS == 32
typedef unsigned int pixel_key;
#else
typedef pixel pixel_key;
#endif

// A whole number that is greater where the sample is greater. Bits of negative floats are inverted, else only the sign.
__device__ pixel_key key_of_pixel(pixel sample)
{
#if PIXEL_BITS == 32
    int bits = __float_as_int(sample);
    return (pixel_key)(bits ^ (bits >> 31 | 0x80000000));
#else
    return sample;
#endif
}

// The sample that has a key.
__device__ pixel pixel_of_key(pixel_key key)
{
#if PIXEL_BITS == 32
    return __uint_as_float(key & 0x80000000u ? key ^ 0x80000000u : ~key);
#else
    return key;
#endif
}

// A square root to within a few units in the last place, which is one instruction where an exact one is eight.
__device__ float quick_sqrt(float value)
{
#ifdef __CUDACC__
    float root;
    asm("sqrt.approx.ftz.f32 %0, %1;" : "=f"(root) : "f"(value));
    return root;
#else
    return sqrtf(value);
#endif
}

// The index at which position i of a line of n is read, by the border rule; -1 outside of it under BORDER_CONSTANT.
// One fold at the edge is enough for all that lies less than a line's length outside; the remainder is for the rest.
__device__ int border(int i, int n)
{
#if BORDER == BORDER_REFLECT        // d c b a | a b c d | d c b a
    int near = i < 0 ? -1 - i : i;
    int folded = near >= n ? 2 * n - 1 - near : near;
    if (FOR_ALL(folded >= 0)) return folded;
    int far = near % (2 * n);
    return far < n ? far : 2 * n - 1 - far;
#elif BORDER == BORDER_MIRROR       // d c b | a b c d | c b a
    int near = i < 0 ? -i : i;
    int folded = near >= n ? 2 * n - 2 - near : near;
    if (FOR_ALL(folded >= 0 && folded < n)) return folded;
    int period = max(2 * n - 2, 1), far = near % period;
    return far < n ? far : period - far;
#elif BORDER == BORDER_NEAREST      // a a a | a b c d | d d d
    return min(max(i, 0), n - 1);
#elif BORDER == BORDER_WRAP         // b c d | a b c d | a b c
    int near = i < 0 ? i + n : i;
    int folded = near >= n ? near - n : near;
    if (FOR_ALL(folded >= 0 && folded < n)) return folded;
    int far = i % n;
    return far < 0 ? far + n : far;
#else                               // 0 0 0 | a b c d | 0 0 0
    return i >= 0 && i < n ? i : -1;
#endif
}

// Where sample x of a row is read, by the border rule: in the same channel of another pixel; -1 for what lies outside
// under BORDER_CONSTANT. x lies at most `outside` pixels, a constant, left of the image.
__device__ int border_sample(int x, int width, int outside)
{
    int column = (x + outside * CHANNELS) / CHANNELS - outside;  // x may be negative, and division rounds toward 0
    int from = border(column, width);
    return from < 0 ? -1 : from * CHANNELS + x - column * CHANNELS;
}

// A pixel's color, 0 to 1 whatever the pixel type (floats are not clipped); gray has r = g = b.
struct color {
    float r, g, b, a;
};

// Where a pixel is: column and row, counted from 0 in the whole image, also where a strip of it is filtered; and the
// image's size. A per-pixel function gets it if its second argument is a `place`.
struct place {
    int x, y, width, height;
};

// What every kernel of imgcuda may assume. The core sets, before this file:
//
//   PIXEL, PIXEL_BITS    the type of a sample and its size: unsigned char (8), unsigned short (16) or float (32)
//   CHANNELS             samples in a pixel: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
//   BLOCK_WIDTH, BLOCK_HEIGHT, ROWS, PACK    the launch's layout: threads in a block, rows that each thread makes,
//                        and neighbours along a row that it makes, which is 1 on the CPU
//   a name in capitals for each field declared constant, and for each of its choices (BORDER, BORDER_WRAP ...)

#ifdef __CUDACC_RTC__  // what nvcc has from the system's headers, which NVRTC does without
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

#if PIXEL_BITS == 32
#define PIXEL_MAX 1.0f
#elif PIXEL_BITS == 16
#define PIXEL_MAX 65535.0f
#else
#define PIXEL_MAX 255.0f
#endif

// A filter without a border field still may ask for border().
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

// What a thread makes of a row: PACK neighbouring samples, or as many floats. `*(pack *)(row + x)` is one wide load or
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

// Where position i of a line of n is read, by the border rule; -1 for what lies outside under BORDER_CONSTANT.
// One fold at the edge is enough for all that lies less than a line's length outside; the remainder is for the rest.
__device__ int border(int i, int n)
{
#if BORDER == BORDER_REFLECT        // d c b a | a b c d | d c b a
    int near = i < 0 ? -1 - i : i;
    near = near >= n ? 2 * n - 1 - near : near;
    if (near >= 0) return near;
    int far = (i % (2 * n) + 2 * n) % (2 * n);
    return far < n ? far : 2 * n - 1 - far;
#elif BORDER == BORDER_MIRROR       // d c b | a b c d | c b a
    int near = i < 0 ? -i : i;
    near = near >= n ? 2 * n - 2 - near : near;
    if (near >= 0 && near < n) return near;
    int period = max(2 * n - 2, 1);
    int far = (i % period + period) % period;
    return far < n ? far : period - far;
#elif BORDER == BORDER_NEAREST      // a a a | a b c d | d d d
    return min(max(i, 0), n - 1);
#elif BORDER == BORDER_WRAP         // b c d | a b c d | a b c
    int near = i < 0 ? i + n : i;
    near = near >= n ? near - n : near;
    if (near >= 0 && near < n) return near;
    return (i % n + n) % n;
#else                               // 0 0 0 | a b c d | 0 0 0
    return i >= 0 && i < n ? i : -1;
#endif
}

// A pixel's colour, 0 to 1 whatever the pixel type (floats are not clipped); grey has r = g = b.
struct color {
    float r, g, b, a;
};

// Where a pixel is: column and row, counted from 0 in the whole image, also where a strip of it is filtered; and the
// image's size. A per-pixel function that takes a `place` as its second argument is told.
struct place {
    int x, y, width, height;
};

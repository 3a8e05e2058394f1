// Warp: each pixel of the result is read from its place in src, which the including file computes in
//     __device__ point source(double x, double y, const double *numbers)
// for column x and row y of the result, or if it defines BY_CHANNEL, for each channel of it, in
//     __device__ point source_of(int channel, double x, double y, const double *numbers)
// or in a kernel of its own, before which it defines OWN_KERNEL. A thread makes one pixel, from the TAPS x TAPS pixels around the place. Row 0 of
// the result is row `top` of the whole result, row 0 of src is row `first` of the image's src_height. Places are in
// float64, in which a float32's error, 1/256 of a pixel in an image of 60,000, is none. Edge: as in sampling.cuh.

#include "sampling.cuh"

// A place in the image: pixel centers are at whole numbers.
struct point {
    double x, y;
};


#define FAR 268435456.0  // further away than any pixel, and small enough for int; stands for NaN, too

// The pixel at a place.
__device__ sampled sample_at(const pixel *src, point at, int first, int src_width, int src_height)
{
    double nearest = TAPS == 1 ? 0.5 : 0.0;
    double x = fmin(fmax(at.x, -FAR), FAR) + nearest, y = fmin(fmax(at.y, -FAR), FAR) + nearest;
    double left = floor(x), top = floor(y);
    int back = TAPS == 4 ? 1 : 0;
    return sample(src, (int)left - back, (int)top - back, (float)(x - left), (float)(y - top), first, src_width, src_height);
}

#ifndef OWN_KERNEL

#ifdef BY_CHANNEL
__device__ point source_of(int channel, double x, double y, const double *numbers);
#else
__device__ point source(double x, double y, const double *numbers);
#endif

__global__ void warp(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                     const double *__restrict__ numbers, int top, int first, int src_width, int src_height)
{
    int column = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    if (IS_IDLE(column, width) || y >= height) return;
    int x = min(column, width - 1);
#ifdef BY_CHANNEL
    sampled made;
    for (int c = 0; c < CHANNELS; c++) {
        sampled here = sample_at(src, source_of(c, x, y + top, numbers), first, src_width, src_height);
        made.at[c] = here.at[c];
        if (HAS_ALPHA(CHANNELS)) made.at[c] = here.at[CHANNELS - 1] > 0.0f ? here.at[c] / here.at[CHANNELS - 1] : 0.0f;
    }
#if HAS_ALPHA(CHANNELS)
    made.at[CHANNELS - 1] = src[((long long)(y + top - first) * src_width + x) * CHANNELS + CHANNELS - 1];
    for (int c = 0; c < CHANNELS - 1; c++) made.at[c] *= made.at[CHANNELS - 1];
#endif
#else
    sampled made = sample_at(src, source(x, y + top, numbers), first, src_width, src_height);
#endif
    pixel *out = dst + ((long long)y * width + column) * CHANNELS;
    if (column < width)
        for (int c = 0; c < CHANNELS; c++) out[c] = to_pixel(made.at[c]);
}

#endif

// Cartoon: an image's luminance, blurred a little (`near`) and blurred more (`around`). Where the first is less than
// the second, it is drawn darker. In each kernel a thread makes one pixel in each of ROWS rows. Both blurs are of
// luminance times alpha, from 0 to 1, and where there is alpha they have it as a second sample, by which they are
// divided. Edge: only the blurs read outside of the image, by the border rule.

#define COLORS COLORS_IN(CHANNELS)
#define MADE (CHANNELS - COLORS + 1)  // samples of a blur

#define FOR_ROWS \
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x; \
    if (x >= width) return; \
    int end = min((int)(blockIdx.y + 1) * ROWS, height); \
    for (int y = blockIdx.y * ROWS; y < end; y++)

// The luminance of a pixel, from 0 to 1.
__device__ float light(const pixel *in)
{
#if COLORS == 3
    return rec601_luminance(pixel_to_unit(in[0]), pixel_to_unit(in[1]), pixel_to_unit(in[2]));
#else
    return pixel_to_unit(in[0]);
#endif
}

// A blur's luminance; 0 where all is transparent.
__device__ float shown(const float *blurred)
{
    return MADE == 1 ? blurred[0] : blurred[MADE - 1] > 0.0f ? blurred[0] / blurred[MADE - 1] : 0.0f;
}

// The luminance times alpha, and alpha, of an image, to be blurred.
__global__ void lights(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height)
{
    FOR_ROWS {
        long long i = (long long)y * width + x;
        float alpha = MADE > 1 ? pixel_to_unit(src[i * CHANNELS + CHANNELS - 1]) : 1.0f;
        dst[i * MADE] = light(src + i * CHANNELS) * alpha;
        if (MADE > 1) dst[i * MADE + MADE - 1] = alpha;
    }
}

// Counts how often each quotient of near and around occurs in rows `first` to `last`, in `steps` steps from 0 to 1, of
// which the last is left out, since all even parts of an image fall into it.
__global__ void quotients(const float *__restrict__ near, unsigned int *__restrict__ dst, int width, int height,
                          const float *__restrict__ around, int first, int last, int steps)
{
    FOR_ROWS {
        long long i = (long long)y * width + x;
        float quotient = shown(near + i * MADE) / shown(around + i * MADE);
        if (y >= first && y < last && quotient >= 0.0f && quotient * steps < steps - 1)
            atomicAdd(&dst[(int)(quotient * steps)], 1u);
    }
}

// Multiplies near by a factor that falls evenly with the quotient of both: from 1 at a quotient of 1 or more to 0 at
// 1 - ramp or less. The result has this luminance; the differences of the image's colors from its luminance stay.
__global__ void cartoon(const float *__restrict__ near, pixel *__restrict__ dst, int width, int height,
                        const float *__restrict__ around, const pixel *__restrict__ image, float ramp)
{
    FOR_ROWS {
        long long i = (long long)y * width + x;
        const pixel *in = image + i * CHANNELS;
        float here = shown(near + i * MADE), whole = shown(around + i * MADE), factor = 0.0f;
        if (whole != 0.0f) {
            float darker = 1.0f - here / whole;
            factor = darker > 0.0f ? fmaxf(1.0f - darker / ramp, 0.0f) : 1.0f;
        }
        float change = fminf(fmaxf(here * factor, 0.0f), 1.0f) - light(in);
        for (int c = 0; c < COLORS; c++) dst[i * CHANNELS + c] = unit_to_pixel(pixel_to_unit(in[c]) + change);
        if (COLORS < CHANNELS) dst[i * CHANNELS + CHANNELS - 1] = in[CHANNELS - 1];
    }
}

// Anisotropic diffusion, one iteration: each sample gains a part of its differences to its four neighbors, the smaller
// the larger a difference is. A thread makes ROWS samples of a column. Between iterations samples are floats on the
// image's scale. Edge: neighbors outside of the image are read by the border rule; under BORDER_CONSTANT they are black.

#if FROM_FLOATS
typedef float source;
#else
typedef pixel source;
#endif

#if TO_FLOATS
typedef float result;
#else
typedef pixel result;
#endif

#include "power_of_2.cuh"

// What flows over a difference; `steep` is 1 / kappa.
__device__ float flow(float difference, float steep)
{
    float part = difference * steep;
#if CONDUCTION == CONDUCTION_EXPONENTIAL
    return difference * power_of_2(part * part * -1.44269504f);
#else
    return difference / (1.0f + part * part);
#endif
}

__global__ void diffuse(const source *__restrict__ src, result *__restrict__ dst, int width, int height, float kappa,
                        float gamma)
{
    int samples = width * CHANNELS, x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y0 = blockIdx.y * ROWS;
    int left = border_sample(x - CHANNELS, width, 1), right = border_sample(x + CHANNELS, width, 1);
    if (x >= samples) return;
    float steep = 1.0f / (kappa * PIXEL_MAX);
#pragma unroll 1
    for (int y = y0; y < min(y0 + ROWS, height); y++) {
        int above = border(y - 1, height), below = border(y + 1, height);
        const source *row = src + (long long)y * samples;
        float here = row[x];
        float before = left < 0 ? 0.0f : row[max(left, 0)], after = right < 0 ? 0.0f : row[max(right, 0)];
        float over = above < 0 ? 0.0f : src[(long long)max(above, 0) * samples + x];
        float under = below < 0 ? 0.0f : src[(long long)max(below, 0) * samples + x];
        float gain = (flow(before - here, steep) + flow(after - here, steep)) +
                     (flow(over - here, steep) + flow(under - here, steep));
        float made = here + gamma * gain;
#if TO_FLOATS
        dst[(long long)y * samples + x] = made;
#else
        dst[(long long)y * samples + x] = to_pixel(made);
#endif
    }
}

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

// A sample, and its neighbors to the left, to the right, above and below.
struct cross {
    float here, before, after, over, under;
};

// Reads them around sample x of a row; `left` and `right` are the places of two of them in it, `above` and `below` the
// rows of the others. -1 means black.
__device__ cross read_cross(const source *src, int samples, int x, int y, int left, int right, int above, int below)
{
    const source *row = src + (long long)y * samples;
    cross made;
    made.here = row[x];
    made.before = left < 0 ? 0.0f : row[max(left, 0)];
    made.after = right < 0 ? 0.0f : row[max(right, 0)];
    made.over = above < 0 ? 0.0f : src[(long long)max(above, 0) * samples + x];
    made.under = below < 0 ? 0.0f : src[(long long)max(below, 0) * samples + x];
    return made;
}

__global__ void diffuse(const source *__restrict__ src, result *__restrict__ dst, int width, int height, float kappa,
                        float gamma)
{
    int samples = width * CHANNELS, x = blockIdx.x * BLOCK_WIDTH + threadIdx.x, y0 = blockIdx.y * ROWS;
    int beside[2];
#ifdef IMGCUDA_CPU  // a GPU would keep them in memory
#pragma unroll 1
#endif
    for (int k = 0; k < 2; k++) beside[k] = border_sample(x + (2 * k - 1) * CHANNELS, width, 1);
    if (IS_IDLE(x, samples)) return;
    bool mine = x < samples;
    float steep = 1.0f / (kappa * PIXEL_MAX);
#pragma unroll 1
    for (int y = y0; y < min(y0 + ROWS, height); y++) {
        int above = border(y - 1, height), below = border(y + 1, height);
        cross at = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
        if (FOR_ALL(mine))
            at = read_cross(src, samples, x, y, beside[0], beside[1], above, below);
        else if (mine)
            at = read_cross(src, samples, x, y, beside[0], beside[1], above, below);
        float gain = (flow(at.before - at.here, steep) + flow(at.after - at.here, steep)) +
                     (flow(at.over - at.here, steep) + flow(at.under - at.here, steep));
        float made = at.here + gamma * gain;
#if TO_FLOATS
        if (mine) dst[(long long)y * samples + x] = made;
#else
        if (mine) dst[(long long)y * samples + x] = to_pixel(made);
#endif
    }
}

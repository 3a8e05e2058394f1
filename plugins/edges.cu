// Edges: the length of the gradient, sqrt(gx^2 + gy^2), or the absolute Laplacian.
// A thread makes one sample in each of ROWS rows, walking down: a block reads rows side by side, and every row
// that it has read serves three times. At the edge, left and right are looked up once for the whole walk.

#if OPERATOR == OPERATOR_SCHARR
#define NEAR 10.0f
#define FAR 3.0f
#elif OPERATOR == OPERATOR_PREWITT
#define NEAR 1.0f
#define FAR 1.0f
#else
#define NEAR 2.0f
#define FAR 1.0f
#endif

// What lies outside of the image under BORDER_CONSTANT has position -1, and is black.
__device__ float sample(const pixel *row, int x)
{
#if BORDER == BORDER_CONSTANT
    return x < 0 ? 0.0f : row[x];
#else
    return row[x];
#endif
}

__device__ float strength(float3 above, float3 here, float3 below)
{
#if OPERATOR == OPERATOR_LAPLACIAN
    return fabsf(above.y + below.y + here.x + here.z - 4.0f * here.y);
#else
    float gx = FAR * (above.z - above.x + below.z - below.x) + NEAR * (here.z - here.x);
    float gy = FAR * (below.x - above.x + below.z - above.z) + NEAR * (below.y - above.y);
    return sqrtf(gx * gx + gy * gy);
#endif
}

__device__ float3 read_row(const pixel *src, int samples, int y, int height, int left, int x, int right)
{
    int from = border(y, height);
#if BORDER == BORDER_CONSTANT
    if (from < 0) return make_float3(0.0f, 0.0f, 0.0f);
#endif
    const pixel *row = src + (long long)from * samples;
    return make_float3(sample(row, left), row[x], sample(row, right));
}

__device__ void walk(const pixel *src, pixel *dst, int samples, int height, int y0, int left, int x, int right, float scale)
{
    float3 above = read_row(src, samples, y0 - 1, height, left, x, right);
    float3 here = read_row(src, samples, y0, height, left, x, right);
    int end = min(y0 + ROWS, height);
    for (int y = y0; y < end; y++) {
        float3 below = read_row(src, samples, y + 1, height, left, x, right);
        dst[(long long)y * samples + x] = to_pixel(scale * strength(above, here, below));
        above = here;
        here = below;
    }
}

__global__ void edges(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, float scale)
{
    int samples = width * CHANNELS;
    int x0 = blockIdx.x * BLOCK_WIDTH, x = x0 + threadIdx.x;
    int y0 = blockIdx.y * ROWS;
    if (x0 >= CHANNELS && x0 + BLOCK_WIDTH + CHANNELS <= samples) {
        walk(src, dst, samples, height, y0, x - CHANNELS, x, x + CHANNELS, scale);
    } else if (x < samples) {
        int column = x / CHANNELS, channel = x - column * CHANNELS;
        int left = border(column - 1, width), right = border(column + 1, width);
        left = left < 0 ? -1 : left * CHANNELS + channel;
        right = right < 0 ? -1 : right * CHANNELS + channel;
        walk(src, dst, samples, height, y0, left, x, right, scale);
    }
}

// Tilt-shift: a weighted mean of an image and its blurs, whose weights depend on the distance from a line. Weights are
// computed from variances: that of a pixel's own blur lies between those of two blurs, which alone have a weight. A
// thread makes one sample in each of ROWS rows, of which row 0 is row `first` of the image. A blur without weight does
// not count, whatever it holds. Edge: only the blurs read outside of the image, by the border rule.

// The variance of the blur at a place. The line is where `across` x + `down` y + `offset` is 0; up to `sharp` pixels from
// it nothing is blurred, and then sigma grows by `growth` a pixel, up to `sigma`.
__device__ float variance_at(int x, int y, float across, float down, float offset, float sharp, float growth,
                             float sigma)
{
    float distance = fabsf(across * x + down * y + offset);
    float own = fminf(fmaxf((distance - sharp) * growth, 0.0f), sigma);
    return own * own;
}

// Adds a blur times its weight to dst; the first one overwrites dst. Its variance is `here`; the variances of the blurs
// before and after it are `below` and `above`.
__global__ void collect(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height, float across,
                        float down, float offset, float sharp, float growth, float sigma, int first, float below,
                        float here, float above, int is_first)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= width * CHANNELS) return;
    int end = min((int)(blockIdx.y + 1) * ROWS, height);
    for (int y = blockIdx.y * ROWS; y < end; y++) {
        float own = variance_at(x / CHANNELS, first + y, across, down, offset, sharp, growth, sigma);
        float rising = (own - below) / (here - below), falling = (above - own) / (above - here);
        float weight = fminf(rising, falling);
        long long i = (long long)y * width * CHANNELS + x;
        dst[i] = (is_first ? 0.0f : dst[i]) + (weight > 0.0f ? weight * src[i] : 0.0f);
    }
}

// The result: the sum of the others, and the strongest blur times its weight.
__global__ void tilt_shift(const pixel *__restrict__ src, pixel *__restrict__ dst, int width, int height, float across,
                           float down, float offset, float sharp, float growth, float sigma, int first, float below,
                           const float *__restrict__ total)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= width * CHANNELS) return;
    int end = min((int)(blockIdx.y + 1) * ROWS, height);
    for (int y = blockIdx.y * ROWS; y < end; y++) {
        float own = variance_at(x / CHANNELS, first + y, across, down, offset, sharp, growth, sigma);
        float weight = (own - below) / (sigma * sigma - below);
        long long i = (long long)y * width * CHANNELS + x;
        dst[i] = to_pixel(total[i] + (weight > 0.0f ? weight * src[i] : 0.0f));
    }
}

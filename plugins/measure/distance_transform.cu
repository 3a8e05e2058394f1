// Distance transform: three launches, since the nearest background pixel is the one of its column nearest to the row
// (Felzenszwalb and Huttenlocher, Distance transforms of sampled functions, 2012):
//   along_columns   how far each pixel is from the nearest background of its own column
//   least           the least of these in each SEGMENT of a row
//   across          the least distance over the columns to either side, of which whole segments may be passed over
// Distances are whole numbers, for euclidean squares. FAR, where there is none, is farther than any: LARGE is for images
// of more than 16384 rows or columns.

#if LARGE
#define FAR (1 << 29)
typedef long long distance;
#else
#define FAR 32767
typedef int distance;
#endif

__device__ bool is_background(const pixel *in, float threshold)
{
#if CHANNELS >= 3
    float value = rec601_luminance(pixel_to_unit(in[0]), pixel_to_unit(in[1]), pixel_to_unit(in[2]));
#else
    float value = pixel_to_unit(in[0]);
#endif
#if HAS_ALPHA(CHANNELS)
    value *= pixel_to_unit(in[CHANNELS - 1]);
#endif
    return !(unit_to_pixel(value) > threshold * PIXEL_MAX);
}

// A thread walks down a column, and counts from the last background; then up again, and keeps the lesser. Neighboring
// threads read neighboring pixels.
__global__ void along_columns(const pixel *__restrict__ src, int *__restrict__ dst, int width, int height, float threshold)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= width) return;
    int far = FAR;
    for (int y = 0; y < height; y++) {
        long long at = (long long)y * width + x;
        far = is_background(src + at * CHANNELS, threshold) ? 0 : min(far + 1, FAR);
        dst[at] = far;
    }
    for (int y = height - 1; y >= 0; y--) {
        long long at = (long long)y * width + x;
        far = min(far + 1, dst[at]);
        dst[at] = far;
    }
}

// The distance, for euclidean its square, of a pixel `beside` columns and `down` rows away.
#if METRIC == METRIC_EUCLIDEAN
#define DISTANCE(beside, down) ((distance)(beside) * (beside) + (distance)(down) * (down))
#elif METRIC == METRIC_CITYBLOCK
#define DISTANCE(beside, down) ((beside) + (down))
#else
#define DISTANCE(beside, down) max(beside, down)
#endif

// A thread finds the least of SEGMENT columns.
__global__ void least(const int *__restrict__ src, int *__restrict__ dst, int width, int height, int columns)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= width) return;
    const int *row = src + (long long)blockIdx.y * columns;
    int found = FAR;
    for (int i = x * SEGMENT; i < min(x * SEGMENT + SEGMENT, columns); i++) found = min(found, row[i]);
    dst[(long long)blockIdx.y * width + x] = found;
}

// The least of `best` and of the distances of pixel x by the columns of a segment.
__device__ distance by_segment(const int *row, int width, int x, int segment, distance best)
{
    int first = segment * SEGMENT;
    for (int i = first; i < min(first + SEGMENT, width); i++) best = min(best, DISTANCE(abs(i - x), row[i]));
    return best;
}

// A thread makes one pixel. It looks at its own segment, and then to both sides until the columns alone are farther than
// the best that it has found; into a segment only if its least could be nearer.
__global__ void across(const int *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                       const int *__restrict__ leasts, int segments, float scale)
{
    int x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (x >= width) return;
    const int *row = src + (long long)blockIdx.y * width, *near = leasts + (long long)blockIdx.y * segments;
    int own = x / SEGMENT;
    distance best = by_segment(row, width, x, own, DISTANCE(0, row[x]));
    for (int k = 1; k < segments; k++) {
        int left = own - k, right = own + k;
        int to_left = x - (left * SEGMENT + SEGMENT - 1), to_right = right * SEGMENT - x;
        bool look_left = left >= 0 && DISTANCE(to_left, 0) < best, look_right = right < segments && DISTANCE(to_right, 0) < best;
        if (!look_left && !look_right) break;
        if (look_left && DISTANCE(to_left, near[left]) < best) best = by_segment(row, width, x, left, best);
        if (look_right && DISTANCE(to_right, near[right]) < best) best = by_segment(row, width, x, right, best);
    }
#if METRIC == METRIC_EUCLIDEAN
    float made = sqrtf((float)best);
#else
    float made = best;
#endif
    dst[(long long)blockIdx.y * width + x] = to_pixel(best < DISTANCE(0, FAR) ? made * scale : __int_as_float(0x7f800000));
}

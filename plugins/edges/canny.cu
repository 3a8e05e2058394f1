// Canny: edges one pixel wide (Canny, A computational approach to edge detection, 1986), of the luminance after a blur.
// There are four launches:
//   luminance   makes a plane of floats, on the scale of the image's own type, 0 to PIXEL_MAX; the filter blur follows
//   suppress    keeps pixels whose Sobel gradient is longest across the edge, and marks each as WEAK or STRONG
//   link        joins weak pixels to trees with their neighbors
//   draw        makes strong pixels white, and weak ones whose tree has a strong pixel in it
// Each says what a thread does. Edge: outside of the image the luminance is that of the nearest pixel, and no gradient
// is long.
//
// A tree's nodes are the weak pixels, numbered from 1 in the order of the image, and node 0, which stands for all
// strong pixels. A weak pixel's label is its parent, which has a smaller number, or itself for a root. So a tree with a
// strong pixel in it has the root 0. Threads join trees at the same time, without a lock: labels only ever become
// smaller, and a thread that finds that a root has got a parent in the meantime continues from that parent.

#define WEAK 1
#define STRONG 2
#define TAN 0.41421356f  // of 22.5 degrees

// A thread makes one pixel. Colors are multiplied by alpha, so that transparent regions have no edges.
__global__ void luminance(const pixel *__restrict__ src, float *__restrict__ dst, int width, int height)
{
    long long i = (long long)blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    if (i >= (long long)width * height) return;
    const pixel *in = src + i * CHANNELS;
#if CHANNELS >= 3
    float value = rec601_luminance(in[0], in[1], in[2]);
#else
    float value = in[0];
#endif
#if HAS_ALPHA(CHANNELS)
    value *= pixel_to_unit(in[CHANNELS - 1]);
#endif
    dst[i] = value;
}

// Of a pixel and its two neighbors in the row: Sobel's weighted sum, and the difference between the neighbors.
struct pair {
    float along, slope;
};

__device__ pair read_pair(const float *src, int width, int height, int x, int y, bool inside)
{
    const float *row = src + (long long)min(max(y, 0), height - 1) * width;
    float left, here, right;
    if (inside) {
        left = row[x - 1];
        here = row[x];
        right = row[x + 1];
    } else {
        left = row[min(max(x - 1, 0), width - 1)];
        here = row[min(max(x, 0), width - 1)];
        right = row[min(x + 1, width - 1)];
    }
    pair made = {left + 2.0f * here + right, right - left};
    return made;
}

// The directions that a gradient is rounded to.
#define ACROSS 0
#define DOWN 1
#define FALLS 2
#define RISES 3

__device__ unsigned char direction_of(float gx, float gy)
{
    float dx = fabsf(gx), dy = fabsf(gy);
    return dy < TAN * dx ? ACROSS : dx < TAN * dy ? DOWN : (gx < 0.0f) == (gy < 0.0f) ? FALLS : RISES;
}

// The squared lengths of the gradients and their directions: at a block's pixels, and at the halo of one pixel around.
struct tile {
    float length[ROWS + 2][BLOCK_WIDTH];
    unsigned char direction[ROWS + 2][BLOCK_WIDTH];
};

// Fills a column of the tile, from row y0 - 1 on. Outside of the image the length is 0.
__device__ void measure(tile *made, const float *src, int width, int height, int x, int y0, int rows, bool inside)
{
    int t = threadIdx.x;
    pair above = read_pair(src, width, height, x, y0 - 2, inside), here = read_pair(src, width, height, x, y0 - 1, inside);
    for (int r = 0; r < rows + 2; r++) {
        pair below = read_pair(src, width, height, x, y0 + r, inside);
        float gx = above.slope + 2.0f * here.slope + below.slope, gy = below.along - above.along;
        float length = gx * gx + gy * gy;
        if (y0 + r < 1 || y0 + r > height || (!inside && (x < 0 || x >= width))) length = 0.0f;
        made->length[r][t] = length;
        made->direction[r][t] = direction_of(gx, gy);
        above = here;
        here = below;
    }
}

// A pixel is kept if its gradient is longer than at its two neighbors in the gradient's direction. Of two in a row or a
// column that are equally long, the first is kept. A blur is not exact, so after one, lengths within a factor of
// `alike` are equal, and the first of two is kept on a diagonal, too. Without a blur `alike` is 1, and the result is
// OpenCV's.
__device__ unsigned char kind_of(const tile *from, int r, int c, float low, float high, float alike)
{
    const float(*at)[BLOCK_WIDTH] = from->length + r;
    float nw = at[-1][c - 1], n = at[-1][c], ne = at[-1][c + 1], w = at[0][c - 1], length = at[0][c], e = at[0][c + 1];
    float sw = at[1][c - 1], s = at[1][c], se = at[1][c + 1];
    int direction = from->direction[r][c];
    bool across = direction == ACROSS, down = direction == DOWN, falls = direction == FALLS;
    float before = across ? w : down ? n : falls ? nw : ne, after = across ? e : down ? s : falls ? se : sw;
    bool longest = length > before * alike && (across || down || alike > 1.0f ? length * alike >= after : length > after);
    return longest && length > low ? (length > high ? STRONG : WEAK) : 0;
}

// A block makes ROWS rows of the columns of its tile, without the outermost two. A thread fills one column of the tile,
// and makes one column of pixels. `low` and `high` are squared.
__global__ void suppress(const float *__restrict__ src, unsigned char *__restrict__ dst, int width, int height,
                         unsigned int *__restrict__ labels, float low, float high, float alike)
{
    __shared__ tile part;
    int t = threadIdx.x, x0 = blockIdx.x * (BLOCK_WIDTH - 2), y0 = blockIdx.y * ROWS, rows = min(ROWS, height - y0);
    // load
    if (x0 >= 2 && x0 + BLOCK_WIDTH <= width)
        measure(&part, src, width, height, x0 + t - 1, y0, rows, true);
    else
        measure(&part, src, width, height, x0 + t - 1, y0, rows, false);
    __syncthreads();

    // compare and store
    if (t >= BLOCK_WIDTH - 2 || x0 + t >= width) return;
    for (int r = 0; r < rows; r++) {
        unsigned char kind = kind_of(&part, r + 1, t + 1, low, high, alike);
        long long i = (long long)(y0 + r) * width + x0 + t;
        dst[i] = kind;
        if (kind == WEAK) labels[i] = (unsigned int)i + 1u;
    }
}

// The root of a node's tree. Every other node on the path gets its grandparent as its parent, so that later paths are
// shorter.
__device__ unsigned int root_of(unsigned int *labels, unsigned int node)
{
    while (node != 0) {
        unsigned int up = labels[node - 1];
        if (up == node || up == 0) return up;
        unsigned int next = labels[up - 1];
        if (next != up) atomicMin(&labels[node - 1], next);
        node = next;
    }
    return 0;
}

// Joins two trees (Rem's algorithm): the node with the larger number gets the other as its parent, and its former
// parent is joined with the other in turn.
__device__ void join(unsigned int *labels, unsigned int node, unsigned int other)
{
    while (node != other) {
        unsigned int low = min(node, other), high = max(node, other), up = labels[high - 1];
        if (up > low) up = atomicMin(&labels[high - 1], low);
        if (up == high) return;  // `high` was a root
        node = low;
        other = up;
    }
}

// Lists the weak pixels in a block's part of the image: they are few, and from a list threads share them evenly.
__device__ void note(unsigned short *list, unsigned int *number, bool weak, int row)
{
    if (__builtin_expect(weak, 0)) list[atomicAdd(number, 1u)] = (unsigned short)(row * BLOCK_WIDTH + threadIdx.x);
}

__device__ int kind_at(const unsigned char *kinds, int width, int height, int x, int y)
{
    return x >= 0 && x < width && y >= 0 && y < height ? kinds[(long long)y * width + x] : 0;
}

// Joins a weak pixel with node 0 if a strong pixel is beside it, and with those weak neighbors before it that are not
// joined to each other anyway.
__device__ void join_pixel(const unsigned char *kinds, unsigned int *labels, int width, int height, int x, int y)
{
    unsigned int node = (unsigned int)((long long)y * width + x) + 1u;
    int nw = kind_at(kinds, width, height, x - 1, y - 1), n = kind_at(kinds, width, height, x, y - 1);
    int ne = kind_at(kinds, width, height, x + 1, y - 1), w = kind_at(kinds, width, height, x - 1, y);
    int e = kind_at(kinds, width, height, x + 1, y), sw = kind_at(kinds, width, height, x - 1, y + 1);
    int s = kind_at(kinds, width, height, x, y + 1), se = kind_at(kinds, width, height, x + 1, y + 1);
    bool strong = max(max(max(nw, n), max(ne, w)), max(max(e, sw), max(s, se))) == STRONG;
    unsigned int others[3];
    others[0] = strong ? 0u : node;
    others[1] = n == WEAK ? node - width : w == WEAK ? node - 1u : nw == WEAK ? node - width - 1u : node;
    others[2] = n != WEAK && ne == WEAK ? node - width + 1u : node;
#pragma unroll 1  // the code is long, and seldom runs
    for (int i = 0; i < 3; i++) join(labels, node, others[i]);
}

// A block lists the weak pixels of ROWS rows of BLOCK_WIDTH pixels; then each thread joins every BLOCK_WIDTH-th of
// them.

__global__ void link(const unsigned char *__restrict__ src, unsigned int *dst, int width, int height)
{
    __shared__ unsigned short list[BLOCK_WIDTH * ROWS];
    __shared__ unsigned int number;
    int t = threadIdx.x, x0 = blockIdx.x * BLOCK_WIDTH, y0 = blockIdx.y * ROWS, rows = min(ROWS, height - y0);
    if (t == 0) number = 0;
    __syncthreads();
    if (x0 + t < width)
        for (int r = 0; r < rows; r++) note(list, &number, src[(long long)(y0 + r) * width + x0 + t] == WEAK, r);
    __syncthreads();
    for (int k = t; __builtin_expect(k < number, 0); k += BLOCK_WIDTH)
        join_pixel(src, dst, width, height, x0 + list[k] % BLOCK_WIDTH, y0 + list[k] / BLOCK_WIDTH);
}

#define RESULTS (1 + HAS_ALPHA(CHANNELS))  // samples in a pixel of the result

// A block makes ROWS rows of BLOCK_WIDTH pixels, a thread one column: strong pixels white, all others black. Then each
// thread looks up every BLOCK_WIDTH-th of the block's weak pixels.

__global__ void draw(const unsigned char *__restrict__ src, pixel *__restrict__ dst, int width, int height,
                     unsigned int *labels, const pixel *__restrict__ image)
{
    __shared__ unsigned short list[BLOCK_WIDTH * ROWS];
    __shared__ unsigned int number;
    int t = threadIdx.x, x0 = blockIdx.x * BLOCK_WIDTH, y0 = blockIdx.y * ROWS, rows = min(ROWS, height - y0);
    if (t == 0) number = 0;
    __syncthreads();
    if (x0 + t < width) {
        for (int r = 0; r < rows; r++) {
            long long i = (long long)(y0 + r) * width + x0 + t;
            dst[i * RESULTS] = src[i] == STRONG ? (pixel)PIXEL_MAX : (pixel)0;
#if RESULTS == 2
            dst[i * RESULTS + 1] = image[i * CHANNELS + CHANNELS - 1];
#endif
            note(list, &number, src[i] == WEAK, r);
        }
    }
    __syncthreads();
    for (int k = t; __builtin_expect(k < number, 0); k += BLOCK_WIDTH) {
        long long i = (long long)(y0 + list[k] / BLOCK_WIDTH) * width + x0 + list[k] % BLOCK_WIDTH;
        if (root_of(labels, (unsigned int)i + 1u) == 0) dst[i * RESULTS] = (pixel)PIXEL_MAX;
    }
}

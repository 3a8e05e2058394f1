// What people's kernels do, by the shape of their memory accesses. shapes.cpp has the same loops for one C++ thread.

__global__ void a_thread_a_column(const float *in, float *out, int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= width) return;
    float sum = 0;
    for (int y = 0; y < height; y++) {
        sum = 0.9f * sum + in[y * width + x];
        out[y * width + x] = sum;
    }
}

__global__ void a_thread_a_row(const float *in, float *out, int width, int height)
{
    int y = blockIdx.x * blockDim.x + threadIdx.x;
    if (y >= height) return;
    float sum = 0;
    for (int x = 0; x < width; x++) {
        sum = 0.9f * sum + in[y * width + x];
        out[y * width + x] = sum;
    }
}

__global__ void a_sum_a_row(const float *in, float *out, int width, int height)
{
    int y = blockIdx.x * blockDim.x + threadIdx.x;
    if (y >= height) return;
    float sum = 0;
    for (int x = 0; x < width; x++) sum += in[y * width + x];
    out[y] = sum;
}

__global__ void a_thread_a_row_unsigned(const float *in, float *out, unsigned width, unsigned height)
{
    unsigned y = blockIdx.x * blockDim.x + threadIdx.x;
    if (y >= height) return;
    float sum = 0;
    for (unsigned x = 0; x < width; x++) {
        sum = 0.9f * sum + in[y * width + x];
        out[y * width + x] = sum;
    }
}

__global__ void a_thread_a_part(const float *in, float *out, int n)
{
    int first = (blockIdx.x * blockDim.x + threadIdx.x) * 64;
    for (int i = first; i < first + 64; i++) {
        if (i < n) out[i] = 0.5f * in[i];
    }
}

__global__ void by_the_grid(const float *in, float *out, int n)
{
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) out[i] = 0.5f * in[i];
}

__global__ void every_fourth(const float *in, float *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (4 * i < n) out[4 * i] = 0.5f * in[4 * i];
}

__global__ void a_step_apart(const float *in, float *out, int n, int step)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n / step) out[i * step] = 0.5f * in[i * step];
}

__global__ void bins(const unsigned char *in, unsigned int *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) atomicAdd(&out[in[i]], 1u);
}

__global__ void bins_of_floats(const unsigned char *in, float *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) atomicAdd(&out[in[i]], 1.0f);
}

__global__ void bins_of_a_block(const unsigned char *in, unsigned int *out, int n)
{
    __shared__ unsigned int own[256];
    own[threadIdx.x] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) atomicAdd(&own[in[i]], 1u);
    __syncthreads();
    atomicAdd(&out[threadIdx.x], own[threadIdx.x]);
}

__global__ void one_total(const float *in, float *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) atomicAdd(out, in[i]);
}

__global__ void transposed(const float *in, float *out, int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x < width && y < height) out[x * height + y] = in[y * width + x];
}

__global__ void column_major(const float *in, float *out, int width, int height)
{
    int y = blockIdx.x * blockDim.x + threadIdx.x, x = blockIdx.y * blockDim.y + threadIdx.y;
    if (x < width && y < height) out[y * width + x] = 2 * in[y * width + x];
}

__global__ void a_sum_of_columns(const float *in, float *out, int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    float sum = 0;
    for (int k = -2; k <= 2; k++) sum += in[x * height + min(max(y + k, 0), height - 1)];
    out[x * height + y] = sum;
}

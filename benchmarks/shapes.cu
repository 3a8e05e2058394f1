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

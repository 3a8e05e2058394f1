// The loops that one C++ thread runs for the kernels in shapes.cu, under the same names.

typedef const float *__restrict__ In;
typedef const unsigned char *__restrict__ Bytes;
typedef float *__restrict__ Out;

extern "C" {

void a_thread_a_column(In in, Out out, int width, int height)
{
    for (int x = 0; x < width; x++) {
        float sum = 0;
        for (int y = 0; y < height; y++) {
            sum = 0.9f * sum + in[y * width + x];
            out[y * width + x] = sum;
        }
    }
}

void a_thread_a_row(In in, Out out, int width, int height)
{
    for (int y = 0; y < height; y++) {
        float sum = 0;
        for (int x = 0; x < width; x++) {
            sum = 0.9f * sum + in[y * width + x];
            out[y * width + x] = sum;
        }
    }
}

void a_sum_a_row(In in, Out out, int width, int height)
{
    for (int y = 0; y < height; y++) {
        float sum = 0;
        for (int x = 0; x < width; x++) sum += in[y * width + x];
        out[y] = sum;
    }
}

void bins(Bytes in, unsigned int *__restrict__ out, int n)
{
    for (int i = 0; i < n; i++) out[in[i]]++;
}

void bins_of_floats(Bytes in, Out out, int n)
{
    for (int i = 0; i < n; i++) out[in[i]] += 1.0f;
}

void bins_of_a_block(Bytes in, unsigned int *__restrict__ out, int n)
{
    bins(in, out, n);
}

void one_total(In in, Out out, int n)
{
    for (int i = 0; i < n; i++) *out += in[i];
}

void transposed(In in, Out out, int width, int height)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) out[x * height + y] = in[y * width + x];
}

void column_major(In in, Out out, int width, int height)
{
    for (int x = 0; x < width; x++)
        for (int y = 0; y < height; y++) out[y * width + x] = 2 * in[y * width + x];
}
}

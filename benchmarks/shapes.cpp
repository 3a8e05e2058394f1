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

void a_thread_a_row_unsigned(In in, Out out, unsigned width, unsigned height)
{
    for (unsigned y = 0; y < height; y++) {
        float sum = 0;
        for (unsigned x = 0; x < width; x++) {
            sum = 0.9f * sum + in[y * width + x];
            out[y * width + x] = sum;
        }
    }
}

void a_thread_a_part(In in, Out out, int n)
{
    for (int i = 0; i < n; i++) out[i] = 0.5f * in[i];
}

void by_the_grid(In in, Out out, int n)
{
    for (int i = 0; i < n; i++) out[i] = 0.5f * in[i];
}

void every_fourth(In in, Out out, int n)
{
    for (int i = 0; 4 * i < n; i++) out[4 * i] = 0.5f * in[4 * i];
}

void a_step_apart(In in, Out out, int n, int step)
{
    for (int i = 0; i < n / step; i++) out[i * step] = 0.5f * in[i * step];
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

void a_sum_of_columns(In in, Out out, int width, int height)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            float sum = 0;
            for (int k = -2; k <= 2; k++) {
                int at = y + k < 0 ? 0 : y + k < height ? y + k : height - 1;
                sum += in[x * height + at];
            }
            out[x * height + y] = sum;
        }
}
}

// Gamma: each colour to a power, times a gain.
// The power is 2^(gamma log2(x)), and both functions are written out here: CUDA's own differ from device to device in
// their last bits, and take half as long again on the CPU. Each operation here is rounded as IEEE 754 says, everywhere.

// log2(x), for x above 0. Its bits give n and f of x = 2^n (1 + f), f from -1/3 to 1/3; log2(1 + f) is f P(f), with P
// the polynomial of degree 8 that has the least relative error, 2^-25.
__device__ float log2_of(float x)
{
#if PIXEL_BITS == 32  // the smallest floats have no exponent of their own
    bool small = x < 1.17549435e-38f;
    x = small ? x * 16777216.0f : x;  // 2^24
    float more = small ? -24.0f : 0.0f;
#else
    float more = 0.0f;
#endif
    int n = (__float_as_int(x) - __float_as_int(2.0f / 3.0f)) >> 23;
    float f = __int_as_float(__float_as_int(x) - (n << 23)) - 1.0f;
    float p = 0.20278685f;
    p = fmaf(p, f, -0.22222117f);
    p = fmaf(p, f, 0.20179914f);
    p = fmaf(p, f, -0.23678653f);
    p = fmaf(p, f, 0.28871134f);
    p = fmaf(p, f, -0.36078957f);
    p = fmaf(p, f, 0.48089597f);
    p = fmaf(p, f, -0.72134656f);
    p = fmaf(p, f, 1.442695f);
    return fmaf(p, f, n + more);
}

// 2^x. Of x = n + r, with a whole n and r from -1/2 to 1/2, n is added to the exponent of 2^r, which is the polynomial
// of degree 6 that has the least relative error, 2^-29.
__device__ float exp2_of(float x)
{
#if PIXEL_BITS == 32
    x = fminf(fmaxf(x, -160.0f), 130.0f);  // beyond the exponents that floats have: from 0 to infinity
#else
    x = fminf(fmaxf(x, -126.0f), 127.0f);
#endif
    float n = rintf(x);
    float r = x - n;
    float p = 0.00015345812f;
    p = fmaf(p, r, 0.0013399931f);
    p = fmaf(p, r, 0.009618489f);
    p = fmaf(p, r, 0.055503286f);
    p = fmaf(p, r, 0.24022646f);
    p = fmaf(p, r, 0.6931472f);
    p = fmaf(p, r, 1.0f);
#if PIXEL_BITS == 32  // in two steps, each of which floats have
    int half = (int)n >> 1;
    return p * __int_as_float((half + 127) << 23) * __int_as_float(((int)n - half + 127) << 23);
#else
    return __int_as_float(__float_as_int(p) + ((int)n << 23));
#endif
}

// Negative numbers have no power, so the size is raised, and the sign put back. 0, infinity and NaN stay what they are.
__device__ float power(float value, float gamma)
{
    float size = fabsf(value);
    float raised = copysignf(exp2_of(gamma * log2_of(size)), value);
    bool ordinary = __float_as_uint(size) - 1 < 0x7f7fffff;  // which is at once above 0 and finite
    return ordinary ? raised : value;
}

__device__ color gamma(color c, float gamma, float gain)
{
    if (gamma != 1.0f) {  // which changes nothing, not even the largest and the smallest of floats
        c.r = power(c.r, gamma);
        c.g = power(c.g, gamma);
        c.b = power(c.b, gamma);
    }
    c.r *= gain;
    c.g *= gain;
    c.b *= gain;
    return c;
}

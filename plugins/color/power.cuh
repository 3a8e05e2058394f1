// Power: colors raised to a power, which several filters include.
// The power is 2^(gamma log2(x)). Both functions are written here, because CUDA's own differ in their last bits between
// devices, and take half as long again on the CPU. Each operation here is rounded as IEEE 754 says, on every device.

// log2(x), for x from 2^-126 to the largest float. Its bits give n and f of x = 2^n (1 + f), f from -1/3 to 1/3;
// log2(1 + f) is f P(f), with P the polynomial of degree 8 that has the least relative error, 2^-25.
__device__ float log2_of(float x)
{
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
    return fmaf(p, f, n);
}

// 2^x, for x from -126 to 127. Of x = n + r, with a whole n and r from -1/2 to 1/2, n is added to the exponent of 2^r,
// which is the polynomial of degree 6 that has the least relative error, 2^-29.
__device__ float exp2_of(float x)
{
    float n = rintf(x);
    float r = x - n;
    float p = 0.00015345812f;
    p = fmaf(p, r, 0.0013399931f);
    p = fmaf(p, r, 0.009618489f);
    p = fmaf(p, r, 0.055503286f);
    p = fmaf(p, r, 0.24022646f);
    p = fmaf(p, r, 0.6931472f);
    p = fmaf(p, r, 1.0f);
    return __int_as_float(__float_as_int(p) + ((int)n << 23));
}

// The absolute value is raised, and gets its sign back: negative numbers have no real power. 0 and NaN stay as they
// are.
__device__ float power(float value, float gamma)
{
    float size = fabsf(value);
    float raised = copysignf(exp2_of(fmaxf(gamma * log2_of(size), -126.0f)), value);
    return size > 0.0f ? raised : value;
}

#if PIXEL_BITS == 32
// Whether `power` cannot be used: the absolute value is not 0, and outside of 2^-span to 2^span. It, or its power, may
// be infinite or subnormal. Without && and ||, so that the caller has one branch.
__device__ bool is_extreme(float value, int span)
{
    float size = fabsf(value);
    return (size > 0.0f) & (__float_as_uint(size) - ((127 - span) << 23) >= (unsigned int)span << 24);
}

// `power` for every float: the square of half the power, which becomes 0 or infinity where the power is out of range.
__device__ float power_of_any(float value, float gamma)
{
    float size = fabsf(value);
    bool small = size < 1.17549435e-38f;  // 2^-126
    float log = log2_of(small ? size * 16777216.0f : size) - (small ? 24.0f : 0.0f);
    float root = exp2_of(fminf(fmaxf(0.5f * gamma * log, -80.0f), 65.0f));
    bool ordinary = __float_as_uint(size) - 1 < 0x7f7fffff;  // above 0 and finite, in one comparison
    return ordinary ? copysignf(root * root, value) : value;
}
#endif

// A color whose channels are raised to a power above 0. Floats below 0 are raised as their size, and stay negative.
__device__ color raise(color c, float gamma)
{
    color made = c;
    made.r = power(c.r, gamma);
    made.g = power(c.g, gamma);
    made.b = power(c.b, gamma);
#if PIXEL_BITS == 32
    int span = (int)(125.0f / fmaxf(gamma, 1.0f));  // within it, values and their powers stay within 2^-126 to 2^126
    if (is_extreme(c.r, span) | is_extreme(c.g, span) | is_extreme(c.b, span)) {  // seldom
        made.r = power_of_any(c.r, gamma);
        made.g = power_of_any(c.g, gamma);
        made.b = power_of_any(c.b, gamma);
    }
#endif
    return made;
}

// Powers of 2 for weights that fall off as a Gaussian does, which several filters include.

// 2^x for x up to 0, to within a relative error of 3e-7; 2^-126 for all x below -126.
__device__ float power_of_2(float x)
{
#ifdef __CUDACC__  // in one instruction
    float power;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x));
    return power;
#else
    // Adding 1.5 * 2^23 rounds x to a whole number, in the lowest bits of the sum. 2^rest, with a rest from -1/2 to
    // 1/2, is a polynomial; the whole number is added to its exponent.
    x = fmaxf(x, -126.0f);
    float shifted = x + 12582912.0f, rest = x - (shifted - 12582912.0f);
    float power = 1.33988744e-3f;
    power = power * rest + 9.61843736e-3f;
    power = power * rest + 5.55033255e-2f;
    power = power * rest + 2.40226479e-1f;
    power = power * rest + 6.93147203e-1f;
    power = power * rest + 1.0f;
    return __int_as_float(__float_as_int(power) + (__float_as_int(shifted) << 23));
#endif
}

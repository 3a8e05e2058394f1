// Filmic: linear light times a gain, by a quotient of two quadratic polynomials.

#include "../color/srgb.cuh"

// For larger light the curve is constant, the quotient of the leading coefficients; its square is still finite.
#define BRIGHT 1e15f

__device__ float filmic_of(float light, float scale)
{
    float x = fminf(light, BRIGHT);
#if CURVE == CURVE_HABLE  // A, B, C, D, E, F = 0.15, 0.5, 0.1, 0.2, 0.02, 0.3
    float made = ((x * (0.15f * x + 0.05f) + 0.004f) / (x * (0.15f * x + 0.5f) + 0.06f) - 1.0f / 15.0f) * scale;
#else
    float made = fminf(x * (2.51f * x + 0.03f) / (x * (2.43f * x + 0.59f) + 0.14f), 1.0f);
#endif
    return light > 0.0f ? made : light < 0.0f ? 0.0f : light;  // what is not a number stays so
}

__device__ color filmic(color c, float gain, float scale)
{
#if TRANSFER == TRANSFER_SRGB
    c = srgb_to_linear(c);
#endif
    c.r = filmic_of(c.r * gain, scale);
    c.g = filmic_of(c.g * gain, scale);
    c.b = filmic_of(c.b * gain, scale);
#if TRANSFER == TRANSFER_SRGB
    c = linear_to_srgb(c);
#endif
    return c;
}

// Duotone: two colors, the numbers 0 to 2 and 3 to 5, mixed by the luminance.

__device__ color duotone(color c, const float *colors)
{
    float light = rec601_luminance(c.r, c.g, c.b), dark = 1.0f - light;
    c.r = dark * colors[0] + light * colors[3];
    c.g = dark * colors[1] + light * colors[4];
    c.b = dark * colors[2] + light * colors[5];
    return c;
}

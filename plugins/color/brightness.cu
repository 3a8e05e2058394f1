// Brightness: each channel of the color is multiplied by a factor.

__device__ color brightness(color c, float factor)
{
    c.r *= factor;
    c.g *= factor;
    c.b *= factor;
    return c;
}

// Set alpha: alpha becomes a number, or is multiplied by it.

__device__ color set_alpha(color c, float opacity, bool multiply)
{
    c.a = multiply ? c.a * opacity : opacity;
    return c;
}

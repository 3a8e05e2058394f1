// Contrast: each colour's distance from the pivot times a factor.

__device__ color contrast(color c, float factor, float pivot)
{
    c.r = pivot + factor * (c.r - pivot);
    c.g = pivot + factor * (c.g - pivot);
    c.b = pivot + factor * (c.b - pivot);
    return c;
}

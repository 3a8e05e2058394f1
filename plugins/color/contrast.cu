// Contrast: the distance of each channel of the color from the pivot is multiplied by a factor.

__device__ color contrast(color c, float factor, float pivot)
{
    c.r = pivot + factor * (c.r - pivot);
    c.g = pivot + factor * (c.g - pivot);
    c.b = pivot + factor * (c.b - pivot);
    return c;
}

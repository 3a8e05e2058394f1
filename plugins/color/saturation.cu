// Saturation: each colour's distance from the luma times a factor.
// The weights of ITU-R BT.601 are in 65536ths, as in Pillow's convert("L"). They weigh how far red and blue are from
// green, so that the luma of grey is that grey to the last bit, and grey stays as it is whatever the factor.

__device__ color saturation(color c, float factor)
{
    float luma = c.g + (19595.0f / 65536.0f) * (c.r - c.g) + (7471.0f / 65536.0f) * (c.b - c.g);
    c.r = luma + factor * (c.r - luma);
    c.g = luma + factor * (c.g - luma);
    c.b = luma + factor * (c.b - luma);
    return c;
}

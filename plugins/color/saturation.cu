// Saturation: the distance of each channel from the color's luminance is multiplied by a factor.
// The luminance is green, plus the weighted differences of red and blue from green. So the luminance of a gray is that
// gray to the last bit, and gray stays as it is whatever the factor.

__device__ color saturation(color c, float factor)
{
    float luma = c.g + (REC601_RED / 65536.0f) * (c.r - c.g) + (REC601_BLUE / 65536.0f) * (c.b - c.g);
    c.r = luma + factor * (c.r - luma);
    c.g = luma + factor * (c.g - luma);
    c.b = luma + factor * (c.b - luma);
    return c;
}

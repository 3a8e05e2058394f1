// Vignette: the color is multiplied by 1 - amount * smoothstep(d), with the pixel's distance d from the center: 0
// there, 1 in the corners. The middle of a pixel in column x is (2 x + 1 - width) / 2 columns from the center.

__device__ color vignette(color c, place at, float amount, float radius, float softness, float roundness)
{
    float width = at.width, height = at.height, x = 2 * at.x + 1 - at.width, y = 2 * at.y + 1 - at.height;
    float circle = roundness / (width * width + height * height), ellipse = 0.5f - 0.5f * roundness;
    float across = circle + ellipse / (width * width), down = circle + ellipse / (height * height);
    float distance = sqrtf(across * x * x + down * y * y);
    float rise = 1.0f / fmaxf(softness, 1e-4f);  // a softness of 0 is a hard edge, without a division by zero
    float t = fminf(fmaxf(rise * (distance - radius), 0.0f), 1.0f);
    float light = 1.0f - amount * t * t * (3.0f - 2.0f * t);
    c.r *= light;
    c.g *= light;
    c.b *= light;
    return c;
}

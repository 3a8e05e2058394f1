// Posterize: each channel becomes the nearest of `levels` levels, which are evenly spaced from 0 to 1.

__device__ color posterize(color c, int levels)
{
    float steps = levels - 1;
    float step = 1.0f / steps;
    c.r = step * rintf(steps * c.r);
    c.g = step * rintf(steps * c.g);
    c.b = step * rintf(steps * c.b);
    return c;
}

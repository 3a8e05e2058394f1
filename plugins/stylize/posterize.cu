// Posterize: each colour becomes the nearest of levels that are evenly apart, 0 and 1 among them.

__device__ color posterize(color c, int levels)
{
    float steps = levels - 1;
    float step = 1.0f / steps;
    c.r = step * rintf(steps * c.r);
    c.g = step * rintf(steps * c.g);
    c.b = step * rintf(steps * c.b);
    return c;
}

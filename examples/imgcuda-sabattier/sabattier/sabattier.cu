// Sabattier: each color that is above the level becomes its negative.
// Called once for each pixel, with r, g and b from 0 to 1 whatever the image's type; alpha stays as it was.

__device__ float reversed_above(float value, float level)
{
    return value > level ? 1.0f - value : value;
}

__device__ color sabattier(color c, float level)
{
    c.r = reversed_above(c.r, level);
    c.g = reversed_above(c.g, level);
    c.b = reversed_above(c.b, level);
    return c;
}

// Solarize: each color that is above the level becomes its negative.
// Called once for each pixel, with r, g and b from 0 to 1 whatever the image's type; alpha stays as it was.

__device__ float solarized(float value, float level)
{
    return value > level ? 1.0f - value : value;
}

__device__ color solarize(color c, float level)
{
    c.r = solarized(c.r, level);
    c.g = solarized(c.g, level);
    c.b = solarized(c.b, level);
    return c;
}

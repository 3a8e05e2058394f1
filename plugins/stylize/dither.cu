// Dither: each channel becomes one of the two nearest of 1 + `steps` even levels, the upper one where its distance from
// the lower and the pixel's threshold, from 0 to 1, add up to 1 or more. The thresholds repeat, `side` pixels apart,
// which is a power of 2.

__device__ color dither(color c, place at, const float *thresholds, int side, float steps)
{
    float threshold = thresholds[(at.y & side - 1) * side + (at.x & side - 1)], step = 1.0f / steps;
    c.r = step * floorf(steps * c.r + threshold);
    c.g = step * floorf(steps * c.g + threshold);
    c.b = step * floorf(steps * c.b + threshold);
    return c;
}

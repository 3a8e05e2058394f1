// Solarize: each channel of at least the threshold becomes white minus its value.
// Of a threshold k / 255 or k / 65535, PIXEL_MAX times the threshold is exactly k.

__device__ float solarized(float value, float threshold)
{
    return unit_to_pixel(value) >= threshold * PIXEL_MAX ? 1.0f - value : value;
}

__device__ color solarize(color c, float threshold)
{
    c.r = solarized(c.r, threshold);
    c.g = solarized(c.g, threshold);
    c.b = solarized(c.b, threshold);
    return c;
}

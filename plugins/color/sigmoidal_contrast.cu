// Sigmoidal contrast: the logistic function S(x) = 1 / (1 + exp(contrast * (midpoint - x))) of each channel, scaled so
// that black and white stay; or its inverse. `first` is S(0), and `range` S(1) - S(0).

__device__ float sigmoid_of(float x, float contrast, float midpoint, float first, float range)
{
#if INVERSE
    float share = first + range * (x < 0.0f ? 0.0f : x > 1.0f ? 1.0f : x);
    float made = midpoint - logf(1.0f / share - 1.0f) / contrast;
    return made < 0.0f ? 0.0f : made > 1.0f ? 1.0f : made;  // what is not a number stays so
#else
    return (1.0f / (1.0f + expf(contrast * (midpoint - x))) - first) / range;
#endif
}

__device__ color sigmoidal_contrast(color c, float contrast, float midpoint, float first, float range)
{
    c.r = sigmoid_of(c.r, contrast, midpoint, first, range);
    c.g = sigmoid_of(c.g, contrast, midpoint, first, range);
    c.b = sigmoid_of(c.b, contrast, midpoint, first, range);
    return c;
}

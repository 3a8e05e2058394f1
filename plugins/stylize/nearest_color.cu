// Nearest color: of `count` colors, each of three numbers, the one that is least far away, by the sum of squares; the
// first of several.

__device__ color nearest_color(color c, const float *palette, int count)
{
    float least = 3.4e38f;
    int best = 0;
    for (int i = 0; i < count; i++) {
        float r = c.r - palette[3 * i], g = c.g - palette[3 * i + 1], b = c.b - palette[3 * i + 2];
        float distance = r * r + g * g + b * b;
        best = distance < least ? i : best;
        least = fminf(distance, least);
    }
    c.r = palette[3 * best];
    c.g = palette[3 * best + 1];
    c.b = palette[3 * best + 2];
    return c;
}

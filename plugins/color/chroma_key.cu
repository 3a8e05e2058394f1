// Chroma key: alpha rises with the distance from the key, Cb and Cr of a color by BT.601. A distance of 1 is from one
// corner of the square of both, from -1/2 to 1/2, to the opposite one.

__device__ color chroma_key(color c, const float *key, float similarity, float rise)
{
    float luma = 0.299f * c.r + 0.587f * c.g + 0.114f * c.b;
    float blue = (c.b - luma) * (1.0f / 1.772f) - key[0], red = (c.r - luma) * (1.0f / 1.402f) - key[1];
    float distance = sqrtf(0.5f * (blue * blue + red * red));
    c.a *= fminf(fmaxf((distance - similarity) * rise, 0.0f), 1.0f);
    return c;
}

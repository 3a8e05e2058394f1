// Sepia: each colour becomes a weighted sum of red, green and blue, or a mixture of that and itself.

__device__ color sepia(color c, float strength)
{
    float r = 0.393f * c.r + 0.769f * c.g + 0.189f * c.b;
    float g = 0.349f * c.r + 0.686f * c.g + 0.168f * c.b;
    float b = 0.272f * c.r + 0.534f * c.g + 0.131f * c.b;
    c.r += strength * (r - c.r);
    c.g += strength * (g - c.g);
    c.b += strength * (b - c.b);
    return c;
}

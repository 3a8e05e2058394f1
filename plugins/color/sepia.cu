// Sepia: each channel becomes a weighted sum of red, green and blue, mixed with its own value by
// `strength`. The weights are those of CSS's sepia() (W3C, Filter Effects Module Level 1).

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

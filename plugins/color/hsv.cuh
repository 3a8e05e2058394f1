// HSV: a color as hue, chroma and value, and back, which several filters include.
// Value is the largest channel, chroma the largest minus the smallest, and hue a position on the circle of red, yellow,
// green, cyan, blue and magenta, in sixths of it, from 0 to 6 (A. R. Smith, Color gamut transform pairs, 1978). Gray
// has hue 0. Floats may lie outside of 0 to 1.

struct hsv {
    float hue, chroma, value;
};

__device__ hsv hsv_of(color c)
{
    hsv made;
    made.value = fmaxf(fmaxf(c.r, c.g), c.b);
    made.chroma = made.value - fminf(fminf(c.r, c.g), c.b);
    float scale = made.chroma > 0.0f ? 1.0f / made.chroma : 0.0f;
    float red = (c.g - c.b) * scale, green = 2.0f + (c.b - c.r) * scale, blue = 4.0f + (c.r - c.g) * scale;
    red = red < 0.0f ? red + 6.0f : red;
    made.hue = c.r == made.value ? red : c.g == made.value ? green : blue;
    made.hue = made.chroma > 0.0f ? made.hue : 0.0f;
    return made;
}

// The part of the chroma that a channel is below the value, `from` sixths from where it begins to fall.
__device__ float fall(float hue, float from)
{
    float way = hue + from;
    way -= 6.0f * floorf(way * (1.0f / 6.0f));
    return fminf(fmaxf(fminf(way, 4.0f - way), 0.0f), 1.0f);
}

// A color by its hue, of any number of turns; alpha is that of `c`.
__device__ color with_hsv(color c, float hue, float chroma, float value)
{
    c.r = value - chroma * fall(hue, 5.0f);
    c.g = value - chroma * fall(hue, 3.0f);
    c.b = value - chroma * fall(hue, 1.0f);
    return c;
}

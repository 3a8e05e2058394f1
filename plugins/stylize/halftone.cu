// Halftone: round dots of ink on white. A dot lies in the middle of each square of a grid that is turned about the
// image's upper left corner, and its edge is one pixel wide: the ink at distance d from the middle is 0.5 + r - d, held
// between 0 and 1. radii[i], of 257, is the radius r with which the ink of a whole square is i / 256. `turns`
// has for each color channel the cosine and the sine of the grid's angle, each divided by the squares' side `size`.

__device__ float dotted(float value, place at, const float *radii, const float *turn, float size)
{
    float x = at.x + 0.5f, y = at.y + 0.5f;
    float across = turn[0] * x + turn[1] * y, down = turn[0] * y - turn[1] * x;
    across -= floorf(across) + 0.5f;
    down -= floorf(down) + 0.5f;
    float distance = size * sqrtf(across * across + down * down);
    float ink = fminf(fmaxf(1.0f - value, 0.0f), 1.0f) * 256.0f;
    int i = min((int)ink, 255);
    float radius = radii[i] + (ink - i) * (radii[i + 1] - radii[i]);
    return 1.0f - fminf(fmaxf(0.5f + radius - distance, 0.0f), 1.0f);
}

__device__ color halftone(color c, place at, const float *radii, const float *turns, float size)
{
#if COLORS_IN(CHANNELS) == 1
    c.r = dotted(c.r, at, radii, turns, size);
#else
    c.r = dotted(c.r, at, radii, turns + 2, size);
    c.g = dotted(c.g, at, radii, turns + 4, size);
    c.b = dotted(c.b, at, radii, turns + 6, size);
#endif
    return c;
}

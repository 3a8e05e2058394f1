// Curves: each channel becomes the value of a piecewise cubic. A knot has five numbers: the level where its cubic
// begins, and the four coefficients, lowest first. The last knot's cubic is constant.

__device__ float on_curve(float value, const float *knots, int count)
{
    const float *knot = knots;
    for (int i = 1; i < count; i++) knot = value >= knots[5 * i] ? knots + 5 * i : knot;
    float way = fmaxf(value - knot[0], 0.0f);
    way = knot == knots + 5 * (count - 1) ? 0.0f : way;  // even at infinity
    return knot[1] + way * (knot[2] + way * (knot[3] + way * knot[4]));
}

__device__ color curves(color c, const float *knots, int count, int channel)
{
#if COLORS_IN(CHANNELS) == 1  // a gray image has one channel, which is each of them
    channel = 0;
#endif
    c.r = channel <= 1 ? on_curve(c.r, knots, count) : c.r;
    c.g = channel == 0 || channel == 2 ? on_curve(c.g, knots, count) : c.g;
    c.b = channel == 0 || channel == 3 ? on_curve(c.b, knots, count) : c.b;
    return c;
}

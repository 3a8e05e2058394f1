// Probe: what `imgcuda doctor` runs on each device: red and blue change places, and green becomes its negative.

__device__ color probe(color c)
{
    const float red = c.r;
    c.r = c.b;
    c.g = 1.0f - c.g;
    c.b = red;
    return c;
}

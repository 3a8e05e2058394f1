// LUT: a colour is looked up in a table of `size` colours along each side. domain[0..2] is the red, green and blue that
// it begins with, domain[3..5] how many colours of the table there are to a range of 1. What is beyond the table is
// taken for what is at its edge.
// In three dimensions a colour lies among 8 of the table, at the corners of a cube. Of the 6 tetrahedra that the cube's
// diagonal of greys divides it into, it lies in that of 4 corners on a way along the edges: from the first corner along
// the colour that is furthest on its way to the next, then along the second, then the third. Their weights are the
// differences between these three ways and 1 and 0.

struct step {
    int first;
    float part;
};

// The colour of the table at or before a value, and how far the value is on the way from it to the next, from 0 to 1.
__device__ step step_at(float value, float low, float steps, int size)
{
    float at = fminf(fmaxf((value - low) * steps, 0.0f), size - 1);
    step made;
    made.first = min((int)at, size - 2);
    made.part = at - made.first;
    return made;
}

__device__ color lut_cube(color c, const float *__restrict__ colors, int size, const float *__restrict__ domain,
                          float strength)
{
    const float4 *table = (const float4 *)colors;
    step r = step_at(c.r, domain[0], domain[3], size);
    step g = step_at(c.g, domain[1], domain[4], size);
    step b = step_at(c.b, domain[2], domain[5], size);
    color found;
#if DIMENSIONS == 3
    int red = 1, green = size, blue = size * size;
    int first = r.first + green * g.first + blue * b.first, last = first + red + green + blue;
    int second = first + (r.part >= g.part && r.part >= b.part ? red : g.part >= b.part ? green : blue);
    int third = last - (b.part <= r.part && b.part <= g.part ? blue : g.part <= r.part ? green : red);
    float far = fmaxf(fmaxf(r.part, g.part), b.part), near = fminf(fminf(r.part, g.part), b.part);
    float middle = fmaxf(fminf(r.part, g.part), fminf(fmaxf(r.part, g.part), b.part));
    float4 c0 = table[first], c1 = table[second], c2 = table[third], c3 = table[last];
    float w0 = 1.0f - far, w1 = far - middle, w2 = middle - near, w3 = near;
    found.r = w0 * c0.x + w1 * c1.x + w2 * c2.x + w3 * c3.x;
    found.g = w0 * c0.y + w1 * c1.y + w2 * c2.y + w3 * c3.y;
    found.b = w0 * c0.z + w1 * c1.z + w2 * c2.z + w3 * c3.z;
#else
    found.r = table[r.first].x + r.part * (table[r.first + 1].x - table[r.first].x);
    found.g = table[g.first].y + g.part * (table[g.first + 1].y - table[g.first].y);
    found.b = table[b.first].z + b.part * (table[b.first + 1].z - table[b.first].z);
#endif
    if (strength < 1.0f) {  // else what is infinite would stay so
        found.r = c.r + strength * (found.r - c.r);
        found.g = c.g + strength * (found.g - c.g);
        found.b = c.b + strength * (found.b - c.b);
    }
    found.a = c.a;
    return found;
}

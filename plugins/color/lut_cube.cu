// LUT: a color is looked up in a table of `size` colors along each side, and interpolated. domain[0..2] is the red,
// green and blue of the table's first color, domain[3..5] the number of steps of the table in a range of 1. Edge: a
// color outside of the table is moved to its nearest side. A table of three dimensions is interpolated in tetrahedra. A
// color lies in a cube of 8 colors of the table. The cube's diagonal of grays divides it into 6 tetrahedra. The color's
// tetrahedron has 4 corners on a path along the cube's edges, from the first corner to the last: first along the
// channel whose `part` is largest, then the second, then the third. The weights of the corners are 1 minus the largest
// part, the differences between one part and the next, and the smallest.

struct step {
    int first;
    float part;
};

// A value's place in the table: the number of the color at or before it, and its distance from there, as a part of a
// step.
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
    if (strength < 1.0f) {  // at 1, an infinity would stay one
        found.r = c.r + strength * (found.r - c.r);
        found.g = c.g + strength * (found.g - c.g);
        found.b = c.b + strength * (found.b - c.b);
    }
    found.a = c.a;
    return found;
}

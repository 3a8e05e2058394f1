// Color matrix: each channel of the result is a weighted sum of red, green and blue, and a constant: a row of four
// numbers.

__device__ float mixed_channel(color c, const float *row)
{
    return row[0] * c.r + row[1] * c.g + row[2] * c.b + row[3];
}

__device__ color color_matrix(color c, const float *matrix)
{
    color made = c;
    made.r = mixed_channel(c, matrix);
    made.g = mixed_channel(c, matrix + 4);
    made.b = mixed_channel(c, matrix + 8);
    return made;
}

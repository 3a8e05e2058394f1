// Swap channels: red, green and blue of the result are the channels of these numbers.

__device__ float channel_of(color c, int number)
{
    return number == 0 ? c.r : number == 1 ? c.g : c.b;
}

__device__ color swap_channels(color c, int red, int green, int blue)
{
    color made = c;
    made.r = channel_of(c, red);
    made.g = channel_of(c, green);
    made.b = channel_of(c, blue);
    return made;
}

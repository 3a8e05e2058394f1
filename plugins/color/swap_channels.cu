// Swap channels: red, green and blue of the result are the channels of the image in the order ORDER.

__device__ color swap_channels(color c)
{
    color made = c;
#if ORDER == ORDER_BGR || ORDER == ORDER_BRG
    made.r = c.b;
#elif ORDER == ORDER_GRB || ORDER == ORDER_GBR
    made.r = c.g;
#endif
#if ORDER == ORDER_RBG || ORDER == ORDER_GBR
    made.g = c.b;
#elif ORDER == ORDER_GRB || ORDER == ORDER_BRG
    made.g = c.r;
#endif
#if ORDER == ORDER_RBG || ORDER == ORDER_BRG
    made.b = c.g;
#elif ORDER == ORDER_BGR || ORDER == ORDER_GBR
    made.b = c.r;
#endif
    return made;
}

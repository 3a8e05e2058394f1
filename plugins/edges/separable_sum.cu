// Separable sum: launched as `separable` of convolve.cu, which says what a thread does and what happens at the edge.

#include "../blur/convolve.cu"

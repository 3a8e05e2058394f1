// Rank: each sample becomes the one of a rank in the square around it, of its own channel; median.cu searches for it.
#define RANKED
#include "../noise/median.cu"

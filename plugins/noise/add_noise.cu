// Add noise: for each pixel a generator makes four random words from a seed and the pixel's place; each channel takes
// one word and makes its noise from it. It uses whole numbers, and +, -, *, / and square roots of floats, which every
// device rounds to nearest. So the noise is the same on every device, bit for bit.

// Philox4x32-10 (Salmon, Moraes, Dror and Shaw: Parallel random numbers: as easy as 1, 2, 3. SC11): four random words
// from a counter and a key, independent of those from any other counter or key.
__device__ uint4 philox(uint4 counter, unsigned int key, unsigned int other_key)
{
    for (int round = 0; round < 10; round++) {
        unsigned int high = __umulhi(0xD2511F53u, counter.x), low = 0xD2511F53u * counter.x;
        unsigned int other_high = __umulhi(0xCD9E8D57u, counter.z), other_low = 0xCD9E8D57u * counter.z;
        counter = make_uint4(other_high ^ counter.y ^ key, other_low, high ^ counter.w ^ other_key, low);
        key += 0x9E3779B9u;
        other_key += 0xBB67AE85u;
    }
    return counter;
}

// A word as a probability from 2^-33 to 1/2: of the part of a distribution that lies further out than the word's value.
// The word's highest bit says on which side: 0 is below the middle.
__device__ float tail(unsigned int word)
{
    return ((float)(int)(word & 0x7FFFFFFFu) + 0.5f) * (1.0f / 4294967296.0f);
}

// The binary logarithm of a positive number; for a tail, to within 3e-6.
__device__ float binary_logarithm(float value)
{
    int bits = __float_as_int(value), exponent = (bits - 0x3F2AAAAB) >> 23;  // leaves 2/3 to 4/3
    float rest = __int_as_float(bits - exponent * (1 << 23)) - 1.0f, sum = 0.25709033f;
    sum = sum * rest - 0.28425089f;
    sum = sum * rest + 0.28365300f;
    sum = sum * rest - 0.35772888f;
    sum = sum * rest + 0.48106678f;
    sum = sum * rest - 0.72140270f;
    sum = sum * rest + 1.44269359f;
    return exponent + sum * rest;
}

// A number of the normal distribution, by its inverse: w * P(sqrt(w)) / Q(sqrt(w)), where 2^-w is twice the tail. It is
// right to within 3e-6, up to the largest, 6.3 standard deviations.
__device__ float normal(unsigned int word)
{
    float w = -1.0f - binary_logarithm(tail(word)), root = sqrtf(w);
    float p = ((0.37095290f * root + 1.05914629f) * root + 1.13017969f) * root + 0.86936118f;
    float q = (((0.31441154f * root + 0.92394890f) * root + 1.53792085f) * root + 1.30852098f) * root + 1.0f;
    float distance = w * p / q;
    return word >> 31 ? distance : -distance;
}

// e to the power of a number from -16 to 0, to within a relative error of 2e-6.
__device__ float exponential(float value)
{
    float halvings = value * -1.44269504f, whole = floorf(halvings), rest = halvings - whole, sum = -0.00093878828f;
    sum = sum * rest + 0.0091886116f;
    sum = sum * rest - 0.055279722f;
    sum = sum * rest + 0.24017219f;
    sum = sum * rest - 0.69314225f;
    sum = sum * rest + 0.99999993f;
    return sum * __int_as_float((127 - (int)whole) << 23);
}

// A number of the Poisson distribution: how many photons arrive where `mean` are expected. From 16 on it is a corrected
// number of the normal distribution (Cornish and Fisher's expansion, as in Giles: Algorithm 955, 2016). Below, the
// probabilities of 0, 1, 2 ... photons are added up until they reach the word's.
__device__ float poisson(float mean, unsigned int word)
{
    if (mean >= 16.0f) {
        float z = normal(word), z2 = z * z, root = sqrtf(mean), inverse = 1.0f / mean;
        float bend = (z2 + 2.0f) * (1.0f / 6.0f - z * root * (inverse * (1.0f / 72.0f)));
        bend += ((3.0f * z2 + 7.0f) * z2 - 16.0f) * (inverse * (1.0f / 810.0f));
        return fmaxf(floorf(mean + root * z + bend), 0.0f);
    }
    float wanted = word >> 31 ? 1.0f - tail(word) : tail(word);
    float count = 0.0f, chance = exponential(-mean), sum = chance;
    for (int k = 1; wanted >= sum && chance > 1e-9f; k++) {
        chance *= mean * (1.0f / k);
        sum += chance;
        count += 1.0f;
    }
    return count;
}

// A channel's value with noise.
__device__ float noisy(float value, unsigned int word, float amount)
{
#if KIND == KIND_GAUSSIAN
    return value + amount * normal(word);
#elif KIND == KIND_UNIFORM
    return value + amount * (8.0654577e-10f * (int)word);  // sqrt(3) / 2^31
#elif KIND == KIND_SALT_AND_PEPPER
    float chance = (int)(word >> 8) * (1.0f / 16777216.0f);
    return chance >= amount ? value : 2.0f * chance < amount ? 0.0f : 1.0f;
#else
    float photon = amount * amount, mean = value * (1.0f / photon);
    return mean > 0.0f && mean < 1e12f ? poisson(mean, word) * photon : value;  // beyond, noise is too weak to see
#endif
}

__device__ color add_noise(color c, place at, float amount, int seed)
{
    uint4 words = philox(make_uint4(at.x, at.y, 0, 0), seed, 0);
#if MONOCHROME
    words.y = words.z = words.x;
#endif
    c.r = noisy(c.r, words.x, amount);
    c.g = noisy(c.g, words.y, amount);
    c.b = noisy(c.b, words.z, amount);
    return c;
}

"""Loads and stores of vectors: uniform, contiguous, strided and gathered, and each thread's private arrays."""

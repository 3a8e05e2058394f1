"""Kernels in C++ proper, which our own front end refuses: Clang resolves them, and its tree becomes our syntax tree."""

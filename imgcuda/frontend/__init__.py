"""The front end: turns a CUDA C file into tokens and a syntax tree, or raises all mistakes found in it."""

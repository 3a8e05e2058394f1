"""The reader of C: a CUDA C file's text becomes tokens, and these its syntax tree, or all that is wrong with it."""

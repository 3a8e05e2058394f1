"""The front end: from the text of a CUDA C file to its syntax tree, or to all that is wrong with it."""

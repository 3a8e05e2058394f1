"""Values while a kernel is compiled: uniform, affine or varying over the lanes of a vector."""

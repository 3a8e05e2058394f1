"""Zarr arrays and OME-Zarr images as the input or output of a chain, read and written a row of chunks at a time."""

"""A batch on a Dask cluster: its machines make the files, over a file system that all of them share."""

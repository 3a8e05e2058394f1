"""Runs a chain of filters over one image: on a device, whole or in strips, on one device or several."""

"""Runs a chain of filters over many files: finds them, names the results, and works through them."""

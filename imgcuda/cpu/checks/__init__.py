"""Checked runs: instrumented kernels, and what they find."""

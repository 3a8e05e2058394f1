"""What an engine is: the protocol that the CPU and CUDA engines implement, and what both use."""

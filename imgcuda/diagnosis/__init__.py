"""What works on this machine and what does not, with the command that cures it: what `imgcuda doctor` prints."""

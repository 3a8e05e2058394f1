"""`imgcuda studio`: a page on this machine that shows a picture, runs filters over it live, and reloads kernels."""

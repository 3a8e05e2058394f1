"""How other libraries do what the built-in filters do, as few calls as possible, for `imgcuda bench`."""

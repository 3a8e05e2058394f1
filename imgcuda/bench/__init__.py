"""Times a chain on every device of this machine, and in other libraries that have equal filters."""

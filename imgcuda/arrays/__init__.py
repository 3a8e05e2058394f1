"""Arrays of other libraries: filtered where they are, and results returned in the same kind."""

"""A chain of filters as text, and as a recipe: a TOML file of filters and of how pictures are read and written."""

"""The built-in filters: each is a plugin, found as any other."""

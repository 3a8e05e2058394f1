"""Limits on the text that the front end reads, so that macros can neither fill the memory nor take forever."""

from __future__ import annotations

TOKENS = 400_000
"""The most tokens of a file after macros are expanded."""
DEPTH = 200
"""The most calls of macros within arguments of each other."""
WORD = 10_000
"""The most characters of a token that a macro makes with # or ##."""
DIGITS = 400
"""The most characters of a number; any value of any type can be written with fewer."""

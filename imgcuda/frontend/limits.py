"""Limits on the text that the front end reads, so that macros can neither fill the memory nor take forever."""

from __future__ import annotations

TOKENS = 400_000
"""The most tokens of a file after macros are expanded."""
WORD = 10_000
"""The most characters of a token that a macro makes with # or ##."""
DIGITS = 400
"""The most characters of a number; any value of any type can be written with fewer."""

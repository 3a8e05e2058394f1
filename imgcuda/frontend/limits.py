"""How much text the reader of C takes, so that macros can neither fill the memory nor take forever."""

from __future__ import annotations

TOKENS = 400_000
"""Words and signs of a file after macros are expanded."""
WORD = 10_000
"""Characters of a word that a macro makes with # or ##."""
DIGITS = 400
"""Characters of a number: more than any number needs that fits a type."""

"""Print README with absolute links, for a package index: it shows no picture that a relative link points to.

python docs/absolute_links.py PAGES PICTURES     the addresses of the tagged source, as pages and as raw files
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]

_LINK = re.compile(r"(?P<head>(?P<picture>!)?\[[^\]]*\]\()(?P<target>(?![a-z]+:|#|/)[^)\s]+)(?=\))")


def absolute(text: str, pages: str, pictures: str) -> str:
    """Return a text with its relative links made absolute: those to pictures below `pictures`, all others `pages`."""

    def replaced(found: re.Match[str]) -> str:
        base = pictures if found["picture"] else pages
        return f"{found['head']}{base.rstrip('/')}/{found['target']}"

    return with_links(text, replaced)


def with_links(text: str, replaced: Callable[[re.Match[str]], str]) -> str:
    """Return a text with each relative link outside of blocks replaced: its groups are head, picture and target."""
    outside = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)  # a program's brackets are no links
    return "".join(part if part.startswith("```") else _LINK.sub(replaced, part) for part in outside)


def main() -> int:
    """Print README with links below the two addresses; return 2 if they are not given."""
    if len(sys.argv) != 3 or not all(address.startswith("https://") for address in sys.argv[1:]):
        sys.stderr.write(__doc__ or "")
        return 2
    sys.stdout.write(absolute((ROOT / "README.md").read_text("utf-8"), *sys.argv[1:]))
    return 0


if __name__ == "__main__":
    sys.exit(main())

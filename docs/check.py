"""Hold README and docs against the program: generated parts are as they would be generated now, links lead somewhere,
each filter has its picture, the names that are used are public, and the walks of CONTRIBUTING.md name what exists.

With --write the generated parts are written anew. Each stands between `<!-- NAME -->` and `<!-- end -->`. The stub of
`imgcuda.functions` is generated whole.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import filter_pages
import function_stub
import public_names
import reference
import structure
import walks

from imgcuda.images.formats import FORMATS
from imgcuda.images.modes import MODES
from imgcuda.registry import Registry, load

ROOT = Path(__file__).parent.parent

_PART = re.compile(r"(<!-- (?P<name>[\w-]+) -->\n)(?P<text>.*?)(<!-- end -->)", re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def modes_table(_: Registry) -> str:
    """Return the table of Pillow's modes: where they are found, what they are read as, and what can hold that."""
    lines = ["| mode | found in | read as | and is written whole in |", "|---|---|---|---|"]
    for mode, reading in MODES.items():
        dtype, channels = reading.array
        words = f"{('gray', 'gray, alpha', 'RGB', 'RGB, alpha')[channels - 1]}, {dtype}"
        said = f'; said: "{reading.loss}"' if reading.loss else ""
        holds = ", ".join(format.name for format in FORMATS if format.holds(dtype, channels))
        lines.append(f"| {mode} | {reading.found} | {words}{said} | {holds} |")
    return "\n".join(lines) + "\n"


def formats_table(_: Registry) -> str:
    """Return the table of formats that are written: what they hold, what they keep beside it, what can be chosen."""
    lines = ["| format | extensions | samples | alpha | pictures | metadata | choices |", "|" + "---|" * 7]
    for format in FORMATS:
        names = {"uint8": "8 bits", "uint16": "16 bits", "float32": "float"}
        samples = ", ".join(words for dtype, words in names.items() if format.holds(dtype, 3))
        pictures = "frames" if format.timed else "pages" if format.several else "one"
        choices = ", ".join(f"`--{option}`" for option in format.options)
        alpha = "yes" if format.holds("uint8", 4) else "on white"
        extensions = " ".join(format.extensions)
        keeps = ", ".join(format.keeps)
        lines.append(f"| {format.name} | {extensions} | {samples} | {alpha} | {pictures} | {keeps} | {choices} |")
    return "\n".join(lines) + "\n"


PARTS: dict[str, Callable[[Registry], str]] = {
    "filters": filter_pages.filter_table,
    "filter-modes": filter_pages.filter_modes,
    "filter-reference": filter_pages.filter_reference,
    "modes": modes_table,
    "formats": formats_table,
    "drawing": lambda registry: structure.drawing(),
    "packages": lambda registry: structure.summaries(),
    "api": lambda registry: reference.api_reference(),
    "prelude": lambda registry: reference.prelude_reference(),
}


def main() -> int:
    """Check every page; return how many things are wrong."""
    registry = load()
    walks_page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    lacking = [*filter_pages.pictures_wrong(registry), *public_names.wrong(), *walks.wrong(walks_page)]
    print("".join(f"{sentence}\n" for sentence in lacking), end="")
    wrong = len(lacking) + function_stub.outdated(registry, "--write" in sys.argv)
    top = [ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")]
    for page in sorted([*top, *(ROOT / "docs").glob("*.md")]):
        text = page.read_text("utf-8")
        made = _PART.sub(lambda m: m[1] + PARTS[m["name"]](registry) + m[4], text)
        if made != text and "--write" in sys.argv:
            page.write_text(made, "utf-8")
        elif made != text:
            wrong += 1
            print(f"{page.name}: a generated part is out of date; run `python docs/check.py --write`")
        for link in _LINK.findall(text):
            if not (page.parent / link).exists():
                wrong += 1
                print(f"{page.name}: the link to {link} leads nowhere")
    return wrong


if __name__ == "__main__":
    sys.exit(main())

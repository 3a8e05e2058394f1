"""Pages as a browser reads them: their elements, their texts, and the pictures in them decoded."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import numpy.typing as npt
import PIL.Image

EMPTY = {"meta", "img", "input"}


@dataclass
class Element:
    """An element of a page."""

    name: str
    attributes: dict[str, str | None]
    children: list[Element] = field(default_factory=list)
    own: str = ""

    @property
    def text(self) -> str:
        """The text in it, elements within included, in the order of their begins."""
        return self.own + "".join(child.text for child in self.children)

    @property
    def pixels(self) -> npt.NDArray[np.uint8]:
        """The pixels of a picture."""
        kind, _, data = str(self.attributes["src"]).partition(",")
        assert kind == "data:image/png;base64"
        with PIL.Image.open(io.BytesIO(base64.b64decode(data, validate=True))) as picture:
            return np.asarray(picture)

    def all(self, name: str, **attributes: str) -> list[Element]:
        """Return the elements of a name below it that have these attributes."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [each for each in self.below() if each.name == name and wanted.items() <= each.attributes.items()]

    def one(self, name: str, **attributes: str) -> Element:
        """Return the only element of a name below it that has these attributes."""
        (found,) = self.all(name, **attributes)
        return found

    def below(self) -> Iterator[Element]:
        """Yield all elements within, in the order of the page."""
        for child in self.children:
            yield child
            yield from child.below()


class _Reader(HTMLParser):
    """Reads a page, and refuses one whose elements are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("page", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"{tag} has an attribute twice"
        made = Element(tag, dict(attrs))
        self.open[-1].children.append(made)
        if tag not in EMPTY:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().name == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].own += data


def read_page(path: Path) -> Element:
    """Return a page's elements; AssertionError if it would load anything.

    The same if a control has no label, or a picture no text for those who do not see it.
    """
    reader = _Reader()
    reader.feed(path.read_text("utf-8"))
    assert [each.name for each in reader.open] == ["page"]
    page = reader.open[0]
    _check(page)
    return page


def _check(page: Element) -> None:
    everything: list[Element] = list(page.below())
    ids = [each.attributes["id"] for each in everything if "id" in each.attributes]
    assert len(set(ids)) == len(ids)
    for each in everything:
        for name in ("src", "href", "action", "srcset", "data", "poster"):
            address = each.attributes.get(name)
            assert address is None or address.startswith("data:image/"), f"{each.name} loads {address}"
        assert not any(name.startswith("on") for name in each.attributes), "scripts are in one place"
        if each.name == "img":
            assert each.attributes.get("alt"), "a picture has a text for those who do not see it"
    labelled = {id(each) for label in page.all("label") for each in label.below()}
    for each in everything:
        if each.name in ("input", "select"):
            assert id(each) in labelled or each.attributes.get("aria-label")
    policy = page.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
    assert str(policy).startswith("default-src 'none'; img-src data:;")

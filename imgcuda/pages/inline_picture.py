"""Pictures inside a page, as data in its text."""

from __future__ import annotations

import base64

from imgcuda.pages.markup import Markup, tag


def inline_picture(png: bytes, alt: str, **attributes: object) -> Markup:
    """Return an <img> element that holds a PNG; screen readers read the text `alt`."""
    data = base64.b64encode(png).decode()
    return tag("img", src=f"data:image/png;base64,{data}", alt=alt, **attributes)

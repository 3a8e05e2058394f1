"""Text: writes words on an image."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from imgcuda import Color, DeviceArray, Filter, Gpu, ParameterError, Picture, param
from imgcuda_plugins.compose.composite import Composite
from imgcuda_plugins.geometry.gravity import Gravity

Pixels = npt.NDArray[np.uint16]

LARGEST = 1 << 25
"""The most pixels of the box around a text, which take 256 MiB."""


@dataclass(frozen=True)
class Words:
    r"""A text to write, `Words.of("one line\\nand another")`."""

    words: ClassVar[str] = r"text that can be seen, in which \n begins a new line"

    text: str

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the words in a text; raise ValueError for anything else, and for an empty one."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"got {value!r:.60}")
        return cls(value.replace("\\n", "\n"))

    @classmethod
    def example(cls) -> Self:
        """Return a word."""
        return cls("imgcuda")

    def __str__(self) -> str:
        return self.text.replace("\n", "\\n")


@dataclass(frozen=True)
class Font:
    """The file of a font, `Font.of("DejaVuSans.ttf")`; `Font()` is the one that Pillow brings."""

    words: ClassVar[str] = "the file of a TrueType or OpenType font"
    reads_files: ClassVar[bool] = True

    file: str = ""

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the font in a file; raise ValueError if it cannot be read. "none" is Pillow's own font."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, str | os.PathLike):
            raise ValueError(f"got {value!r:.60}")
        if value == "none":
            return cls()
        made = cls(os.fsdecode(value))
        try:
            made.sized(10)
        except OSError as error:
            raise ValueError(f"{made.file!r} cannot be read as a font: {error}") from error
        return made

    @classmethod
    def example(cls) -> Self:
        """Return Pillow's own font."""
        return cls()

    def sized(self, size: float) -> Any:
        """Return Pillow's font of this size; raise OSError if the file cannot be read."""
        from PIL import ImageFont

        if not self.file:
            return ImageFont.load_default(size)
        with Path(self.file).open("rb") as file:  # since Pillow would look for a name in the system's folders, too
            return ImageFont.truetype(file, size)

    def __str__(self) -> str:
        return self.file or "none"


class Text(Filter):
    r"""Write text on an image.

    Pillow draws the text, and `composite` lays it over the image: the box around the characters at the edge or corner
    that `gravity` names, x and y pixels from it toward the middle. `\n` begins a new line. A gray image is written on
    in the color's luminance, Rec. 601. The font is Aileron, which Pillow brings, with the letters of Latin alphabets;
    for others give the file of one that has them, as characters that a font lacks are shown as boxes.
    """

    only_launches = True
    halo = 0
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"annotate": {}, "caption": {"gravity": "south"}}

    text: Words = param(help="what is written")
    size: float = param(default=24.0, ge=1, le=2000, help="how large the font is, in pixels")
    color: Color = param(default=Color(1.0, 1.0, 1.0), help="the color of the text, which may have alpha")
    font: Font = param(default=Font(), help="the file of a font; none is the font that Pillow brings")
    gravity: Gravity = param(default="southeast", help="where the text lies; none is the middle, too")
    x: int = param(default=10, ge=-100_000, le=100_000, help="pixels from there toward the middle, or to the right")
    y: int = param(default=10, ge=-100_000, le=100_000, help="pixels from there toward the middle, or down")
    opacity: float = param(default=1.0, ge=0, le=1, help="how much of the text there is: 0 none, 1 all of it")

    source = Composite.source  # the kernel that lays the text over the image

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        picture = Picture(drawn(self.text, self.font, self.size, self.color), str(self.text))
        place = {"gravity": self.gravity, "x": self.x, "y": self.y, "opacity": self.opacity}
        return gpu.apply(Composite(image=picture, **place), image)


@lru_cache(maxsize=8)
def drawn(words: Words, font: Font, size: float, color: Color) -> Pixels:
    """Return a text as a picture of one color, whose alpha is the shape of the characters."""
    from PIL import Image, ImageDraw

    pillow = font.sized(size)
    box = ImageDraw.Draw(Image.new("L", (1, 1))).multiline_textbbox((0, 0), words.text, pillow)
    left, top = floor(box[0]), floor(box[1])
    width, height = max(ceil(box[2]) - left, 1), max(ceil(box[3]) - top, 1)
    if width * height > LARGEST:
        raise ParameterError(f"text must fit into {LARGEST:,} pixels; its box has {width}x{height}, so make size less")
    shape = Image.new("L", (width, height))
    ImageDraw.Draw(shape).multiline_text((-left, -top), words.text, 255, pillow)
    made = np.empty((height, width, 4), np.uint16)
    made[..., :3] = np.rint(np.multiply(color.rgb, 65535))
    made[..., 3] = np.rint(np.asarray(shape) * np.float32(257 * color.alpha))
    made.flags.writeable = False
    return made

"""Names the outputs of a batch: by the input's place in its tree, a template and a format, all in one folder."""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from imgcuda.batch.inputs import Input
from imgcuda.errors import ImageError, ParameterError, did_you_mean
from imgcuda.images import Format, by_name
from imgcuda.images.formats import FORMATS, VIDEOS
from imgcuda.images.signatures import format_of

FIELDS = ("stem", "ext", "parent", "index", "recipe")
"""What may stand in braces in a template."""

_FORMAT_OF = {extension: format for format in FORMATS for extension in format.extensions}


@dataclass(frozen=True)
class Naming:
    """How outputs are named: a template for the name without its extension, the format, the folder."""

    template: str = "{stem}"
    format: Format | None = None
    """The format of all outputs; None for that of the input's extension, or of what it is."""
    flat: bool = False
    """Whether all outputs are in one folder; otherwise the folders of the inputs are mirrored."""
    recipe: str = ""
    """What {recipe} stands for."""

    def name(self, input: Input, index: int) -> PurePath:
        """Return the output's path below the output folder. Raises ImageError if it has none."""
        values = {
            "stem": input.path.stem,
            "ext": input.path.suffix[1:],
            "parent": input.path.absolute().parent.name,
            "index": index,
            "recipe": self.recipe,
        }
        stem = PurePath(self.template.format(**values))
        if not stem.name or ".." in stem.parts or stem.is_absolute():
            raise ImageError(f"--name {self.template} gives '{stem}', which is no name for a file in the output folder")
        folder = PurePath() if self.flat else input.place.parent
        return folder / stem.parent / (stem.name + self._extension(input.path))

    def _extension(self, source: Path) -> str:
        extension = source.suffix.lower()
        if self.format is not None:
            return source.suffix if extension in self.format.extensions else self.format.extensions[0]
        if extension in _FORMAT_OF:
            return source.suffix
        found = _content(source)
        if written := next((format for format in FORMATS if format.name == found), None):
            return written.extensions[0]
        if extension in VIDEOS:
            raise ImageError("a batch takes no videos; `imgcuda filter in.mp4 out.mp4` filters one")
        raise ImageError(f"{found or 'its format'} is not written; --format says what to write, as --format png")


def naming(template: str, format: str | None, flat: bool, recipe: str) -> Naming:
    """Return how outputs are named, from the texts of the options. A template may end with the format's extension.

    Raises ParameterError for a template with other fields than `FIELDS`, or whose extension is not the format's.
    """
    chosen = by_name(format) if format else None
    extension = PurePath(template).suffix
    if (of_name := _FORMAT_OF.get(extension.lower())) is not None:
        if chosen is not None and chosen != of_name:
            raise ParameterError(f"--name ends with {extension}, and --format is {chosen.name}; leave one out")
        template, chosen = template.removesuffix(extension), of_name
    _check(template)
    return Naming(template, chosen, flat, recipe)


def _check(template: str) -> None:
    """Raise ParameterError for a template that does not give a name within a folder."""
    for field in _fields(template):
        if field not in FIELDS:
            known = ", ".join(f"{{{name}}}" for name in FIELDS)
            raise ParameterError(f"--name knows {known}; it has no {{{field}}}{did_you_mean(field, FIELDS)}")
    path = PurePath(template)
    if path.is_absolute() or ".." in path.parts:
        raise ParameterError(f"--name names a file in the output folder; '{template}' would be outside it")


def _fields(template: str) -> Iterator[str]:
    """Yield the fields of a template. Raises ParameterError if it cannot be read, or does more than name fields."""
    try:
        for _, field, spec, conversion in string.Formatter().parse(template):
            if conversion or (spec and not (field == "index" and spec.isdecimal() and len(spec) < 4)):
                raise ParameterError(f"--name: '{template}' may only have widths for {{index}}, as {{index:04}}")
            if field is not None:
                yield field
    except ValueError as error:
        raise ParameterError(f"--name: '{template}' cannot be read: {error}") from None


def _content(path: Path) -> str:
    """Return the format of a file, by its content; an empty string if it is not read."""
    try:
        with path.open("rb") as file:
            return format_of(file)
    except (ImageError, OSError):
        return ""

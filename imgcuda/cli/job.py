"""The task of a command that filters an image."""

from pathlib import Path
from typing import Literal, NamedTuple


class Job(NamedTuple):
    """An image to read, filter and write, with all options apart from the filter's own; `options` describes each."""

    in_path: Path
    out_path: Path
    device: str = "auto"
    check: bool = False
    timeout: float | None = None
    verbose: bool = False
    quiet: bool = False
    overwrite: bool = False
    no_clobber: bool = False
    format: str | None = None
    depth: Literal["8", "16", "float"] | None = None
    convert: Literal["L", "LA", "RGB", "RGBA", "F"] | None = None
    linear: bool = False
    frame: int | None = None
    auto_orient: bool = True
    strip: bool = False
    quality: int | None = None
    compress: int | None = None
    lossless: bool = False
    progressive: bool = False
    codec: str | None = None
    strict: bool = False
    max_pixels: int | None = None

    def given(self) -> dict[str, str]:
        """Return the options that are not as by default, as a user types them, by their fields."""
        changed = {
            name: value for name, value in self._asdict().items() if value != self._field_defaults.get(name, value)
        }
        return {name: f"--{'no-' * (value is False)}{name.replace('_', '-')}" for name, value in changed.items()}

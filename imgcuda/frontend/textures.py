"""Textures: the structure behind `cudaTextureObject_t` on the CPU, and the names of the functions that read them."""

from __future__ import annotations

from typing import NamedTuple

TEXTURE = "cudaTextureObject_t"
FIELDS = (
    ("texels", "unsigned long long"),
    ("width", "int"),
    ("height", "int"),
    ("channels", "int"),
    ("linear", "int"),
    ("normalized", "int"),
    ("mode_x", "int"),
    ("mode_y", "int"),
)
"""The numbers in a texture on the CPU, with their types: the address of its texels, its size, and how it is read."""
DECLARATION = f"struct {TEXTURE} {{ {' '.join(f'{type} {name};' for name, type in FIELDS)} float border[4]; }};"
MODES = ("clamp", "border", "wrap", "mirror")
"""The address modes, in the order of their numbers in a texture."""
FETCHES = {"tex1Dfetch": 1, "tex1D": 1, "tex2D": 2}
"""The functions that read textures, and how many coordinates each takes."""


class Fetch(NamedTuple):
    """A function that reads a texture, with the type of its texels: `tex2D<float4>`."""

    function: str
    type: str

    @property
    def name(self) -> str:
        """The name of the function in a syntax tree."""
        return f"{self.function}<{self.type}>"


def fetch_of(name: str) -> Fetch | None:
    """Return the fetch that a called name stands for; None if it is another function."""
    function, _, type = name.partition("<")
    return Fetch(function, type.removesuffix(">")) if type and function in FETCHES else None

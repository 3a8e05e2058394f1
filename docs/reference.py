"""The reference of what a filter's author may use: Python's public names, and the kernels' prelude."""

from __future__ import annotations

import ast
import inspect
import re
import typing
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import imgcuda
from imgcuda import images, kernels, testing, video
from imgcuda.array_calls import ArrayCallable

ROOT = Path(__file__).parent.parent
_PIECE = r"(?P<words>(?:^// [^\n]*\n)+)(?P<code>^(?!//)\S[^\n]*\n(?:^(?!//)[^\n]+\n)*)"
"""A comment, and the code below it up to an empty line."""

MODULES: dict[ModuleType, Sequence[str]] = {
    images: ("at_depth", "convert", "Image", "MAX_PIXELS", "Options", "read", "write", "Written"),
    kernels: kernels.__all__,
    testing: ("assert_close", "checked", "contract", "DeviceKernels"),
    video: video.__all__,
}
"""The public modules beside `imgcuda` and `imgcuda.functions`, and the public names of each."""


def api_reference() -> str:
    """Return a section for each public name of Python, from its docstring and those of its members."""
    names = [(name, getattr(imgcuda, name)) for name in sorted(imgcuda.__all__, key=str.lower)]
    made = [_section(name, value) for name, value in names]
    made.append(_section("functions", imgcuda.functions))
    for module, public in MODULES.items():
        made.append(f"## {module.__name__}\n")
        made += [_section(name, getattr(module, name)) for name in public]
    return "\n".join(made)


def prelude_reference() -> str:
    """Return a table of what the prelude declares, each with the comment that stands before it."""
    text = (ROOT / "imgcuda" / "programs" / "prelude.cuh").read_text("utf-8")
    found = re.finditer(_PIECE, text, re.MULTILINE)
    made = ["| name | what it is |", "|---|---|"]
    for each in found:
        words = " ".join(line.removeprefix("// ") for line in each["words"].splitlines()).replace("|", "\\|")
        if names := " ".join(f"`{declared}`" for declared in _declared(each["code"])):
            made.append(f"| {names} | {words} |")
    return "\n".join(made) + "\n"


def _declared(code: str) -> list[str]:
    """Return the heads of what some lines declare: functions, structures, macros; a type only if it is no structure."""
    functions = re.findall(r"^__device__ ([^\n{]+)$", code, re.MULTILINE)
    structures = re.findall(r"^struct (?:alignas\([^\n]*\) )?(\w+ \{[^}]*\};)", code, re.MULTILINE)
    plain = code.startswith("#define")  # else a macro without arguments is only one of the ways to set it
    macros = re.findall(rf"^#define (\w+{'' if plain else '(?=[(])'}(?:\([^)]*\))?)", code, re.MULTILINE)
    types = [] if structures else re.findall(r"^typedef [^;]* (\w+);", code, re.MULTILINE)
    heads = [*functions, *(f"struct {' '.join(each.split())}" for each in structures), *macros, *types]
    return list(dict.fromkeys(heads))


def _section(name: str, value: Any) -> str:
    lines = [f"### {name}\n"]
    if name == "hookimpl":
        lines += [
            "Marks the function `imgcuda_filters()` of a plugin, which returns its filter classes. From pluggy.\n"
        ]
    elif inspect.isclass(value):
        lines += [_about(value), *_members(value)]
    elif callable(value) and inspect.isroutine(value):
        lines += [f"`{name}{_signature(value)}`\n", _about(value)]
    else:
        lines += [_other(name, value)]
    return "\n".join(line for line in lines if line)


def _about(value: Any) -> str:
    return inspect.cleandoc(value.__doc__ or "") + "\n"


def _members(value: type) -> list[str]:
    """Return a line for each method and property that a class adds to those it derives from."""
    made = []
    for name, member in {**vars(value), **_call(value)}.items():
        inner = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        inner = inspect.unwrap(inner) if callable(inner) else inner
        if (name == "__call__" or not name.startswith("_")) and inspect.isfunction(inner) and inner.__doc__:
            head = name if isinstance(member, property) else f"{name}{_signature(inner)}"
            made.append(f"- `{head}`: {' '.join(inspect.cleandoc(inner.__doc__).split())}")
    return ["\n".join(made) + "\n"] if made else []


def _call(value: type) -> dict[str, Any]:
    """Return the call that filters and pipelines share, for a class that takes part of it."""
    return {"__call__": ArrayCallable.__call__} if ArrayCallable in value.__bases__ else {}


def _signature(function: Any) -> str:
    """Return a function's arguments, without types and without itself: people look for names and order."""
    signature = inspect.signature(function)
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    kept = [each for each in bare if each.name not in ("self", "cls")]
    written = str(signature.replace(parameters=kept, return_annotation=inspect.Signature.empty))
    return re.sub(r"=<[^>]*>", "=...", written)


def _other(name: str, value: Any) -> str:
    """Return what is said of a value, or of a type's other name: the text that stands below it in its module."""
    choices = ", ".join(f'"{each}"' for each in typing.get_args(value) if isinstance(each, str))
    said = " ".join(_texts_of_values()[name].split()) if name in _texts_of_values() else _about(value)
    return f"{choices}. {said}\n" if choices else f"{said}\n"


@cache
def _texts_of_values() -> dict[str, str]:
    """Return the texts that stand below assignments in the core's modules."""
    found = {}
    for path in (ROOT / "imgcuda").rglob("*.py"):
        for line, below in pairwise(ast.parse(path.read_text("utf-8")).body):
            if isinstance(line, ast.Assign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                found[ast.unparse(line.targets[0])] = str(below.value.value)
    return found

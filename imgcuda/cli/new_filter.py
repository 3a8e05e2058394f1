"""`imgcuda new-filter`: writes a package with a working filter, for its author to change."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from imgcuda.errors import ParameterError
from imgcuda.registry import Registry

TEMPLATES = Path(__file__).with_name("templates")


class FilterKind(StrEnum):
    """The pixels that the new filter reads."""

    POINT = "point"
    NEIGHBORHOOD = "neighborhood"


SUMMARIES = {
    FilterKind.POINT: "Move each color toward its opposite.",
    FilterKind.NEIGHBORHOOD: "Make fine detail stand out.",
}

Name = Annotated[str, typer.Argument(metavar="NAME", help="The filter's name, in lower case with hyphens: warm-glow.")]
KindOption = Annotated[FilterKind, typer.Option("--kind", help="What it reads: one pixel, or those around it, too.")]
Folder = Annotated[Path, typer.Option("--into", help="The folder that gets the package's folder.")]


def new_filter(ctx: typer.Context, name: Name, kind: KindOption = FilterKind.POINT, into: Folder = Path()) -> None:
    """Write a package with a new filter: it can be installed and tested, and is yours to change."""
    _check(ctx.obj, name)
    package = into / f"imgcuda-{name}"
    if package.exists():
        raise ParameterError(f"there is a folder '{package}' already; choose another name, or remove it")
    for path, text in _files(name, kind).items():
        target = package / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    typer.echo(f"Written to {package}. Next:\n")
    typer.echo(f"  cd {package}")
    typer.echo('  pip install -e ".[test]" && pytest')
    typer.echo(f"  imgcuda {name} in.png out.png")


def _check(registry: Registry, name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise ParameterError(f"a filter's name is in lower case, with hyphens between words: warm-glow; got '{name}'")
    if registry.name_of(name):
        raise ParameterError(f"there is a filter '{name}' already; choose another name")


def _files(name: str, kind: FilterKind) -> dict[str, str]:
    """Return the package's files, by their paths in it."""
    from imgcuda.filters import snake

    module = snake(name)
    return {
        "pyproject.toml": _filled("pyproject.toml", name, kind),
        "README.md": _filled("README.md", name, kind),
        f"{module}/__init__.py": _filled(f"{kind}/module.py", name, kind),
        f"{module}/{module}.cu": _filled(f"{kind}/kernel.cu", name, kind),
        f"{module}/py.typed": "",
        f"tests/test_{module}.py": _filled(f"{kind}/test.py", name, kind),
    }


def _filled(template: str, name: str, kind: FilterKind) -> str:
    """Return a template's text with the filter's name in its places."""
    from imgcuda.filters import snake

    words, summary = name.split("-"), SUMMARIES[kind]
    values = {
        "NAME": name,
        "MODULE": snake(name),
        "CLASS": "".join(word.capitalize() for word in words),
        "TITLE": " ".join(words).capitalize(),
        "SUMMARY": summary,
        "SUMMARY_LOWER": summary[0].lower() + summary[1:],
        "VERSIONS": _versions(),
    }
    text = (TEMPLATES / f"{template}.txt").read_text("utf-8")
    return re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], text)


def _versions() -> str:
    """Return the range of imgcuda versions for a new filter: from this one to the last with a compatible API."""
    from imgcuda import __version__

    major, minor = map(int, __version__.split(".")[:2])
    return f">={__version__},<{major + 1}" if major else f">={__version__},<0.{minor + 1}"

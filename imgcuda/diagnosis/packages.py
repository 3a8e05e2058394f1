"""The Python, the system, and the packages that imgcuda depends on: whether each is there, and new enough."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import NamedTuple

import imgcuda
from imgcuda.diagnosis.finding import Finding

FOR_DEVELOPERS = {"test", "browser", "dev", "benchmarks", "docs"}
"""The extras that no user installs."""

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[[^]]*\])?(?P<bounds>[^;]*)(?:;(?P<marker>.*))?")
_EXTRA = re.compile(r"""extra\s*==\s*["']([\w-]+)["']""")
_BOUND = re.compile(r"(>=|<)\s*([0-9.]+)")


class Requirement(NamedTuple):
    """A package that imgcuda, or one of its extras, depends on."""

    name: str
    bounds: tuple[tuple[str, str], ...]
    """Versions that it must have: (">=", "1.7"), ("<", "2")."""
    extra: str = ""

    @classmethod
    def read(cls, line: str) -> Requirement:
        """Return the requirement of a line of a distribution's metadata."""
        found = _REQUIREMENT.fullmatch(line.strip())
        if found is None:
            return cls(line, ())
        extra = _EXTRA.search(found["marker"] or "")
        return cls(found["name"], tuple(_BOUND.findall(found["bounds"])), extra[1] if extra else "")

    @property
    def to_install(self) -> str:
        """The command that installs it, in a version that is right."""
        what = f"imgcuda[{self.extra}]" if self.extra else self.name + ",".join(map("".join, self.bounds))
        return f"pip install '{what}'"

    def violation(self, version: str | None) -> str:
        """Return in words why the installed version is wrong (None: not installed); empty if it is right."""
        if version is None:
            return "" if self.extra else f"{self.name} is not installed"
        if all(_is_within(version, relation, bound) for relation, bound in self.bounds):
            return ""
        return f"{self.name} {version} is not {' and '.join(map(''.join, self.bounds))}"


def python() -> Iterator[Finding]:
    """Yield the versions of imgcuda and Python, and the system."""
    yield Finding("imgcuda", imgcuda.__version__, facts={"version": imgcuda.__version__})
    version = platform.python_version()
    where = {"version": version, "executable": sys.executable}
    yield Finding("Python", f"{version}, {sys.executable}", facts=where)
    yield Finding("system", platform.platform(), facts={"platform": platform.platform()})


def packages() -> Iterator[Finding]:
    """Yield the versions of the installed packages that imgcuda uses, and each package that is missing or wrong."""
    known = {each: installed_version(each.name) for each in _requirements()}
    found = {each.name: version for each, version in known.items() if version is not None}
    yield Finding("packages", ", ".join(f"{name} {version}" for name, version in found.items()), facts=found)
    for each, version in known.items():
        if why := each.violation(version):
            yield Finding("packages", why, "wrong", each.to_install)


def _requirements() -> list[Requirement]:
    """Return what imgcuda depends on, and what its extras for users do."""
    lines = metadata.requires("imgcuda") or []
    found = [Requirement.read(line) for line in lines]
    return [each for each in dict.fromkeys(found) if each.extra not in FOR_DEVELOPERS and each.name != "imgcuda"]


def installed_version(name: str) -> str | None:
    """Return the version of a distribution; None if it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _is_within(version: str, relation: str, bound: str) -> bool:
    has, wants = _numbers(version), _numbers(bound)
    return has >= wants if relation == ">=" else has < wants


def _numbers(version: str) -> list[int]:
    """Return the numbers at the beginning of a version, without zeros at their end: 1.7.0 is 1.7."""
    found = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers

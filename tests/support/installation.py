"""Plugins installed in a folder of their own, and the command run with them as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

SOURCE = """
    import os
    from imgcuda import PointFilter, hookimpl, param

    class {cls}(PointFilter):
        '''{summary}'''
        aliases = {{"{alias}": {{}}}}
        strength: float = param(default=1.0, ge=0, le=1, help="how much")

    @hookimpl
    def imgcuda_filters():
        return [{cls}]
"""


class Installation:
    """Plugins in a folder of their own, and the command run with them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cache = folder / "site", folder / "cache"
        self.folder.mkdir()
        self.variables = {"PYTHONPATH": str(self.folder), "IMGCUDA_CACHE": str(self.cache)}
        self.variables |= {"IMGCUDA_CONFIG": str(folder / "config"), "PYTHONDONTWRITEBYTECODE": "1"}

    def add(
        self, source: str, distribution: str = "old-photo", version: str = "0.3", modules: str = "postcard"
    ) -> None:
        """Install a distribution whose plugins, between blanks, are modules that begin alike."""
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        points = "".join(f"{module} = {module}\n" for module in modules.split())
        (info / "entry_points.txt").write_text(f"[imgcuda]\n{points}")
        for module in modules.split():
            self.write(module, source)

    def write(self, module: str, source: str) -> None:
        """Write a plugin's file; it holds one filter, of the module's name."""
        (self.folder / f"{module}.py").write_text(dedent(source))

    def run(self, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "imgcuda", *map(str, arguments)]
        environment = {**self.environment, **variables}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that finds the plugins."""
        return {**os.environ, **self.variables}

    def listed(self, **variables: str) -> dict[str, str]:
        """Return the summaries of the filters that are listed, by name."""
        done = self.run("list", "--plain", **variables)
        assert done.returncode == 0, done.stderr
        return {name: summary for name, _, _, summary in (line.split("\t") for line in done.stdout.splitlines())}

    def imported(self, code: str) -> set[str]:
        """Return the modules that are imported when some Python has run."""
        code += "\nimport sys; sys.stderr.write('\\n'.join(sys.modules))"
        command = [sys.executable, "-P", "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=self.environment)
        return set(done.stderr.splitlines())

    def command(self, *arguments: str) -> set[str]:
        """Return the modules that a command imports."""
        return self.imported(f"from imgcuda.cli import run; run({list(arguments)})")

    @property
    def indexes(self) -> list[Path]:
        return sorted(self.cache.glob("plugins-*"))


def filter_of(cls: str = "Postcard", summary: str = "Print in two colors.", alias: str = "two-colors") -> str:
    return SOURCE.format(cls=cls, summary=summary, alias=alias)

"""A new Python environment, to install into."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path


class Environment:
    """A new Python environment, to install into, that has also what is installed in this one."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder)  # without a pip of its own, which takes four seconds to install
        self.python = folder / "bin" / "python"
        (library,) = folder.glob("lib/python*/site-packages")
        shared = [Path(entry) for entry in sys.path if entry.endswith("-packages")]
        links = [path.read_text("utf-8") for entry in shared for path in entry.glob("*.pth")]  # of editable installs
        (library / "shared.pth").write_text("\n".join([*map(str, shared), *links]), "utf-8")
        for name, module in (("imgcuda", "-P -m imgcuda"), ("pip", "-m pip")):
            command = folder / "bin" / name
            command.write_text(f'#!/bin/sh\nexec "{self.python}" {module} "$@"\n', "utf-8")
            command.chmod(0o755)
        path = f"{folder}/bin{os.pathsep}{os.environ['PATH']}"
        self.variables = {**os.environ, "PATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def install(self, *packages: Path) -> None:
        """Install packages from their folders, without what they depend on, which is here."""
        self.call("-m", "pip", "install", "-q", "--no-deps", *packages, cwd=packages[0])

    def call(self, *arguments: object, cwd: Path) -> str:
        """Return what the environment's Python prints; AssertionError if it fails."""
        command = [str(self.python), *map(str, arguments)]
        done = subprocess.run(command, cwd=cwd, env=self.variables, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

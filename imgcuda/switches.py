"""Which plugins are switched off: by a variable, for a process; by a file of the user's, until they are switched on."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "IMGCUDA_DISABLE_PLUGINS"
"""Names between commas: of entry points, or of distributions."""


def disabled() -> set[str]:
    """Return the names that are switched off."""
    asked = os.environ.get(VARIABLE, "").split(",")
    return {name.strip() for name in (*asked, *_lasting())} - {""}


def disable(name: str) -> None:
    """Switch a plugin, or a distribution's plugins, off from now on."""
    _write({*_lasting(), name})


def enable(name: str) -> None:
    """Switch on again what `disable` switched off."""
    _write({*_lasting()} - {name})


def lasts(name: str) -> bool:
    """Return whether `disable` switched it off."""
    return name in _lasting()


def _lasting() -> list[str]:
    try:
        return _file().read_text("utf-8").split()
    except OSError:
        return []


def _write(names: set[str]) -> None:
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{name}\n" for name in sorted(names)), "utf-8")


def _file() -> Path:
    """Return where it is kept: in the folder that IMGCUDA_CONFIG names, else where the system has a user's settings."""
    if folder := os.environ.get("IMGCUDA_CONFIG"):
        return Path(folder) / "disabled-plugins"
    import platformdirs

    return platformdirs.user_config_path("imgcuda") / "disabled-plugins"

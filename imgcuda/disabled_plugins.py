"""Which plugins are switched off: by a variable, for one process, or by a file in the user's settings, until switched
on again."""

from __future__ import annotations

import os
from contextlib import suppress

from imgcuda import private_folder
from imgcuda.errors import PluginError
from imgcuda.private_folder import UnusableError

_FILE = "disabled-plugins"
"""The file in the folder of the user's settings: one name per line."""

VARIABLE = "IMGCUDA_DISABLE_PLUGINS"
"""Names of entry points or of distributions, separated by commas."""


def disabled() -> set[str]:
    """Return the names that are switched off."""
    asked = os.environ.get(VARIABLE, "").split(",")
    return {name.strip() for name in (*asked, *_lasting())} - {""}


def disable(name: str) -> None:
    """Switch a plugin, or all plugins of a distribution, off for all processes from now on."""
    _write({*_lasting(), name})


def enable(name: str) -> None:
    """Switch a plugin on again that `disable` switched off."""
    _write({*_lasting()} - {name})


def lasts(name: str) -> bool:
    """Return whether `disable` switched a plugin off, rather than the variable."""
    return name in _lasting()


def _lasting() -> list[str]:
    with suppress(UnusableError, OSError), private_folder.opened(private_folder.path("config")) as folder:
        return folder.read(_FILE, 2**20).decode("utf-8", "replace").splitlines()
    return []


def _write(names: set[str]) -> None:
    try:
        with private_folder.opened(private_folder.path("config"), create=True) as folder:
            folder.write(_FILE, "".join(f"{name}\n" for name in sorted(names)).encode("utf-8", "replace"))
    except UnusableError as error:
        raise PluginError(f"the setting cannot be kept: {error}") from error
    except OSError as error:
        raise PluginError(f"the setting cannot be kept: {error.filename}: {error.strerror}") from error

"""`python -m imgcuda` is the command `imgcuda`."""

from __future__ import annotations

import sys

if not sys.flags.safe_path and sys.path and not sys.path[0].endswith((".zip", "-packages")):
    sys.path.pop(0)  # the current folder: a file there with the name of a plugin's module must not be run

from imgcuda.cli import main

main()

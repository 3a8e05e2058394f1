"""Puts this folder where the tests of image files find `picture_files`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

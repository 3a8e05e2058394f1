"""The filters of a Python file that is not installed, imported anew each time they are asked for."""

from __future__ import annotations

import importlib.util
import sys
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from imgcuda.errors import ImgcudaError, ParameterError, PluginError, last_line

if TYPE_CHECKING:
    from imgcuda.filters import Filter

_numbers = count()


def load_filters(file: Path, usage: str) -> dict[str, type[Filter]]:
    """Return the filters of a Python file by name. Raises PluginError, with the line, if the file has an error.

    `usage` is the command to write, for a name that is no Python file.
    """
    from imgcuda.filters import Filter
    from imgcuda.registry.filter_checks import check_options

    module = _import(file, usage)
    hook = getattr(module, "imgcuda_filters", None)
    own = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__]
    found = hook() if hook else [each for each in own if issubclass(each, Filter)]
    if not found:
        raise PluginError(f"{file} has no filter: no class that derives from PointFilter, or another kind of filter")
    for each in found:
        check_options(each)  # this finds wrongly declared fields, too
    return {each.name: each for each in found}


def saved_times(file: Path) -> dict[Path, float]:
    """Return the times at which the file and the kernels beside it were saved."""
    times = {}
    for path in (file, *file.parent.glob("*.cu")):
        try:
            times[path] = path.stat().st_mtime
        except OSError:  # between an editor's removal of the old file and its new one
            times[path] = 0.0
    return times


def _import(file: Path, usage: str) -> ModuleType:
    """Import a Python file as a module, anew each time; it can import modules of its folder."""
    name = f"imgcuda_try_{next(_numbers)}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise ParameterError(f"{file} is not a Python file; write {usage}")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(file.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except ImgcudaError:
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the author's code may be half written, and may even call sys.exit()
        words = error.msg if isinstance(error, SyntaxError) else error  # the text of a SyntaxError repeats the line
        raise PluginError(f"{_place(file, error)}: {type(error).__name__}: {words}") from error
    finally:
        sys.path.pop(0)
    return module


def _place(file: Path, error: BaseException) -> str:
    """Return the file with the number of its innermost line in an error: "my_filter.py:12"."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f"{file}:{error.lineno}"
    place = last_line(error, {file.resolve()})
    return f"{file}:{place[1]}" if place else str(file)

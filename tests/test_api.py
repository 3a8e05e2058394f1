"""The public names, and the modules that importing them loads."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import ImageError, ParameterError, PluginError
from imgcuda.testing import assert_close
from support.installed import installed


def test_all_names_every_public_name() -> None:
    helpers = {"Any", "TYPE_CHECKING", "annotations", "import_module"}
    for name in imgcuda.__all__:
        getattr(imgcuda, name)  # which imports it
    public = {
        name for name, value in vars(imgcuda).items() if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert public - helpers == set(imgcuda.__all__)
    assert len(imgcuda.__all__) == len(set(imgcuda.__all__))


@pytest.mark.parametrize("name", imgcuda.__all__)
def test_every_public_name_can_be_imported_and_is_explained(name: str) -> None:
    value = getattr(imgcuda, name)
    if name not in (
        "WHOLE_IMAGE",
        "Alpha",
        "Argument",
        "Border",
        "hookimpl",
    ):  # a value, types' other names, and pluggy's
        assert value.__doc__


def test_a_name_that_is_not_there_is_said_as_python_says_it() -> None:
    with pytest.raises(AttributeError, match="module 'imgcuda' has no attribute 'blurr'"):
        getattr(imgcuda, "blurr")  # noqa: B009
    assert {*imgcuda.__all__, "__version__"} <= set(dir(imgcuda))


def test_importing_imgcuda_imports_nothing_heavy() -> None:
    code = "import sys, imgcuda; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "PIL", "pycuda", "llvmlite", "cuda", "typer", "platformdirs", "imgcuda_plugins"} & set(
        done.stdout.split()
    )


def test_apply_filters_by_name(device: str, random_image: Callable[..., npt.NDArray[Any]]) -> None:
    image = random_image((17, 31, 3))
    expected = installed().create("blur", {"sigma": 1.5, "border": "wrap"})(image, device=device)
    assert_close(imgcuda.apply(image, "blur", sigma=1.5, border="wrap", device=device), expected)


def test_apply_takes_anything_that_is_an_array(device: str) -> None:
    class Picture:
        def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[np.uint8]:
            return np.full((3, 4), 7, np.uint8)

    assert_close(imgcuda.apply(Picture(), "grayscale", device=device), np.full((3, 4), 7))


@pytest.mark.parametrize(
    ("name", "parameters", "error", "message"),
    [
        ("blurr", {}, PluginError, "there is no filter 'blurr'; did you mean 'blur'?"),
        ("zzz", {}, PluginError, "there is no filter 'zzz'; `imgcuda list` shows what is installed"),
        ("blur", {"sigmoid": 1}, ParameterError, "blur has no parameter 'sigmoid'; did you mean 'sigma'?"),
        ("edges", {"zzz": 1}, ParameterError, "edges has no parameter 'zzz'; it has: border, operator, scale"),
        ("blur", {"sigma": 0}, ParameterError, "sigma must be from 0.1 to 100; got 0"),
    ],
)
def test_apply_says_what_is_wrong(name: str, parameters: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        imgcuda.apply(np.zeros((2, 2), np.uint8), name, **parameters)
    assert str(caught.value) == message


def test_the_parameters_are_checked_before_the_image() -> None:
    with pytest.raises(ParameterError):
        imgcuda.apply(np.zeros(3), "blur", sigma=0)
    with pytest.raises(ImageError):
        imgcuda.apply(np.zeros(3), "blur", sigma=1)


@pytest.mark.parametrize("name", imgcuda.__all__)
def test_every_public_member_is_explained(name: str) -> None:
    value = getattr(imgcuda, name)
    if isinstance(value, type):
        for member, own in vars(value).items():
            inner = own.fget if isinstance(own, property) else getattr(own, "__func__", own)
            if not member.startswith("_") and callable(inner):
                assert inspect.getdoc(getattr(value, member)), f"{name}.{member}"


def test_everything_in_the_prelude_is_explained() -> None:
    text = (Path(imgcuda.__file__).parent / "programs" / "prelude.cuh").read_text("utf-8")
    before = ""
    for line in text.splitlines():
        if line.startswith(("__device__", "struct ")):
            assert before.startswith(("// ", "#if", "};")), line  # "};": beside another that is explained
        before = line

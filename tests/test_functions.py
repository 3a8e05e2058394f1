"""`imgcuda.functions`: each installed filter as a function and a class, with a signature, help, and a stub."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import Filter, NeighborhoodFilter, ParameterError, PointFilter, functions, load, param
from imgcuda.functions.filter_function import call_options, function
from imgcuda.registry import Meaning, installed
from support.installation import Installation, filter_of
from support.matrix import every_third

ROOT = Path(__file__).parents[1]
NAMES = list(load())
IMAGE: npt.NDArray[np.uint8] = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)


class Whiten(PointFilter):
    """Add to each sample.

    It is here to be described.
    """

    amount: float = param(default=0.5, ge=0, le=1, help="how much, as a part of the range")
    device: int = param(le=9, help="a name that an option of a call has, too")


@pytest.mark.parametrize("name", every_third(NAMES))
def test_each_filter_is_a_function_and_a_class(name: str) -> None:
    kind = load()[name]
    assert getattr(functions, kind.__name__) == installed()[name]
    made = getattr(functions, name.replace("-", "_"))
    assert next(iter(inspect.signature(made).parameters)) == "array"
    assert {each.name for each in kind.parameters()} < set(inspect.signature(made).parameters)
    assert {kind.__name__, made.__name__} < set(dir(functions))


def test_a_function_filters_as_its_class_does(device: str) -> None:
    expected = functions.Blur(sigma=1.5, border="wrap")(IMAGE, device=device)
    np.testing.assert_array_equal(functions.blur(IMAGE, sigma=1.5, border="wrap", device=device), expected)
    np.testing.assert_array_equal(imgcuda.apply(IMAGE, "blur", sigma=1.5, border="wrap", device=device), expected)


def test_an_alias_sets_its_parameters(device: str) -> None:
    expected = functions.edges(IMAGE, operator="scharr", device=device)
    np.testing.assert_array_equal(functions.scharr(IMAGE, device=device), expected)
    assert inspect.signature(functions.scharr).parameters["operator"].default == "scharr"
    assert inspect.signature(functions.edges).parameters["operator"].default == "sobel"


def test_a_result_is_written_to_out(device: str) -> None:
    out = np.empty_like(IMAGE)
    assert functions.invert(IMAGE, device=device, out=out) is out
    np.testing.assert_array_equal(out, 255 - IMAGE)


def test_a_signature_shows_types_ranges_and_defaults() -> None:
    shown = str(inspect.signature(functions.Blur))
    assert "sigma: Annotated[float, 'from 0.1 to 100'] = 2.0" in shown.replace("typing.", "")  # as Python 3.12 shows it
    assert "border: Literal['reflect', 'mirror', 'nearest', 'wrap', 'constant'] = 'reflect'" in shown
    assert str(inspect.signature(functions.Convolve)).count("kernel: imgcuda.parameter_types.Matrix,") == 1
    assert shown.removesuffix(")") not in str(inspect.signature(functions.Blur()))
    assert next(iter(inspect.signature(functions.Blur()).parameters)) == "array"


def test_help_says_what_parameters_do_and_their_range() -> None:
    text = inspect.getdoc(function("whiten", Meaning(Whiten, {})))
    assert text is not None
    assert text.startswith("Add to each sample.\n\nIt is here to be described.\n\n")
    assert "\namount: how much, as a part of the range; from 0 to 1\n" in text
    assert "\ndevice: a name that an option of a call has, too; at most 9\n" in text


def test_a_parameter_goes_before_an_option_of_its_name() -> None:
    assert "device" not in call_options(Whiten)
    assert "device" in call_options(functions.Blur)
    shown = inspect.signature(function("whiten", Meaning(Whiten, {}))).parameters
    assert shown["device"].default is inspect.Parameter.empty


def test_base_classes_have_signatures_too() -> None:
    assert str(inspect.signature(Filter)) == "()"
    assert list(inspect.signature(NeighborhoodFilter).parameters) == ["border"]


def test_a_wrong_parameter_is_said_as_apply_says_it() -> None:
    wrong: dict[str, Any] = {"sigmoid": 1}
    with pytest.raises(ParameterError, match=r"blur has no parameter 'sigmoid'; did you mean 'sigma'\?"):
        functions.blur(IMAGE, **wrong)
    with pytest.raises(ParameterError, match=r"sigma must be from 0\.1 to 100; got 0"):
        functions.blur(IMAGE, sigma=0)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("blurr", ": there is no filter 'blurr'; did you mean 'blur'?"),
        ("Blurr", ": there is no filter 'blurr'; did you mean 'blur'?"),
        ("_blur", ""),
    ],
)
def test_a_name_that_is_no_filter_is_said_as_python_says_it(name: str, reason: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(functions, name)
    assert str(caught.value) == f"module 'imgcuda.functions' has no attribute '{name}'{reason}"


def test_a_function_is_pickled_by_its_name() -> None:
    assert pickle.loads(pickle.dumps(functions.blur)) is functions.blur


def test_a_plugin_is_imported_with_its_first_function() -> None:
    code = """
import sys, imgcuda
assert "numpy" not in sys.modules
names = dir(imgcuda.functions)
print(*(name for name in sys.modules if name.startswith("imgcuda_plugins.")))
assert "unsharp_mask" in names and "UnsharpMask" in names
imgcuda.functions.invert
print(*(name for name in sys.modules if name.startswith("imgcuda_plugins.")))
"""
    command = [sys.executable, "-c", code]
    subprocess.run(command, check=True, capture_output=True)  # which writes the index, if there is none
    before, after = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert before == ""
    assert "imgcuda_plugins.color" in after
    assert "imgcuda_plugins.blur" not in after


def test_a_plugin_of_another_brings_functions(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    installation.add(filter_of())
    installation.imported(
        """
import inspect, sys
from imgcuda import functions
assert {"postcard", "Postcard"} < set(dir(functions))
shown = str(inspect.signature(functions.postcard))
assert "strength: Annotated[float, 'from 0 to 1'] = 1.0" in shown.replace("typing.", ""), shown
assert functions.Postcard is sys.modules["postcard"].Postcard
"""
    )


# The stub


@pytest.fixture
def function_stub() -> ModuleType:
    import function_stub

    return function_stub


def test_the_stub_is_as_it_would_be_generated(function_stub: ModuleType) -> None:
    assert function_stub.outdated(load(), write=False) == 0


def test_a_stub_that_is_out_of_date_is_said_and_written(
    function_stub: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    current = function_stub.STUB.read_text("utf-8")
    monkeypatch.setattr(function_stub, "STUB", tmp_path / "__init__.pyi")
    assert function_stub.outdated(load(), write=False) == 1
    assert "is out of date; run `python docs/check.py --write`" in capsys.readouterr().out
    assert function_stub.outdated(load(), write=True) == 0
    assert (tmp_path / "__init__.pyi").read_text("utf-8") == current


USE = """
import numpy as np
import numpy.typing as npt

from imgcuda import Pipeline, functions

image = np.zeros((4, 5), np.uint8)
blurred: npt.NDArray[np.uint8] = functions.blur(image, sigma=3)
Pipeline([functions.Blur(sigma=3, border="wrap"), functions.Convolve(kernel=[[1]])])
functions.of_another_plugin(image)
functions.blur(image, sigma="3")
functions.blur(image, sigmoid=3)
functions.Blur(border="wrapped")
functions.convolve(image)
wrong: str = functions.blur(image)
"""


def test_a_type_checker_knows_functions_by_the_stub(tmp_path: Path) -> None:
    api = pytest.importorskip("mypy.api")
    (tmp_path / "use.py").write_text(USE)
    found, _, _ = api.run(["--config-file", str(ROOT / "pyproject.toml"), str(tmp_path / "use.py")])
    lines = [int(line.split(":")[1]) for line in found.splitlines() if ": error:" in line]
    assert lines == [11, 12, 13, 14, 15], found

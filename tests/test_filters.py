"""The class Filter: fields that are checked, compared and printed; names; the arguments of kernels."""

from __future__ import annotations

import dataclasses
import importlib.util
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any, Literal

import numpy as np
import pytest

from imgcuda import Border, Filter, FilterError, NeighborhoodFilter, ParameterError, PointFilter, param
from imgcuda.filters import kebab, snake


class Everything(Filter):
    """Have a field of every type.

    Its second paragraph is for `imgcuda info`.
    """

    amount: float = param(default=1.5, ge=0, le=10, help="a number")
    count: int = param(default=3, ge=1, help="a whole number")
    on: bool = param(default=False, help="a switch")
    kind: Literal["round", "square"] = param(default="round", help="a choice")
    limit: float = param(default=0.0, le=5, help="a number without a lower end")


class Needy(PointFilter):
    """Need a value."""

    level: float = param(help="without a default")


class Around(NeighborhoodFilter):
    """Look around."""

    shape: Literal["cross", "big-box"] = param(default="cross", constant=True, help="a choice at compile time")
    size: int = param(default=3, constant=True, help="a number at compile time")
    gain: float = param(default=2.0, help="an argument")


# Values


def test_a_filter_has_the_defaults_of_its_fields() -> None:
    made = Everything()
    assert (made.amount, made.count, made.on, made.kind, made.limit) == (1.5, 3, False, "round", 0.0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"amount": 11}, "amount must be from 0 to 10; got 11"),
        ({"amount": -0.001}, "amount must be from 0 to 10; got -0.001"),
        ({"amount": float("nan")}, "amount must be a finite number; got nan"),
        ({"amount": float("inf")}, "amount must be a finite number; got inf"),
        ({"amount": "3"}, "amount must be a number; got '3'"),
        ({"amount": None}, "amount must be a number; got None"),
        ({"amount": True}, "amount must be a number; got True"),
        ({"count": 0}, "count must be at least 1; got 0"),
        ({"count": 1.5}, "count must be a whole number; got 1.5"),
        ({"count": 2.0}, "count must be a whole number; got 2.0"),
        ({"count": True}, "count must be a whole number; got True"),
        ({"on": 1}, "on must be true or false; got 1"),
        ({"on": "yes"}, "on must be true or false; got 'yes'"),
        ({"kind": "squere"}, "kind must be one of round, square; got 'squere'; did you mean 'square'?"),
        ({"kind": 1}, "kind must be one of round, square; got 1"),
        ({"limit": 5.1}, "limit must be at most 5; got 5.1"),
    ],
    ids=str,
)
def test_a_value_that_is_wrong_is_refused_with_both_sides(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Everything(**values)
    assert str(caught.value) == message


def test_a_whole_number_is_written_in_full() -> None:
    class Seeded(PointFilter):
        """Take a large number."""

        seed: int = param(default=0, ge=0, le=2**31 - 1, help="any")

    assert Seeded.parameters()[0].range == "from 0 to 2147483647"
    with pytest.raises(ParameterError, match="seed must be from 0 to 2147483647; got -1"):
        Seeded(seed=-1)


def test_the_ends_of_a_range_belong_to_it() -> None:
    assert [Everything(amount=amount).amount for amount in (0, 10)] == [0, 10]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"amount": 2}, float),
        ({"amount": np.float32(2)}, float),
        ({"amount": np.int16(2)}, float),
        ({"count": np.uint8(2)}, int),
        ({"on": np.True_}, bool),
    ],
    ids=str,
)
def test_a_number_of_another_type_becomes_the_fields_own(values: dict[str, Any], kind: type) -> None:
    ((name, _),) = values.items()
    assert type(getattr(Everything(**values), name)) is kind


def test_an_unknown_name_and_a_value_without_its_name_are_python_errors() -> None:
    with pytest.raises(TypeError, match="amont"):
        Everything(amont=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        Everything(1.0)  # type: ignore[call-arg]


def test_a_value_without_a_default_is_needed() -> None:
    with pytest.raises(TypeError, match="level"):
        Needy()  # type: ignore[call-arg]
    assert [parameter.required for parameter in Needy.parameters()] == [True]


# A value, as any other


def test_filters_of_equal_values_are_equal_and_hash_alike() -> None:
    assert Everything(amount=2) == Everything(amount=2.0)
    assert hash(Everything(amount=2)) == hash(Everything(amount=2.0))
    assert Everything(amount=2) != Everything(amount=3)
    assert len({Everything(), Everything(), Everything(count=4)}) == 2


def test_filters_of_different_classes_are_not_equal() -> None:
    filters: set[Filter] = {Needy(level=1), Everything()}
    assert len(filters) == 2


def test_a_filter_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Everything().amount = 3  # type: ignore[misc]


def test_a_filter_prints_as_it_is_made() -> None:
    made = Everything(amount=2, kind="square")
    assert repr(made) == "Everything(amount=2.0, count=3, on=False, kind='square', limit=0.0)"
    assert eval(repr(made)) == made


def test_a_filter_can_be_made_again_with_another_value() -> None:
    made = dataclasses.replace(Everything(), amount=4)
    assert made == Everything(amount=4)
    with pytest.raises(ParameterError, match="from 0 to 10"):
        dataclasses.replace(Everything(), amount=40)


# Its fields, as the command line sees them


def test_parameters_say_what_the_fields_declare() -> None:
    amount, count, on, kind, limit = Everything.parameters()
    assert (amount.name, amount.type, amount.default, amount.ge, amount.le, amount.help) == (
        "amount",
        float,
        1.5,
        0,
        10,
        "a number",
    )
    assert [parameter.type for parameter in (count, on, kind)] == [int, bool, str]
    assert kind.choices == ("round", "square")
    assert [parameter.range for parameter in (amount, count, on, limit)] == [
        "from 0 to 10",
        "at least 1",
        "",
        "at most 5",
    ]


def test_a_neighborhood_filter_has_a_border() -> None:
    border = Around.parameters()[0]
    assert (border.name, border.default, border.constant) == ("border", "reflect", True)
    assert border.choices == ("reflect", "mirror", "nearest", "wrap", "constant")
    assert Around(border="wrap").border == "wrap"


def test_the_first_line_of_the_docstring_sums_a_filter_up() -> None:
    assert Everything.summary() == "Have a field of every type."


def test_a_filter_needs_a_docstring() -> None:
    with pytest.raises(FilterError, match="Silent has no docstring; its first line is what `imgcuda list` says"):

        class Silent(Filter):
            amount: float = param(default=1.0, help="a number")


def test_a_field_must_be_declared() -> None:
    class Plain(Filter):
        """Have a plain field."""

        amount: float = 1.0

    for use in (Plain.parameters, Plain):
        with pytest.raises(
            FilterError, match=r"Plain\.amount must be declared with param\(default=\.\.\., help=\.\.\.\)"
        ):
            use()


@pytest.mark.parametrize("kind", [str, list, dict[str, int], float | None, Literal[1, 2]], ids=str)
def test_a_field_must_be_of_a_type_that_can_be_asked_for(kind: Any) -> None:
    body = {
        "__doc__": "Have an odd field.",
        "__module__": __name__,
        "__annotations__": {"odd": kind},
        "odd": param(default=None, help="odd"),
    }
    odd = type("Odd", (Filter,), body)
    with pytest.raises(FilterError, match=r"Odd\.odd must be typed float, int, bool or Literal"):
        odd.parameters()  # type: ignore[attr-defined]


# Names


@pytest.mark.parametrize(
    ("class_name", "command", "file"),
    [
        ("Blur", "blur", "blur"),
        ("GaussianBlur", "gaussian-blur", "gaussian_blur"),
        ("HSVShift", "hsv-shift", "hsv_shift"),
        ("ToRGB", "to-rgb", "to_rgb"),
        ("Blur2", "blur2", "blur2"),
    ],
)
def test_a_name_follows_from_the_class(class_name: str, command: str, file: str) -> None:
    assert kebab(class_name) == command
    assert snake(command) == file


def test_a_name_may_be_chosen() -> None:
    class Odd(Filter):
        """Have a name of its own."""

        name = "even"

    class Odder(Odd):
        """Have a name again."""

    assert (Odd.name, Odder.name, Everything.name) == ("even", "odder", "everything")


# What a kernel is given


def test_arguments_are_the_fields_in_order_and_choices_by_number() -> None:
    assert Everything(kind="square", on=True).arguments() == {
        "amount": 1.5,
        "count": 3,
        "on": True,
        "kind": 1,
        "limit": 0.0,
    }


def test_constants_are_macros_with_one_for_each_choice() -> None:
    made = Around(shape="big-box", border="wrap")
    assert made.arguments() == {"gain": 2.0}
    assert made.constants() == {
        "BORDER_REFLECT": 0, "BORDER_MIRROR": 1, "BORDER_NEAREST": 2, "BORDER_WRAP": 3, "BORDER_CONSTANT": 4,
        "BORDER": 3,
        "SHAPE_CROSS": 0, "SHAPE_BIG_BOX": 1, "SHAPE": 1, "SIZE": 3,
    }  # fmt: skip


def test_the_halo_is_the_whole_image_unless_a_filter_says_so() -> None:
    assert Everything().halo is None
    assert Needy(level=0).halo == 0


def test_a_strip_may_begin_at_any_row_unless_a_filter_says_otherwise() -> None:
    assert Everything().row_step == 1


def test_the_kernel_file_stands_beside_the_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = "class OlderPhoto(OldPhoto):\n    'Age an image more.'\n"
    (tmp_path / "tones.py").write_text(
        f"from imgcuda import Filter\n\nclass OldPhoto(Filter):\n    'Age an image.'\n\n{older}"
    )
    (tmp_path / "old_photo.cu").write_text("// old photo\n")
    spec = importlib.util.spec_from_file_location("tones", tmp_path / "tones.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "tones", module)
    spec.loader.exec_module(module)
    assert module.OldPhoto.source().text == "// old photo\n"
    assert module.OlderPhoto.source().text == "// old photo\n"  # it has none of its own
    (tmp_path / "old_photo.cu").unlink()
    module.OldPhoto.source.cache_clear()
    with pytest.raises(FilterError, match=r"there is no kernel file .*old_photo\.cu"):
        module.OldPhoto.source()


# To a type checker


def test_mypy_catches_a_wrong_type_and_an_unknown_name(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed: pip install 'imgcuda[dev]'")
    (tmp_path / "use.py").write_text(
        dedent("""\
            from typing import Literal
            from imgcuda import Filter, param

            class Cut(Filter):
                '''Cut at a level.'''
                level: float = param(default=0.5, help="where")
                side: Literal["above", "below"] = param(help="what goes")

            Cut(level=1, side="above")
            Cut(level="high", side="above")
            Cut(levle=0.5, side="above")
            Cut(side="left")
            Cut(level=0.5)
            Cut(0.5)
            Cut(side="above").level = 3
            """)
    )
    root = Path(__file__).parents[1]
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        f"--cache-dir={tmp_path / 'cache'}",
        "--follow-imports=silent",
        "use.py",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path, env={"MYPYPATH": str(root), "PATH": ""}
    )
    wrong = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    assert wrong == {10, 11, 12, 13, 14, 15}, done.stdout + done.stderr


def test_a_border_is_one_of_five_words() -> None:
    assert Border.__args__ == ("reflect", "mirror", "nearest", "wrap", "constant")  # type: ignore[attr-defined]

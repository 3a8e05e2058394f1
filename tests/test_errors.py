"""Errors: one tree, and mistakes in a source shown with the author's line."""

from __future__ import annotations

import pytest

import imgcuda
from imgcuda import errors
from imgcuda.errors import KernelError, Mistake, PortabilityError, did_you_mean


def test_every_error_is_an_imgcuda_error_and_public() -> None:
    tree = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(tree) == 11
    for kind in tree:
        assert issubclass(kind, imgcuda.ImgcudaError)
        assert getattr(imgcuda, kind.__name__) is kind
        assert kind.__name__ in (errors.__doc__ or "")


def test_a_mistake_is_shown_with_its_line_and_a_caret() -> None:
    mistake = Mistake("expected ';'", "edges.cu", 12, 9, "    int x = 1", "write one")
    assert str(mistake) == "edges.cu:12:9: expected ';'; write one\n        int x = 1\n            ^"


def test_a_tab_stays_a_tab_above_the_caret() -> None:
    shown = str(Mistake("no", "a.cu", 1, 4, "\t x = 1;")).splitlines()
    assert shown[1:] == ["    \t x = 1;", "    \t  ^"]


def test_a_mistake_without_a_column_has_no_caret() -> None:
    assert str(Mistake("no", "a.cu", 3, text="x = 1;")) == "a.cu:3: no\n    x = 1;"


def test_a_mistake_without_a_place_is_its_message_and_file() -> None:
    assert str(Mistake("no kernel here", "a.cu")) == "a.cu: no kernel here"


def test_a_kernel_error_lists_all_mistakes() -> None:
    first, second = Mistake("one", "a.cu", 1), Mistake("two", "a.cu", 2)
    error = KernelError([first, second])
    assert str(error) == "a.cu:1: one\na.cu:2: two"
    assert error.mistakes == (first, second)


def test_a_kernel_error_may_be_one_mistake_or_plain_words() -> None:
    assert KernelError(Mistake("one", "a.cu", 1)).mistakes == (Mistake("one", "a.cu", 1),)
    assert str(KernelError("the compiler said nothing")) == "the compiler said nothing"
    assert KernelError("the compiler said nothing").mistakes == ()


def test_what_the_cpu_cannot_run_is_a_kernel_error() -> None:
    with pytest.raises(KernelError, match=r"a\.cu: 'template' is C"):
        raise PortabilityError(Mistake("'template' is C++", "a.cu"))


@pytest.mark.parametrize(
    ("word", "hint"),
    [("blurr", "; did you mean 'blur'?"), ("edge", "; did you mean 'edges'?"), ("sepia", ""), ("", "")],
)
def test_a_near_miss_is_named(word: str, hint: str) -> None:
    assert did_you_mean(word, ["blur", "edges"]) == hint


def test_a_near_miss_is_found_among_thousands_of_names() -> None:
    names = [f"{letter}{number}" for letter in "pqrs" for number in range(1000)]
    assert did_you_mean("blurr", [*names, "blur"]) == "; did you mean 'blur'?"
    assert did_you_mean("zoom", names) == ""

"""Chains of every filter, written as text and as TOML, are read as they were, to the last bit."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from imgcuda import Color, Filter, Matrix, ParameterError, Picture, Pipeline, Size
from imgcuda.parameter_types import LONGEST_SIDE
from imgcuda.parameters import FLOAT32_MAX, INT32_MAX, INT32_MIN, Parameter
from support.installed import installed

REGISTRY = installed()
FILES = ["a.png", "a,b | c.png", "it's [1,2].png", '"x\'y".png', r"back\slash\,.png", "[0].png", "@ü.png", " .png"]
"""Names that mean something to a shell, to the text of a chain, or to TOML."""


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The current folder, with a picture and tables under each of the names."""
    folder, before = tmp_path_factory.mktemp("files"), Path.cwd()
    os.chdir(folder)
    for number, name in enumerate(FILES):
        PIL.Image.new("RGB", (2, 1 + number)).save(folder / name)
        table = "\n".join(f"{level / (9 + number)} 0.5 1" for level in range(2))
        folder.joinpath(name).with_suffix(".cube").write_text(f"LUT_1D_SIZE 2\n{table}\n", "utf-8")
        np.save(folder.joinpath(name).with_suffix(".npy"), np.zeros((1 + number, 2, 2), np.float32))
    yield folder
    os.chdir(before)


def values(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Return valid values of a parameter."""
    if parameter.choices:
        return st.sampled_from(parameter.choices)
    low, high = parameter.ge, parameter.le
    if parameter.type is float:
        least, most = (-FLOAT32_MAX if low is None else low), (FLOAT32_MAX if high is None else high)
        return st.floats(least, most) | st.sampled_from([each for each in (least, most, -0.0) if least <= each <= most])
    if parameter.type is int:
        return st.integers(INT32_MIN if low is None else int(low), INT32_MAX if high is None else int(high))
    if parameter.type is bool:
        return st.booleans()
    if parameter.type is Color:
        return st.builds(Color, *[st.floats(0, 1)] * 3) | st.sampled_from([Color.of("red"), Color.of("transparent")])
    if parameter.type is Size:
        return st.builds(Size, st.integers(1, LONGEST_SIDE), st.integers(1, LONGEST_SIDE))
    if parameter.type is Matrix:
        return matrices()
    if not getattr(parameter.type, "reads_files", False) or issubclass(parameter.type, Matrix):
        return (
            st.just(parameter.type.example())
            if parameter.required
            else st.sampled_from([parameter.type.example(), parameter.default])
        )
    return st.sampled_from(FILES).map(lambda name: named(parameter, name))


def named(parameter: Parameter, name: str) -> str:
    suffix = ".npy" if ".npy" in parameter.type.words else ".cube"
    return name if parameter.type is Picture else str(Path(name).with_suffix(suffix))


def matrices() -> st.SearchStrategy[Matrix]:
    numbers = st.floats(-1e30, 1e30) | st.integers(-9, 9).map(float)
    sides = st.tuples(st.sampled_from([1, 3, 5]), st.sampled_from([1, 3]))
    return sides.flatmap(
        lambda shape: st.lists(
            st.lists(numbers, min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0]
        ).map(Matrix.of)
    )


@st.composite
def filters(draw: st.DrawFn, name: str) -> Filter:
    """A filter with any values; values that do not go together are passed over."""
    given = {
        each.name: draw(values(each)) for each in REGISTRY[name].parameters() if each.required or draw(st.booleans())
    }
    try:
        return REGISTRY.create(name, given)
    except ParameterError:
        assume(False)
        raise


def assert_same(made: Pipeline, expected: Pipeline) -> None:
    assert made == expected
    assert hash(made) == hash(expected)
    assert repr(made) == repr(expected)  # which tells -0.0 from 0.0


def assert_read_as_written(name: str, data: st.DataObject) -> None:
    """Assert that a chain of two of a filter stays what it is as text, as TOML and pickled."""
    pipeline = Pipeline([data.draw(filters(name)), data.draw(filters(name))])
    assert_same(Pipeline.from_text(str(pipeline)), pipeline)
    assert_same(Pipeline.from_toml(pipeline.to_toml()), pipeline)
    assert_same(pickle.loads(pickle.dumps(pipeline)), pipeline)


UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


@pytest.mark.parametrize("name", list(REGISTRY))
@settings(UNHURRIED, max_examples=6)
@given(data=st.data())
def test_every_filter_is_read_as_it_was_written(name: str, data: st.DataObject) -> None:
    assert_read_as_written(name, data)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", list(REGISTRY))
@settings(UNHURRIED, max_examples=30)
@given(data=st.data())
def test_every_filter_is_read_as_it_was_written_with_many_values(name: str, data: st.DataObject) -> None:
    assert_read_as_written(name, data)


@pytest.mark.parametrize("name", list(REGISTRY))
def test_a_filter_that_changes_nothing_is_written_by_its_name(name: str) -> None:
    if any(parameter.required for parameter in REGISTRY[name].parameters()):
        pytest.skip("it has no filter of defaults only")
    assert str(Pipeline([REGISTRY.create(name, {})])) == name


@pytest.mark.parametrize("word", sorted(REGISTRY.aliases))
def test_an_alias_is_written_as_the_filter_that_it_stands_for(word: str) -> None:
    given = {p.name: p.type.example() for p in REGISTRY[word].parameters() if p.required and not p.plain}
    made = REGISTRY.create(word, given)
    try:
        text = str(Pipeline([made]))
    except ParameterError as error:
        assert given, error  # an example of a picture is an array
        return
    assert Pipeline.from_text(text) == Pipeline([made])


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("blur:sigma=3.0", "blur:sigma=3"),
        ("  blur:sigma=0.1|edges  ", "blur:sigma=0.1 | edges"),
        ("convolve:kernel=[[1e-5, 0,-0.0]]", "convolve:kernel=[[1e-05,0,-0.0]]"),
        ("sobel:scale=2", "edges:scale=2"),
        ("composite:image='a,b | c.png',x=-3", "composite:image='a,b | c.png',x=-3"),
        (r"composite:image=a\,b \| c.png | flip", "composite:image='a,b | c.png' | flip"),
        ("", ""),
    ],
)
def test_a_pipeline_is_written_as_it_is_typed(given: str, text: str) -> None:
    assert str(Pipeline.from_text(given)) == text


def test_what_was_given_as_an_array_has_no_text() -> None:
    pixels = np.zeros((2, 3), np.uint8)
    said = "cannot be written as text: it was given as an array; give the name of a file"
    for name, value in (("composite", {"image": pixels}), ("lut-cube", {"lut": np.zeros((2, 3))})):
        pipeline = Pipeline([REGISTRY.create(name, value)])
        assert name.partition("-")[0] in repr(pipeline).lower()
        for write in (pipeline.__str__, pipeline.to_toml):
            with pytest.raises(ParameterError) as caught:
                write()
            assert str(caught.value) == f"{name}: {next(iter(value))} {said}"


def test_a_name_that_is_not_unicode_is_written_as_text_only() -> None:
    name = os.fsdecode(b"\xff.png")
    PIL.Image.new("L", (3, 3)).save(name)
    pipeline = Pipeline([REGISTRY.create("composite", {"image": name})])
    assert Pipeline.from_text(str(pipeline)) == pipeline
    with pytest.raises(ParameterError, match=r"^composite: .* cannot be written in a recipe: it is not Unicode"):
        pipeline.to_toml()


def test_pictures_with_the_same_pixels_are_equal() -> None:
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    one, other, third = Picture.of(pixels), Picture.of(pixels.copy()), Picture.of(pixels.T)
    assert one == other and hash(one) == hash(other)
    assert one != third and one != "a.png"


def test_zero_and_minus_zero_are_told_apart() -> None:
    pipeline = Pipeline.from_text("rotate:angle=-0.0 | convolve:kernel=[[-0.0]]")
    assert str(pipeline) == "rotate:angle=-0 | convolve:kernel=[[-0.0]]"
    assert "angle=-0.0" in repr(pipeline)
    assert_same(Pipeline.from_toml(pipeline.to_toml()), pipeline)

"""Parameters as text: the numbers and files that are read, and the errors for all others."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

import imgcuda
from imgcuda import Filter, FilterError, Matrix, ParameterError, Picture, Table, param
from imgcuda.errors import shown
from imgcuda.parameter_text import LARGEST_TEXT, read_file, read_lines, read_number
from imgcuda.recipes.parameter_values import read_value
from support.installed import installed


class Numbers(Filter):
    """Take one of each."""

    size: float = param(default=1.0, help="any float")
    count: int = param(default=1, help="any int")
    seed: int = param(default=1, ge=0, le=2**40, help="one that says it is large")


@pytest.mark.parametrize(
    ("text", "number"), [("1", 1), ("-1.5e3", -1500), (".5", 0.5), ("1_0", None), ("\u0661", None), ("\uff11", None)]
)
def test_a_number_has_ascii_digits_only(text: str, number: float | None) -> None:
    size, count, _ = Numbers.parameters()
    if number is not None:
        assert read_number(text) == read_value(size, text) == number
        return
    with pytest.raises(ValueError, match="is not a number"):
        read_number(text)
    for parameter, words in ((size, "a number"), (count, "a whole number")):
        with pytest.raises(ParameterError, match=f"must be {words}; got '{text}'"):
            read_value(parameter, text)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("size", float("nan"), "size must be a finite number; got nan"),
        ("size", np.float64("inf"), "size must be a finite number; got inf"),
        ("size", 3.5e38, "size must be a number that float32 holds, up to 3.4e38; got 3.5e+38"),
        ("size", np.longdouble("1e400"), "size must be a finite number; got 1e+400"),
        ("size", 10**400, f"size must be a number that float32 holds, up to 3.4e38; got 1{'0' * 56}..."),
        ("size", 10**5000, "size must be a number that float32 holds, up to 3.4e38; got a int"),
        ("size", 1j, "size must be a number; got 1j"),
        ("size", True, "size must be a number; got True"),
        ("size", np.True_, "size must be a number; got True"),
        ("size", "3", "size must be a number; got '3'"),
        ("count", 2**31, "count must be a whole number from -2147483648 to 2147483647, of 32 bits; got 2147483648"),
        ("count", np.int64(-(2**31) - 1), "count must be a whole number from -2147483648 to 2147483647, of 32 bits; "),
        ("count", 10**5000, "count must be a whole number from -2147483648 to 2147483647, of 32 bits; got a int"),
        ("count", True, "count must be a whole number; got True"),
        ("count", 1.0, "count must be a whole number; got 1.0"),
        ("seed", 2**40 + 1, "seed must be from 0 to 1099511627776; got 1099511627777"),
    ],
    ids=lambda value: shown(value, 20),
)
def test_a_number_is_one_that_a_kernel_can_have(name: str, value: Any, said: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Numbers(**{name: value})
    assert str(caught.value).startswith(said)


def test_numbers_of_numpy_and_the_largest_are_taken() -> None:
    largest = float(np.finfo(np.float32).max)
    for value in (np.float32(largest), largest, np.uint64(2**63), np.float16(0.5)):
        assert Numbers(size=value).size == float(value)  # type: ignore[arg-type]
    assert Numbers(count=np.uint8(3), seed=2**40) == Numbers(count=3, seed=2**40)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [Matrix.of, Table.of])
@pytest.mark.parametrize(
    "value",
    [
        [[1e39]],
        "[[1e400]]",
        "[[NaN]]",
        f"[[1{'0' * 400}]]",
        f"[[1{'0' * 5000}]]",
        "[" * 100_000,
        [[10**400]],
        [[1j]],
        np.array([[1 + 0j]]),
        [[True]],
        [["1"]],
        np.array([["1"]]),
        np.array([["2020-01-01"]], "datetime64[D]"),
        [[None]],
        [[np.inf]],
        {},
    ],
    ids=lambda value: shown(value, 20) if not callable(value) else value.__qualname__,
)
def test_a_matrix_and_a_table_have_numbers_that_a_kernel_can_have(make: Any, value: object) -> None:
    with pytest.raises(ValueError, match=r"^got .*") as caught:
        make(value)
    assert len(str(caught.value)) < 200


def test_whole_numbers_beyond_64_bits_and_very_small_ones_are_taken() -> None:
    assert Matrix.of([[10**30, 1e-50]]).rows == ((1e30, 1e-50),)


@pytest.mark.parametrize("weight", [1e-46, 1e-30, 3e38, 5e-324])
def test_a_normalized_kernel_may_be_of_any_size(weight: float) -> None:
    image = np.array([[0.25, 0.5, 1.0]], np.float32)
    made = imgcuda.apply(image, "convolve", kernel=[[weight] * 3], normalize=True, device="cpu")
    np.testing.assert_allclose(made, [[1 / 3, 1.75 / 3, 2.5 / 3]], rtol=1e-6)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_file_may_have_a_byte_order_mark(encoding: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / "k.txt"
    path.write_bytes("0 -1 0\n-1,5,-1 # the middle \u2028\n0 -1 0\n".replace("\n", ending).encode(encoding))
    assert Matrix.of(path) == Matrix.example()
    assert read_lines(path)[0] == "0 -1 0"


@pytest.mark.parametrize("text", ["1 x", "1 1_0", "\u0661", "1 nan\x1b"])
def test_a_line_that_is_no_numbers_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "k.txt"
    path.write_text(f"# weights\n{text}\n", "utf-8")
    with pytest.raises(
        ValueError, match=r"^line 2 of '.*k\.txt' is not a row of numbers: '.*' is not a number$|^line 2 of"
    ) as caught:
        Matrix.of(path)
    assert str(caught.value).isprintable()


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    fifo, bound = tmp_path / "fifo", tmp_path / "socket"
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(bound))
    kinds = {
        fifo: "a pipe; write what comes out of it to a file first",
        bound: "a socket",
        Path("/dev/zero"): "a device",
        tmp_path: "a directory",
    }
    for path, said in kinds.items():
        for name, parameter in (("convolve", "kernel"), ("lut-cube", "lut"), ("composite", "image")):
            with pytest.raises(ParameterError, match=f"the file '{path}' cannot be read: it is {said}$"):
                installed().create(name, {parameter: str(path)})


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "zeros.txt"
    with path.open("wb") as file:
        file.truncate(LARGEST_TEXT + 1)  # takes no room on the disk
    with pytest.raises(ParameterError, match=r"zeros\.txt' cannot be read: it has more than 67,108,864 bytes$"):
        installed().create("convolve", {"kernel": path})
    assert read_file(path, LARGEST_TEXT + 1)[:3] == b"\0\0\0"


@pytest.mark.parametrize("name", ["a\0b", "", "x" * 5000, "a\x1b[31m"])
def test_a_name_that_no_file_has_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(ValueError, match=r"^(there can be no file|the file) '") as caught:
        read_file(name, 10)
    assert str(caught.value).isprintable()


def test_a_second_picture_is_named_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "frame.png"
    path.write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"frame\.png cannot be read: it is not a picture"):
        Picture.of(path)
    PIL.Image.new("L", (30, 20)).save(path)
    with (
        imgcuda.parameter_types.picture_limit(599),
        pytest.raises(ValueError, match=r"frame\.png cannot be read: it has 600 pixels"),
    ):
        Picture.of(path)
    assert Picture.of(path).pixels.shape == (20, 30, 1)


def test_whatever_a_type_of_a_plugin_raises_is_a_sentence() -> None:
    class Broken:
        words = "a word"

        @classmethod
        def of(cls, value: object) -> Any:
            raise KeyError(value)

        @classmethod
        def example(cls) -> Any:
            return cls()

    class Say(Filter):
        """Say a word."""

        word: Broken = param(help="which")

        __annotations__ = {"word": Broken}

    with pytest.raises(
        FilterError, match=r"the parameter word cannot be read: Broken\.of\('x'\) failed: KeyError: 'x'"
    ):
        Say(word="x")  # type: ignore[arg-type]


def test_a_picture_of_no_numbers_is_black_over_whole_ones(recwarn: pytest.WarningsRecorder) -> None:
    other = np.array([[np.nan, np.inf, -np.inf, 0.5, 3e38]], np.float32)
    for dtype, top in ((np.uint8, 255), (np.uint16, 65535)):
        made = imgcuda.apply(np.full((1, 5), 9, dtype), "composite", image=other, device="cpu")
        assert made.tolist() == [[0, top, 0, top // 2 + 1 if top % 4 else top // 2, top]]
    assert not recwarn.list

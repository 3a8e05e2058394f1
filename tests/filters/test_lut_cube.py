"""LUTs: against numbers done by hand, against tetrahedral interpolation in float64, and by what holds for any table.

The reference sorts the three ways and goes along them, where the kernel compares them. SciPy and Pillow interpolate
trilinearly, so they agree as far as a table is even between its colors.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest
from PIL import ImageFilter
from scipy.interpolate import RegularGridInterpolator

import imgcuda
from imgcuda.recipes.chain_text import example, parse_step
from imgcuda.testing import assert_close, checked
from imgcuda_plugins.color.lut_cube import CubeLut
from support.installed import installed

Image = npt.NDArray[Any]
Make = Callable[..., Image]

SAMPLE = Path(__file__).parents[2] / "sample_images" / "warm.cube"
SMALL = "LUT_3D_SIZE 2\n" + "\n".join(f"{r} {g} {b}" for b in (0, 1) for g in (0, 1) for r in (0, 1)) + "\n"
"""The smallest table, which changes nothing."""


def tolerance(dtype: str, size: int) -> float:
    """Return how far a result may be off: half a level, since references are not rounded, and what a float loses.

    A color is a float, 6e-8 off, and from one of the table to the next, random ones, a result goes from 0 to 1.
    """
    lost = 1e-7 * size
    return lost if dtype == "float32" else 0.5 + lost * np.iinfo(dtype).max


def look_up(image: Image, device: str, lut: object, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "lut-cube", device=device, lut=lut, **parameters))


def table(size: int, look: Callable[[Image], Image] = lambda colors: colors) -> Image:
    """Return the table of a look, [red, green, blue]."""
    return look(np.moveaxis(np.mgrid[:size, :size, :size] / (size - 1), 0, -1))


def warm(colors: Image) -> Image:
    return np.asarray(colors ** [0.8, 1.0, 1.3] * [1, 0.95, 0.85])


def tetrahedral(colors: Image) -> Callable[[Image], Image]:
    """Return what a table makes of colors: from a corner along the axes, those first on which it is further on."""

    def found(given: Image) -> Image:
        at = np.clip(given, 0, 1) * (len(colors) - 1)
        corner = np.minimum(at.astype(int), len(colors) - 2)
        ways = at - corner
        order = np.argsort(-ways, axis=-1)
        ways = np.take_along_axis(ways, order, -1)
        made = np.zeros(given.shape)
        for number, weight in enumerate(-np.diff(ways, axis=-1, prepend=1, append=0).transpose(2, 0, 1)):
            made += weight[..., None] * colors[tuple(np.moveaxis(corner, -1, 0))]
            if number < 3:
                axis = order[..., number : number + 1]
                np.put_along_axis(corner, axis, np.take_along_axis(corner, axis, -1) + 1, -1)
        return made

    return found


# By hand


@pytest.mark.parametrize(
    ("color", "corners"),
    [
        ((0.75, 0.5, 0.25), [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1)]),
        ((0.75, 0.25, 0.5), [(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1)]),
        ((0.5, 0.75, 0.25), [(0, 0, 0), (0, 1, 0), (1, 1, 0), (1, 1, 1)]),
        ((0.25, 0.75, 0.5), [(0, 0, 0), (0, 1, 0), (0, 1, 1), (1, 1, 1)]),
        ((0.5, 0.25, 0.75), [(0, 0, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1)]),
        ((0.25, 0.5, 0.75), [(0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1)]),
    ],
)
def test_a_color_is_mixed_of_the_corners_of_its_tetrahedron(device: str, color: Any, corners: Any) -> None:
    # Each of the four counts a quarter.
    colors = np.zeros((2, 2, 2, 3))
    for red, green, blue in np.ndindex(2, 2, 2):
        colors[red, green, blue] = (4**red, 16**green, 64**blue)
    expected = sum(colors[corner] for corner in corners) / 4
    assert look_up(np.array([[color]], np.float32), device, colors)[0, 0].tolist() == expected.tolist()


def test_a_file_is_a_table_in_which_red_goes_fastest(device: str, tmp_path: Path) -> None:
    path = tmp_path / "look.cube"
    rows = [f"{0.1 * r:.1f} {0.1 * g:.1f} {0.1 * b:.1f}" for b in (1, 2) for g in (3, 4) for r in (5, 6)]
    path.write_text("LUT_3D_SIZE 2\n" + "\n".join(rows), "utf-8")
    image = np.array([[[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]], np.float32)
    expected = [[[0.5, 0.3, 0.1], [0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.5, 0.3, 0.2]]]
    assert_close(look_up(image, device, path), expected, 1e-7)


def test_a_table_of_one_dimension_has_a_curve_for_each_color(device: str, tmp_path: Path) -> None:
    path = tmp_path / "curves.cube"
    path.write_text("LUT_1D_SIZE 3\n0 1 0\n1 0.5 0\n1 0 0.5\n", "utf-8")
    image = np.array([[[0.25, 0.25, 0.25], [0.5, 0.5, 0.5], [0.75, 0.75, 0.75]]], np.float32)
    for curves in (path, [[0, 1, 0], [1, 0.5, 0], [1, 0, 0.5]]):
        assert look_up(image, device, curves).tolist() == [[[0.5, 0.75, 0], [1, 0.5, 0], [1, 0.25, 0.25]]]


def test_a_table_may_begin_and_end_elsewhere(device: str, tmp_path: Path) -> None:
    image = np.array([[[0.5, 1, 5], [-9, 9, 2]]], np.float32)
    for text, expected in (
        ("DOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 2 10\n", [[[0.5, 0.5, 0.5], [0, 1, 0.2]]]),
        ("LUT_3D_INPUT_RANGE -1 3\n", [[[0.375, 0.5, 1], [0, 1, 0.75]]]),
    ):
        path = tmp_path / "domain.cube"
        path.write_text(text + SMALL, "utf-8")
        assert_close(look_up(image, device, path), expected, 1e-7)


def test_strength_is_how_far_a_color_goes(device: str) -> None:
    image = np.array([[[0, 100, 255]]], np.uint8)
    turned = table(2, lambda colors: 1 - colors)
    for strength, expected in ((0, [0, 100, 255]), (0.2, [51, 111, 204]), (1, [255, 155, 0])):
        assert look_up(image, device, turned, strength=strength)[0, 0].tolist() == expected


def test_gray_becomes_three_colors_and_alpha_stays(device: str) -> None:
    red = table(2, lambda colors: colors * [1, 0.5, 0])
    assert look_up(np.array([[100]], np.uint8), device, red).tolist() == [[[100, 50, 0]]]
    assert look_up(np.array([[[100, 7]]], np.uint8), device, red).tolist() == [[[100, 50, 0, 7]]]
    assert look_up(np.array([[[100, 10, 1, 7]]], np.uint8), device, red).tolist() == [[[100, 5, 0, 7]]]


def test_it_is_typed_with_the_name_of_a_file(device: str, random_image: Make) -> None:
    typed = parse_step(installed(), f"lut3d:lut={SAMPLE},strength=0.5")
    image = random_image((17, 31, 3))
    assert_close(typed(image, device=device), look_up(image, device, SAMPLE, strength=0.5))
    assert example(type(typed)) == "lut-cube:lut=warm.cube,strength=1"


# Against float64, SciPy and Pillow


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("size", [2, 5, 17, 64])
def test_any_table_is_interpolated_as_in_float64(
    device: str, size: int, dtype: str, random_image: Make, point_reference: Make
) -> None:
    colors = np.random.default_rng(size).random((size, size, size, 3))
    for shape in ((1, 1, 3), (37, 53, 3), (33, 65, 4)):
        image = random_image(shape, dtype)
        result = look_up(image, device, colors)
        assert result.dtype == dtype
        assert_close(result, point_reference(image, tetrahedral(colors)), tolerance(dtype, size))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_any_curves_are_interpolated_as_in_numpy(
    device: str, dtype: str, random_image: Make, point_reference: Make
) -> None:
    curves, steps = np.random.default_rng(1).random((1000, 3)), np.linspace(0, 1, 1000)

    def formula(colors: Image) -> Image:
        return np.stack([np.interp(colors[..., c], steps, curves[:, c]) for c in range(3)], axis=-1)

    image = random_image((61, 230, 3), dtype)
    assert_close(look_up(image, device, curves), point_reference(image, formula), tolerance(dtype, 1000))


def test_scipy_agrees_where_the_table_is_even(device: str, random_image: Make) -> None:
    # SciPy's interpolation is trilinear. Within a cube of the table there is no difference where each color is changed
    # by itself, or everything in proportion; the example bends by 3.5e-3 of the range.
    looks = {
        1e-6: table(33, lambda colors: colors @ [[0.5, 0.2, 0], [0.3, 0.5, 0.1], [0, 0.1, 0.7]]),
        2e-6: table(33, warm),
        4e-3: CubeLut.example().colors[..., :3].transpose(2, 1, 0, 3),
    }
    image = random_image((61, 230, 3), np.float32)
    for bound, colors in looks.items():
        linear = RegularGridInterpolator((np.linspace(0, 1, len(colors)),) * 3, colors)
        assert_close(look_up(image, device, colors), linear(image.reshape(-1, 3)).reshape(image.shape), bound)


def test_pillow_agrees_to_a_level(device: str, picture: Image) -> None:
    colors = table(17, warm)
    theirs = ImageFilter.Color3DLUT(17, colors.transpose(2, 1, 0, 3).ravel().tolist())
    expected = np.asarray(PIL.Image.fromarray(picture).filter(theirs))
    assert_close(look_up(picture, device, colors), expected, 1)


# What holds for any table


@pytest.mark.parametrize("size", [2, 17, 33, 65])
def test_a_table_of_the_colors_themselves_changes_no_byte(
    device: str, size: int, random_image: Make, every_level: Make
) -> None:
    for image in (random_image((61, 230, 3)), random_image((61, 230, 3), np.uint16)):
        assert_close(look_up(image, device, table(size)), image)
    for dtype in ("uint8", "uint16"):
        gray = every_level(dtype)
        assert_close(look_up(gray, device, table(size)), np.stack([gray] * 3, axis=-1))
    floats = random_image((61, 230, 3), np.float32)
    assert_close(look_up(floats, device, table(size)), floats, 1e-7)


def test_what_is_beyond_the_table_is_as_at_its_edge(device: str) -> None:
    image = np.array([[[-3, 0.5, 7], [np.inf, -np.inf, 0.25]]], np.float32)
    edge = np.array([[[0, 0.5, 1], [1, 0, 0.25]]], np.float32)
    assert_close(look_up(image, device, table(9, warm)), look_up(edge, device, table(9, warm)))


def test_a_result_beyond_the_range_is_clipped_but_for_floats(device: str) -> None:
    strong = table(2, lambda colors: 3 * colors - 1)
    assert look_up(np.array([[0, 85, 255]], np.uint8), device, strong)[0, :, 0].tolist() == [0, 0, 255]
    assert look_up(np.array([[0, 1]], np.float32), device, strong)[0, :, 0].tolist() == [-1, 2]


def test_the_kernels_do_nothing_that_they_may_not(random_image: Make) -> None:
    image = random_image((17, 31, 3), np.float32)
    image[0, :4] = [[0, 0, 0], [1, 1, 1], [-1, 2, 0.5], [1, 0, 1]]
    for lut in (table(5), np.eye(3)):
        with checked():
            look_up(image, "cpu", lut)


# Files


def test_the_sample_is_the_example() -> None:
    sample = CubeLut.of(SAMPLE)
    assert_close(sample.colors, CubeLut.example().colors, 1e-6)
    assert (sample.name, sample.low, sample.high) == ("warm.cube", (0, 0, 0), (1, 1, 1))


@pytest.mark.parametrize(
    "text",
    [
        SMALL,
        f'# by hand\n\nTITLE "a # in it"\n{SMALL}',
        SMALL.replace("\n", "\r\n"),
        SMALL.replace("\n", "\r"),
        f'TITLE "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g"\n{SMALL}',
        "\ufeff" + SMALL,
        SMALL.replace("1 1 0", " 1\t1 0.0e0  # yellow\n\n# and on"),
        f"DOMAIN_MAX 1 1 1\n{SMALL}",
    ],
    ids=["plain", "comments", "Windows", "old Macintosh", "line separators", "byte order mark", "blanks", "order"],
)
def test_what_a_file_may_have_beside_its_table(text: str, tmp_path: Path) -> None:
    path = tmp_path / "look.cube"
    path.write_text(text, "utf-8", newline="")
    assert CubeLut.of(path).colors[..., :3].ravel().tolist() == table(2).transpose(2, 1, 0, 3).ravel().tolist()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "which has no LUT_1D_SIZE or LUT_3D_SIZE before its table"),
        ("0 0 0\n" + SMALL, "which has no LUT_1D_SIZE or LUT_3D_SIZE before its table"),
        ("LUT_1D_SIZE 2\n" + SMALL, "which has LUT_1D_SIZE and LUT_3D_SIZE before its table"),
        ("LUT_3D_SIZE 1\n", "line 1: LUT_3D_SIZE must be a whole number from 2 to 256; got 1"),
        ("\nLUT_3D_SIZE 257\n", "line 2: LUT_3D_SIZE must be a whole number from 2 to 256; got 257"),
        ("LUT_3D_SIZE 2.5\n", "line 1: LUT_3D_SIZE must be a whole number from 2 to 256; got 2.5"),
        ("LUT_1D_SIZE 65537\n", "line 1: LUT_1D_SIZE must be a whole number from 2 to 65536; got 65537"),
        ("LUT_3D_SIZE two\n", "line 1: LUT_3D_SIZE takes 1 number; got 'two'"),
        ("DOMAIN_MIN 0 0\n" + SMALL, "line 1: DOMAIN_MIN takes 3 numbers; got '0 0'"),
        (SMALL.replace("\n", "\nLUT_3D_SIZE 2\n", 1), "line 2: LUT_3D_SIZE is there twice"),
        ("LUT_SIZE 2\n", "line 1: there is no keyword 'LUT_SIZE'; there are TITLE, LUT_1D_SIZE, LUT_3D_SIZE, "),
        ("DOMAIN_MIN 0 1 0\n" + SMALL, "whose table would begin at [0.0, 1.0, 0.0] and end at [1.0, 1.0, 1.0]"),
        (SMALL + "0 0 0\n", "which has 9 colors, where LUT_3D_SIZE 2 means 8"),
        ("LUT_3D_SIZE 2\n", "which has 0 colors, where LUT_3D_SIZE 2 means 8"),
        (SMALL.replace("1 1 0", "1 1 o"), "line 5: a color has 3 numbers, and is not '1 1 o'"),
        (SMALL.replace("1 1 0", "1 1"), "line 5: a color has 3 numbers, and is not '1 1'"),
        (SMALL.replace("1 1 0", "1 nan 0"), "line 5: a color has 3 numbers, and is not '1 nan 0'"),
        (SMALL + "DOMAIN_MAX 1 1 1\n", "line 10: a color has 3 numbers, and is not 'DOMAIN_MAX 1 1 1'"),
        ("LUT_1D_SIZE 2\n" + 2 * "1 1\n", "line 2: a color has 3 numbers, and is not '1 1'"),
        (SMALL.replace("1 1 0", "1_0 1 0"), "line 5: a color has 3 numbers, and is not '1_0 1 0'"),
        (SMALL.replace("1 1 0", "\u0661 1 0"), "line 5: a color has 3 numbers, and is not '\u0661 1 0'"),
        (SMALL.replace("1 1 0", "1e39 1 0"), "line 5: a color has 3 numbers, and is not '1e39 1 0'"),
        ("\x1b[31m 1\n" + SMALL, r"line 1: there is no keyword '\x1b[31m'; there are TITLE"),
        ("DOMAIN_MAX 1 1 1e-300\n" + SMALL, "whose table would begin at [0.0, 0.0, 0.0] and end at [1.0, 1.0, 1e-300]"),
    ],
)
def test_what_is_wrong_in_a_file_is_reported_with_its_line(text: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "look.cube"
    path.write_text(text, "utf-8")
    with pytest.raises(imgcuda.ParameterError) as caught:
        installed().create("lut-cube", {"lut": path})
    assert str(caught.value).startswith(f"lut must be {CubeLut.words}; got '{path}', {why}")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("no.cube", "the file 'no.cube' cannot be read: No such file or directory"),
        (3, "got 3"),
        (1j * np.zeros((2, 3)), "got [[0.+0.j 0.+0.j 0.+0.j] [0.+0.j 0.+0.j 0.+0.j]]"),
        (
            np.full((2, 3), 1e39),
            "got [[1.e+39 1.e+39 1.e+39] [1.e+39 1.e+39 1.e+39]], which has a number beyond float32",
        ),
        (np.zeros((2, 2, 3, 3)), "got an array of shape (2, 2, 3, 3)"),
        (np.zeros((5, 4)), "got an array of shape (5, 4)"),
        (np.zeros((1, 1, 1, 3)), "got an array of shape (1, 1, 1, 3)"),
        (np.full((2, 2, 2, 3), np.nan), "got [[[[nan nan nan] [nan nan nan]] [[nan nan nan] [nan nan n..., which has"),
        ([["a"]], "got [['a']]"),
    ],
    ids=["file", "number", "complex", "float32", "sides", "channels", "size", "finite", "words"],
)
def test_what_is_no_table_is_refused(value: object, why: str) -> None:
    with pytest.raises(imgcuda.ParameterError) as caught:
        installed().create("lut-cube", {"lut": value})
    assert str(caught.value).startswith(f"lut must be {CubeLut.words}; {why}")


# Hald CLUTs


def hald(level: int, look: Callable[[Image], Image] = lambda colors: colors, dtype: str = "uint16") -> Image:
    """Return the picture of a look, red fastest."""
    colors = table(level**2, look).transpose(2, 1, 0, 3).reshape(level**3, level**3, 3)
    return np.asarray(np.rint(colors * np.iinfo(dtype).max).astype(dtype))


def test_a_hald_clut_has_the_look_of_its_colors(device: str, tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (17, 31, 3), np.uint8)
    PIL.Image.fromarray(hald(4, warm, "uint8")).save(tmp_path / "look.png")
    made = imgcuda.apply(image, "hald-clut", device=device, lut=tmp_path / "look.png")
    assert_close(made, look_up(image, device, np.rint(255 * table(16, warm)) / 255))
    assert_close(made, look_up(image, device, table(16, warm)), 1)
    assert_close(look_up(image, device, imgcuda.Picture.of(hald(3))), image)
    assert CubeLut.of(tmp_path / "look.png").to_text() == str(tmp_path / "look.png")


@pytest.mark.parametrize("shape", [(8, 9, 3), (9, 9, 3), (1, 1, 3), (27, 8, 3)], ids=str)
def test_a_picture_that_is_no_hald_clut_is_refused(shape: tuple[int, ...]) -> None:
    words = rf"got a picture of {shape[1]} x {shape[0]} pixels; a Hald CLUT has 8, 27, 64, 125 \.\.\. a side"
    with pytest.raises(imgcuda.ParameterError, match=words):
        installed().create("lut-cube", {"lut": imgcuda.Picture.of(np.zeros(shape, np.uint8))})

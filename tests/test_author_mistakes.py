"""Mistakes in pasted kernels: another order of arguments, wrong types, macros of imgcuda's, other text encodings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgcuda.errors import FilterError, KernelError, LaunchError
from support.pasted_kernels import IMAGE, INVERT, USUAL, kernel, made

# Order


@pytest.mark.parametrize("names", [("out", "in"), ("dst", "src"), ("d_output", "d_input"), ("dest", "image")])
def test_a_result_that_comes_first_is_refused_with_the_order(tmp_path: Path, names: tuple[str, str]) -> None:
    first, second = names
    text = kernel(f"unsigned char *{first}, const unsigned char *{second}, int w, int h", f"{first}[0] = 0;")
    image = IMAGE.copy()
    with pytest.raises(FilterError, match=rf"in this order; write pasted\d+\({second}, {first}, w, h\)"):
        made(tmp_path, text)(image, device="cpu")
    assert (image == IMAGE).all()


@pytest.mark.parametrize("sizes", ["height, int width", "rows, int cols", "numRows, int numCols", "h, int w"])
def test_a_height_that_comes_before_the_width_is_refused(tmp_path: Path, sizes: str) -> None:
    text = kernel(f"const unsigned char *src, unsigned char *dst, int {sizes}", "dst[0] = 0;")
    with pytest.raises(FilterError, match="would be given the width as"):
        made(tmp_path, text)(IMAGE, device="cpu")


def test_columns_and_rows_are_a_width_and_a_height(tmp_path: Path) -> None:
    text = kernel(USUAL.replace("width", "cols").replace("height", "rows"),
                  INVERT.replace("width", "cols").replace("height", "rows"))  # fmt: skip
    assert (made(tmp_path, text)(IMAGE, device="cpu") == 255 - IMAGE).all()


def test_a_file_with_a_variable_that_launches_would_share_is_refused(tmp_path: Path) -> None:
    text = kernel(USUAL, "dst[0] = ++counter;", "__device__ int counter;\n")
    with pytest.raises(
        LaunchError, match=r"the __device__ variable 'counter': the strips .*; pass a pointer to memory"
    ):
        made(tmp_path, text)(IMAGE, device="cpu")


# Vectors


FOUR = "if (x < width && y < height) { @4 c = src[y * width + x]; c.x = c.y; dst[y * width + x] = c; }"


@pytest.mark.parametrize(("name", "dtype"), [("uchar", np.uint8), ("ushort", np.uint16), ("float", np.float32)])
def test_a_vector_is_a_pixel_of_as_many_channels_and_its_type(tmp_path: Path, name: str, dtype: type) -> None:
    image: Any = np.random.default_rng(0).integers(0, 200, (9, 7, 4)).astype(dtype)
    text = kernel(f"const {name}4 *src, {name}4 *dst, int width, int height", FOUR.replace("@", name))
    filter = made(tmp_path, text)
    assert (filter(image, device="cpu") == image[..., [1, 1, 2, 3]]).all()
    for other in (image[..., :3], image.astype(np.uint8 if dtype != np.uint8 else np.float32)):
        with pytest.raises(FilterError, match=rf"argument 'src' is {name}4 \*.*; write pixel \*"):
            filter(np.ascontiguousarray(other), device="cpu")


def test_bytes_expected_where_premultiplied_floats_come_are_reported(tmp_path: Path) -> None:
    text = kernel("const uchar4 *src, uchar4 *dst, int width, int height", FOUR.replace("@", "uchar"))
    with pytest.raises(
        FilterError, match="comes premultiplied, as float32, unless the filter's alpha_mode is 'straight'"
    ):
        made(tmp_path, text, "NeighborhoodFilter")(np.zeros((9, 7, 4), np.uint8), device="cpu")


# Macros


@pytest.mark.parametrize("define", ["BLOCK_WIDTH 32", "CHANNELS 3", "PIXEL_BITS 16", "BORDER 7", "PIXEL_MAX 1"])
def test_a_macro_of_the_cores_is_not_replaced_in_silence(tmp_path: Path, define: str) -> None:
    name, value = define.split()
    with pytest.raises(KernelError, match=rf"\.cu:1.*'{name}' is .* by imgcuda, and {value} here"):
        made(tmp_path, kernel(USUAL, INVERT, f"#define {define}\n"))(IMAGE, device="cpu")


@pytest.mark.parametrize(
    "before",
    ["#define BLOCK_WIDTH 16\n", "#define BLOCK_WIDTH (16)\n", "#ifndef CHANNELS\n#define CHANNELS 3\n#endif\n",
     "#define MINE 1\n#undef MINE\n#define MINE 2\n", "#define MINE 1\n#define MINE 2\n"],
)  # fmt: skip
def test_the_same_value_a_guard_and_macros_of_the_authors_own_are_fine(tmp_path: Path, before: str) -> None:
    assert (made(tmp_path, kernel(USUAL, INVERT, before))(IMAGE, device="cpu") == 255 - IMAGE).all()


# Bytes


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_and_line_ends_of_any_system_are_read(tmp_path: Path, mark: bytes, ends: bytes) -> None:
    text = kernel(USUAL, f"// inverted\n{INVERT}").encode().replace(b"\n", ends)
    assert (made(tmp_path, mark + text)(IMAGE, device="cpu") == 255 - IMAGE).all()
    with pytest.raises(KernelError, match=r"pasted\d+\.cu:5"):
        made(tmp_path, mark + text.replace(b"255 - src", b"255 - scr"))(IMAGE, device="cpu")


def test_comments_and_strings_may_be_in_another_encoding(tmp_path: Path) -> None:
    text = kernel(USUAL, f'// \u6a21\u7cca /* \u6a21 */\nconst char *name = "\u6a21";\n/* \u6a21\u7cca */\n{INVERT}')
    assert (made(tmp_path, text.encode("gbk"))(IMAGE, device="cpu") == 255 - IMAGE).all()


@pytest.mark.parametrize(
    ("data", "words"),
    [("// a\n".encode("utf-16"), "is UTF-16"), (b"int a;\n\xff\xfa", r"\.cu:2: the kernel file is not UTF-8 here"),
     (b"int a;\nint \0b;", r"\.cu:2: the kernel file holds a NUL byte")],
)  # fmt: skip
def test_what_is_no_utf_8_text_is_refused_in_one_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(FilterError, match=f"{words}.*save it as UTF-8"):
        made(tmp_path, data)(IMAGE, device="cpu")

"""The table "Found, and what to write" of docs/how-to.md: each row is checked by `imgcuda check`'s own functions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imgcuda.cuda.compile import nvrtc_missing
from imgcuda.kernel_check import Architecture, FileCheck, check_file
from support.matrix import every_third

PAGE = (Path(__file__).parents[2] / "docs" / "how-to.md").read_text("utf-8")
SECTION = PAGE.partition("### Found, and what to write\n")[2].partition("\n\nA kernel")[0]
ROWS = re.findall(r"^\| `([^|]+)` \| `([^|]+)` \| [^|]+ \|$", SECTION, re.MULTILINE)
ARGUMENTS = ["n=64", "in[n]", "out[n]", "rows[128]", "pitch=8", "src[128]", "step=8", "z[n]", "p[n]"]
BODY = """\
__global__ void k(const float *in, float *out, int n)
{{
    int i = blockIdx.x * blockDim.x + threadIdx.x, t = threadIdx.x;
    float v = in[i];
    __shared__ float s[64];
    s[t] = v;
    __syncthreads();
    {}
    __syncthreads();
    out[i] = v + s[t] + n;
}}
"""


def checked(code: str, head: str, folder: Path) -> FileCheck:
    """Check a row's code: a whole kernel, or statements in one, with the arguments that it declares."""
    kernel = code if code.startswith("__global__") else BODY.format(code)
    names = re.findall(r"(\w+)[,)]", kernel.partition("{")[0])
    words = [word for word in ARGUMENTS if re.split(r"[=[]", word)[0] in ("n", *names)]
    run = f"// check: {' '.join(words)} grid=1 block=64 shared=256"
    file = folder / "found.cu"
    file.write_text(f"{head}{run}\n{kernel}\n", "utf-8")
    return check_file(file, {}, [] if nvrtc_missing() else [Architecture(9, 0)])


def test_the_table_has_rows_and_each_is_read() -> None:
    assert len(ROWS) > 20
    assert len(ROWS) == len(re.findall(r"^\| `", SECTION, re.MULTILINE))


@pytest.mark.parametrize(("found", "write"), every_third(ROWS))
def test_what_is_found_does_not_pass_and_what_to_write_does(found: str, write: str, tmp_path: Path) -> None:
    include = write.startswith("#include")
    if nvrtc_missing() and found in ("uint32_t h = i; v = h;", "v = std::max(v, 0.0f);"):
        pytest.skip("only NVRTC refuses what is found, and it is not installed")
    assert checked(found, "", tmp_path).problems
    made = checked(found, f"{write}\n", tmp_path) if include else checked(write, "", tmp_path)
    assert (made.problems, made.runs) == ([], 1)

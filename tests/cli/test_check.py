"""`imgcuda check`: kernels compiled by both compilers, runs that comments and programs describe, and the printing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from imgcuda import Registry
from imgcuda.cli import build, run
from support.cxx import NEEDS_CLANG

Check = Callable[..., tuple[int, str, str]]

SAXPY = """\
// check: n=1000 a=2.0f x[n] y[n] grid=(n + 255) / 256 block=256
__global__ void saxpy(int n, float a, const float *x, float *y)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = a * x[i] + y[i];
}
"""
MISTAKES = """\
__global__ void one(int n, float *y)
{
    y[threadIdx.x] = m;
}
__global__ void two(float *y) { y[threadIdx.x] = nosuch(3); }
"""
BEYOND = "// check: n=100 y[n] grid=4 block=32\n" + SAXPY.replace("i < n", "i <= n").partition("\n")[2].replace(
    "float a, const float *x, float *y", "float *y"
).replace("a * x[i] + y[i]", "1")


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Return a function that writes the text to any.cu, or to the file of a name, and checks it there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)

    def check(text: str, *options: str, name: str = "any.cu") -> tuple[int, str, str]:
        Path(name).write_text(text, "utf-8")
        return run(["check", name, *options], build(Registry())), *capsys.readouterr()

    return check


@pytest.mark.usefixtures("no_nvrtc")
def test_a_clean_file_is_compiled_and_run_as_its_comment_says(check: Check) -> None:
    code, out, err = check(SAXPY)
    assert (code, out) == (0, "no problems in 1 file: 1 kernel compiled for the CPU; 1 run checked\n")
    assert err.startswith("note: not compiled for a GPU, since NVRTC is not installed")


@pytest.mark.usefixtures("no_nvrtc")
def test_mistakes_of_all_kernels_have_line_caret_and_count(check: Check) -> None:
    code, out, _ = check(MISTAKES)
    lines = out.splitlines()
    assert code == 1
    assert lines[0].startswith("any.cu:3:22: ") and "'m'" in lines[0] and lines[0].endswith(" [cpu]")
    assert lines[1:3] == ["        y[threadIdx.x] = m;", " " * 25 + "^"]
    assert lines[3].startswith("any.cu:5:50: ") and "nosuch" in lines[3]
    assert lines[-1] == "2 problems in 1 file: 2 kernels compiled for the CPU; no runs checked"


@pytest.mark.usefixtures("nvrtc")
def test_what_both_compilers_find_is_one_problem(check: Check) -> None:
    code, out, _ = check(MISTAKES, "--arch", "sm_80", "--arch", "sm_90", "--json")
    first, second, summary = map(json.loads, out.splitlines())
    assert code == 1
    assert [each["found_by"] for each in (first, second)] == [["cpu", "sm_80", "sm_90"]] * 2
    assert (first["file"], first["line"], first["column"], first["text"].strip()) == (
        *("any.cu", 3, 22),
        "y[threadIdx.x] = m;",
    )
    compilers = ["the CPU", "sm_80", "sm_90"]
    assert summary["summary"] == {"files": 1, "kernels": 2, "runs": 0, "problems": 2, "compilers": compilers}


@pytest.mark.usefixtures("nvrtc")
def test_what_only_a_gpu_compiles_is_compiled_for_it(check: Check) -> None:
    gpu = "\n#ifdef __CUDACC__\n__global__ void k(float *y) { y[0] = unknown; }\n#endif\n"
    code, out, _ = check(SAXPY + gpu)
    assert code == 1
    assert 'any.cu:9: identifier "unknown" is undefined [sm_90]\n' in out


@pytest.mark.usefixtures("no_nvrtc")
def test_an_architecture_without_its_compiler_is_refused(check: Check) -> None:
    code, out, err = check(SAXPY, "--arch", "sm_80")
    assert (code, out) == (2, "")
    assert "--arch sm_80 cannot be compiled for: NVRTC is not installed: pip install" in err


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--arch", "ampere"], "an architecture is written as sm_80; got 'ampere'"),
        (["-D", "=3"], "a macro is written as -D NAME=VALUE; got '=3'"),
        (["--json", "--github"], "--json and --github are two ways to print the same; choose one"),
        (["other.cu"], "there is no file other.cu"),
    ],
)
def test_wrong_usage_is_refused_with_a_remedy(options: list[str], why: str, check: Check) -> None:
    code, out, err = check(SAXPY, *options)
    assert (code, out) == (2, "")
    assert f"Error: {why}" in err


@pytest.mark.usefixtures("no_nvrtc")
def test_macros_hold_in_the_file_and_in_its_comments(check: Check) -> None:
    text = "// check: y[WIDTH] grid=1 block=WIDTH * 2\n__global__ void k(T *y) { y[threadIdx.x] = 0; }\n"
    code, out, _ = check(text, "-D", "WIDTH=16", "-DT=double")
    assert code == 1
    assert "thread (16, 0, 0) of block (0, 0, 0) writes y[16], which has 16 elements" in out


@pytest.mark.usefixtures("no_nvrtc")
def test_included_files_are_looked_for_in_folders_that_are_named(check: Check, tmp_path: Path) -> None:
    (tmp_path / "include" / "own").mkdir(parents=True)
    (tmp_path / "include" / "own" / "f.cuh").write_text("__device__ int f() { return 1; }\n", encoding="utf-8")
    text = '#include "own/f.cuh"\n__global__ void k(int *y) { y[threadIdx.x] = f(); }\n'
    code, out, _ = check(text)
    assert (code, 'name its folder by include_dirs= or -I: it may be declared in "own/f.cuh"' in out) == (1, True)
    assert check(text, "-I", str(tmp_path / "include"))[0] == 0


@pytest.mark.usefixtures("no_nvrtc")
def test_a_fault_of_a_run_has_line_thread_and_index(check: Check) -> None:
    code, out, _ = check(BEYOND)
    assert code == 1
    wanted = "any.cu:5: saxpy: thread (4, 0, 0) of block (3, 0, 0) writes y[100], which has 100 elements [run]\n"
    assert out.startswith(wanted)


@pytest.mark.usefixtures("no_nvrtc")
@pytest.mark.parametrize(
    ("comment", "body", "fault"),
    [
        ("x[32] grid=1 block=32", "__shared__ int s[33]; x[i] = s[i];", "reads s[0], which nothing has written"),
        ("x[32] grid=1 block=32", "x[0] = i;", "which thread (0, 0, 0) of the block touches, too"),
        ("x[8]<4 grid=1 block=8", "if (x[i] > 3) x[9] = 0;", ""),
        ("x[8]<5 grid=1 block=8", "if (x[i] > 3) x[9] = 0;", "writes x[9]"),
        ("x[8]=7 grid=1 block=8", "if (x[i] != 7) x[9] = 0;", ""),
        ("x=nullptr grid=1 block=8", "if (x) x[9] = 0;", ""),
        ("x[4] grid=1,1 block=2,2", "x[i + 2 * threadIdx.y] = 0;", ""),
        ("x[4] grid=1 block=4 shared=16", "extern __shared__ int s[]; s[i] = i; x[i] = s[i];", ""),
        ("x[4] grid=1 block=4 shared=8", "extern __shared__ int s[]; s[i] = i; x[i] = s[i];", "writes s[2]"),
        ("n=-2 x[4]=n grid=1 block=4", "if (x[i] != -2) x[9] = 0;", ""),
        ("w[4]=3 x[4] grid=1 block=4", "if (w[i] != 3) x[9] = 0;", ""),
    ],
)
def test_a_comment_describes_a_run(comment: str, body: str, fault: str, check: Check) -> None:
    text = (
        f"__constant__ float w[4];\n// check: {comment}\n__global__ void k(int *x) {{ int i = threadIdx.x; {body} }}\n"
    )
    code, out, _ = check(text)
    assert code == bool(fault), out
    assert fault in out


@pytest.mark.usefixtures("no_nvrtc")
def test_a_comment_gives_vectors_structures_and_booleans(check: Check) -> None:
    code, out, _ = check(
        "struct s { float a; };\n// check: v[4]=1 color=1,0.5,0,-1 p=float[4] on=1 flags[4]=0 out[4] grid=1 block=4\n"
        "__global__ void k(float4 *v, float4 color, struct s *p, bool on, bool *flags, float *out)\n"
        "{ int i = threadIdx.x; if (!on || flags[i] || v[i].w != 1 || color.w != -1) out[9] = p[i].a; }\n"
    )
    assert code == 0, out


@pytest.mark.usefixtures("no_nvrtc")
@pytest.mark.parametrize(
    ("comment", "place", "why"),
    [
        ("n=4 y[n] block=4", 11, "the grid's size is missing; add grid=NUMBER, or grid=X,Y"),
        ("n=4 y[m] grid=1 block=4", 17, "'m' has no value here; describe it before, as m=1000"),
        ("n=4 z[n] grid=1 block=4", 15, "k has no argument 'z'; it has: n, y, p"),
        ("n=4 grid=1 block=4", 11, "nothing is said of float *y; add y[COUNT]"),
        ("n=4 y[n] grid=1 block=4", 11, "nothing is said of void *p; add p=TYPE[COUNT]"),
        ("n=4 y[n] p[n] grid=1 block=4", 11, "say what its memory holds, as p=float[COUNT]"),
        ("n[4] y[4] p[4] grid=1 block=4", 11, "'n' is int, which is no array; give it a number"),
        ("n=4 y=7 p[4] grid=1 block=4", 11, "'y' is float *; write y[COUNT], or =nullptr"),
        ("n=2.5 y[4] p=int[4] grid=1 block=4", 11, "argument 'n' is int; it was given the number 2.5"),
        ("n=4 n=5 y[n] grid=1 block=4", 15, "'n' is described twice"),
        ("n=4 y[n grid=1 block=4", 19, "expected ']'"),
        ("n=4 y[n] p=int[4] grid=1 block=4096", 11, "a block of 4096x1x1 threads; at most 1024 threads fit"),
        ("n=4 y[1 << 40] p=int[4] grid=1 block=4", 11, "'y' would have 4,194,304 MB; describe a smaller array"),
    ],
)
def test_a_comment_that_does_not_fit_is_told(comment: str, place: int, why: str, check: Check) -> None:
    code, out, _ = check(f"// check: {comment}\n__global__ void k(int n, float *y, void *p) {{ }}\n")
    assert code == 1
    assert out.startswith(f"any.cu:1:{place}: ") and why in out


@pytest.mark.usefixtures("no_nvrtc")
def test_a_description_without_a_kernel_is_told(check: Check) -> None:
    code, out, _ = check(SAXPY + "// check: grid=1 block=1\n__device__ float f() { return 1; }\n")
    assert code == 1
    assert "any.cu:7:11: this describes a run, and no kernel follows it; put it directly before" in out


@pytest.mark.usefixtures("no_nvrtc")
def test_other_comments_may_begin_with_the_word(check: Check) -> None:
    assert check("// check: the index is in range\n" + SAXPY)[0] == 0


@pytest.mark.usefixtures("no_nvrtc")
def test_a_kernel_may_have_several_runs(check: Check) -> None:
    code, out, _ = check("// check: n=0 a=1 x[0] y[0] grid=1 block=32\n" + SAXPY)
    assert (code, out.partition("; ")[2]) == (0, "2 runs checked\n")


TEMPLATE = """\
// check: <float> n=100 y[n] grid=4 block=32
template <typename T> __global__ void ones(int n, T *y)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i <= n) y[i] = 1;
}
"""


@NEEDS_CLANG
@pytest.mark.usefixtures("no_nvrtc")
def test_an_instance_that_a_comment_names_is_run(check: Check) -> None:
    code, out, err = check(TEMPLATE)
    assert code == 1
    assert out.startswith("any.cu:5: ones<float>: thread (4, 0, 0) of block (3, 0, 0) writes y[100]")
    assert "1 kernel compiled for the CPU; 1 run checked" in out
    assert "is a template" not in err


@NEEDS_CLANG
@pytest.mark.usefixtures("no_nvrtc")
def test_a_template_without_an_instance_is_noted(check: Check) -> None:
    code, out, err = check(TEMPLATE.partition("\n")[2])
    assert (code, out) == (0, "no problems in 1 file: no kernels compiled for the CPU; no runs checked\n")
    assert "note: any.cu:1: ones is a template, and was not compiled for the CPU; name an instance" in err


@pytest.mark.usefixtures("no_nvrtc")
def test_a_template_without_clang_is_told_with_its_command(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imgcuda.cpu.cxx.clang.is_installed", lambda: False)
    for text in (TEMPLATE, TEMPLATE.partition("\n")[2]):
        code, out, _ = check(text)
        assert code == 1
        assert "is C++; pip install 'imgcuda[cxx]'" in out


@pytest.mark.usefixtures("no_nvrtc")
def test_a_run_of_a_template_needs_its_arguments(check: Check) -> None:
    code, out, _ = check(TEMPLATE.replace("<float> ", ""))
    assert code == 1
    assert "any.cu:1:11: 'ones' is a template; name an instance of it" in out


@pytest.mark.usefixtures("no_nvrtc")
def test_a_mistake_in_an_included_file_has_its_path(check: Check, tmp_path: Path) -> None:
    (tmp_path / "cuda").mkdir()
    (tmp_path / "cuda" / "part.cuh").write_text("__device__ int f() {\n    return nosuch; }\n", "utf-8")
    code, out, _ = check('#include "part.cuh"\n' + SAXPY, name="cuda/any.cu")
    assert code == 1
    assert out.startswith(f"{Path('cuda', 'part.cuh')}:2:12: ")


@pytest.mark.usefixtures("no_nvrtc")
@pytest.mark.parametrize("own", [True, False], ids=["--github", "GITHUB_ACTIONS"])
def test_annotations_are_written_as_github_reads_them(own: bool, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    if not own:
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
    code, out, _ = check(MISTAKES, *["--github"] * own)
    first = out.splitlines()[0]
    assert code == 1
    assert first.startswith("::error file=any.cu,line=3,col=22::any.cu:3:22: ")
    assert first.endswith(f" [cpu]%0A        y[threadIdx.x] = m;%0A{' ' * 25}^")
    code, out, _ = check("__global__ void k(int *x) { x[0] = 7 % nosuch; }", *["--github"] * own, name="a,b.cu")
    assert out.startswith("::error file=a%2Cb.cu,line=1,col=40::") and "7 %25 nosuch" in out


DRIVER = f"""\
import sys
import numpy as np
from imgcuda import kernels

print("it runs", sys.argv)
module = kernels.compile({BEYOND!r}, name="any.cu")
y = np.zeros(100, np.float32)
"""


@pytest.mark.parametrize(
    ("last", "code", "told"),
    [
        ("module.saxpy(100, y, grid=3, block=32)", 0, "no problems in 1 file"),
        ("module.saxpy(100, y, grid=4, block=32)", 1, "writes y[100], which has 100 elements [run]\n"),
        ("assert y.sum() == 1", 1, "any.py:8: AssertionError: [run]\n    assert y.sum() == 1\n"),
        ("sys.exit(3)", 1, "any.py:8: it ends with exit code 3 [run]\n"),
        ("sys.exit()", 0, "no problems in 1 file"),
        ("1 +", 1, "any.py:8: SyntaxError"),
    ],
)
def test_a_program_is_run_with_each_launch_checked(last: str, code: int, told: str, check: Check) -> None:
    ended, out, err = check(DRIVER + last + "\n", name="any.py")
    assert ended == code
    assert told in out
    assert "it runs" not in out
    assert ("it runs ['any.py']" in err) == ("SyntaxError" not in told)


def test_a_filters_author_is_told_of_the_command_for_it(check: Check) -> None:
    plugin = 'from imgcuda import PointFilter\n\nclass Glow(PointFilter):\n    """Glow."""\n'
    code, _, err = check(plugin, name="glow.py")
    assert code == 0
    assert "note: glow.py declares a filter; imgcuda try glow.py IN OUT --check runs it on a picture" in err

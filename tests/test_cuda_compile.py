"""Every kernel compiled for real GPUs, on a machine that has none; and the two compilers that can do it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
import pytest

from imgcuda import DeviceError, Filter, KernelError
from imgcuda.arrays import strided_copy
from imgcuda.arrays.stored_types import STORED
from imgcuda.cuda import compile as cubin
from imgcuda.execution import tables
from imgcuda.frontend.compilers import CUDA
from imgcuda.programs.source import Program, Source, specialize
from imgcuda.testing.gpu_compilation import compile_for_gpu
from support.installed import installed, some_values
from support.matrix import exhaustive

ROOT = Path(__file__).parents[1]
CAPABILITIES = [(7, 5), (8, 0), (8, 6), (9, 0), (10, 0), (12, 0)]
"""Turing, Ampere twice, Hopper and Blackwell twice: what NVIDIA sells or supports."""

PLAIN = (9, 0)
ONE_CAPABILITY = [capability if capability == PLAIN else exhaustive(capability) for capability in CAPABILITIES]
"""All of them, of which the plain run takes one."""

TYPES = ["uint8", "uint16", "float32"]
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "add-noise": [
        {"kind": "gaussian"},
        {"kind": "uniform", "monochrome": True},
        {"kind": "salt-and-pepper"},
        {"kind": "poisson"},
    ],
    "adaptive-threshold": [{"method": "mean"}, {"method": "gaussian"}, {"method": "niblack", "border": "constant"}],
    "clahe": [{}, {"per_channel": True}],
    "anisotropic-diffusion": [{"iterations": 1}, {"iterations": 3, "conduction": "reciprocal", "border": "constant"}],
    "auto-threshold": [{"method": "otsu"}, {"method": "triangle"}],
    "bilateral": [{"sigma_space": 0.5}, {"sigma_space": 10, "border": "constant"}],
    "blur": [{"sigma": 0.5}, {"sigma": 3, "border": "constant"}, {"sigma": 50, "border": "wrap"}],
    "box-blur": [{"radius": 1}, {"radius": 5, "border": "constant"}, {"radius": 20}, {"radius": 100, "border": "wrap"}],
    "canny": [{"sigma": 0.0}, {}],
    "convolve": [
        {"kernel": np.arange(9).reshape(3, 3)},
        {"kernel": np.arange(15).reshape(3, 5), "border": "constant", "offset": 0.5},
        {"kernel": np.ones((9, 3)), "border": "mirror"},
        {"kernel": np.arange(99).reshape(9, 11) ** 2, "border": "wrap"},
        {"kernel": np.ones((3, 601))},
    ],
    "distance-transform": [{"metric": "euclidean"}, {"metric": "cityblock"}, {"metric": "chessboard"}],
    "difference-of-gaussians": [{}, {"border": "constant", "high_sigma": 20}],
    "edges": [
        {"operator": "sobel"},
        {"operator": "scharr", "border": "mirror"},
        {"operator": "prewitt", "border": "constant"},
        {"operator": "laplacian", "border": "nearest"},
        {"operator": "roberts"},
    ],
    "emboss": [{}, {"border": "constant"}],
    "erode": [
        {},
        {"radius": 7, "shape": "cross", "border": "wrap"},
        {"radius": 8, "shape": "ellipse", "border": "constant"},
        {"radius": 100},
    ],
    "exposure": [{"transfer": "srgb"}, {"transfer": "linear"}],
    "grayscale": [{"weights": "rec601"}, {"weights": "rec709"}, {"weights": "average"}, {"weights": "lightness"}],
    "filmic": [{"curve": "hable"}, {"curve": "aces", "transfer": "linear"}],
    "gradient-direction": [{}, {"operator": "scharr", "border": "constant"}],
    "nl-means": [{}, {"template_radius": 0, "search_radius": 1, "border": "constant"}],
    "pixelate": [{"size": 4}, {"size": 20}, {"size": 100}],
    "lut-cube": [{"lut": np.zeros((2, 2, 2, 3))}, {"lut": np.zeros((5, 3))}],
    "sigmoidal-contrast": [{}, {"inverse": True}],
    "temperature": [{"transfer": "srgb"}, {"transfer": "linear"}],
    "tone-map": [{}, {"transfer": "linear"}],
    "top-hat": [{}, {"footprint": np.ones((1, 3)), "border": "mirror"}],
    "unsharp-mask": [{"sigma": 0.5, "border": "constant"}, {"sigma": 1}, {"sigma": 20, "border": "mirror"}],
    "flip": [{"direction": "horizontal"}, {"direction": "vertical"}, {"direction": "both"}],
    "median": [{"radius": 1}, {"radius": 2, "border": "constant"}, {"radius": 3}, {"radius": 8, "border": "wrap"}],
    "rank": [{"radius": 1}, {"radius": 2, "border": "constant"}],
    "resize": [{"method": "nearest"}, {"method": "bicubic"}, {"method": "area", "scale": 0.5}, {"scale": 2.0}],
    "rotate": [
        {"angle": 90},
        {"angle": 180},
        {"angle": 270},
        {"angle": 7, "method": "nearest"},
        {"angle": 7, "border": "nearest"},
        {"angle": 7, "method": "bicubic", "border": "mirror"},
    ],
}
"""Parameters by which every kernel is compiled, with every branch that the preprocessor takes."""
VARIANTS |= {name: [some_values(name)] for name in sorted(set(installed()) - set(VARIANTS))}

GOOD = "__global__ void good(const pixel *src, pixel *dst, int width, int height)\n{\n    dst[0] = src[0];\n}\n"


def compiled(
    filter: Filter, dtype: str, channels: int, capability: tuple[int, int] | None, optimize: bool = True
) -> dict[str, bytes]:
    """Return the machine code of each kernel that a filter runs for such an image."""
    return compile_for_gpu([filter], np.zeros((64, 96, channels), dtype), capability, optimize)


def program(text: str, name: str = "mine.cu") -> Program:
    return specialize(Source(name, text), np.uint8, 3, {"PACK": 1, "ROWS": 1, "BLOCK_WIDTH": 32, "BLOCK_HEIGHT": 8})


@pytest.fixture
def fresh_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMGCUDA_CACHE", str(tmp_path / "cache"))


# With NVRTC

# The branches that the preprocessor takes depend on the filter's variant, the type and the channels, and hardly on
# the GPU. So each filter is compiled for every type with every channel count, and each variant for every GPU, but not
# all with all. Compiling takes 0.2 s, and a third of that without optimizing, which is for the oldest GPU alone. The
# plain run compiles the first variant of every tenth filter once.

COMBINATIONS = list(product((3, 4, 1, 2), TYPES))


def cases() -> Iterator[Any]:
    """Yield the filters' variants with each GPU, types and channel counts taken in turn, until a filter has had all."""
    for place, (name, variants) in enumerate(VARIANTS.items()):
        for turn in range(max(len(variants), len(COMBINATIONS) // len(CAPABILITIES))):
            for at, capability in enumerate(CAPABILITIES):
                channels, dtype = COMBINATIONS[(len(CAPABILITIES) * turn + at) % len(COMBINATIONS)]
                case = name, turn % len(variants), dtype, channels, capability
                label = f"{name}-{case[1]}-{dtype}-{channels}-sm_{capability[0]}{capability[1]}"
                plain = turn == 0 and place % 10 == 0 and capability == PLAIN
                yield pytest.param(*case, id=label, marks=() if plain else pytest.mark.exhaustive)


@pytest.mark.usefixtures("nvrtc")
@pytest.mark.parametrize(("name", "number", "dtype", "channels", "capability"), [*cases()])
def test_every_kernel_compiles_for_every_type_and_for_every_gpu(
    name: str, number: int, dtype: str, channels: int, capability: tuple[int, int]
) -> None:
    filter = installed().create(name, VARIANTS[name][number])
    made = compiled(filter, dtype, channels, capability, optimize=capability == CAPABILITIES[0])
    assert made
    assert all(code.startswith(b"\x7fELF") for code in made.values())


@pytest.mark.usefixtures("nvrtc")
@pytest.mark.parametrize("capability", ONE_CAPABILITY)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_the_kernel_of_tables_compiles(channels: int, capability: tuple[int, int]) -> None:
    constants = {**tables.LAYOUT.constants, **tables.NAMES, "TABLES": 1, "OPERATION": 0}
    program = specialize(tables.source(), np.uint8, channels, constants, CUDA)
    assert cubin.compile(program, capability, False).startswith(b"\x7fELF")


@pytest.mark.usefixtures("nvrtc")
@pytest.mark.parametrize("capability", ONE_CAPABILITY)
def test_the_kernel_that_copies_views_compiles(capability: tuple[int, int]) -> None:
    for stored in (np.dtype(np.float32), *STORED):
        constants = {**strided_copy.LAYOUT.constants, **strided_copy.constants(stored)}
        program = specialize(strided_copy.source(), np.float32, 3, constants, CUDA)
        assert cubin.compile(program, capability, False).startswith(b"\x7fELF")


@pytest.mark.exhaustive
def test_no_kernel_is_left_out() -> None:
    ran: set[str] = set()
    for name, variants in VARIANTS.items():
        for variant, dtype, channels in product(variants, ("uint8", "uint16"), (3, 4)):
            ran |= set(compiled(installed().create(name, variant), dtype, channels, None))
    files = [*(ROOT / "imgcuda").rglob("*.cu*"), *(ROOT / "plugins").rglob("*.cu*")]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    ran |= {"tables", "read_strided", "write_strided", "sample_counts", "copy"}  # the core's own
    ran |= {"corner"}  # of strips alone, which trim measures without the image's first row
    named = r"^__global__ void (?:__launch_bounds__\([^)]*\)\s+)?(\w+)"
    assert ran == set(re.findall(named, text, re.MULTILINE))


def test_the_built_in_filters_have_their_variants_here() -> None:
    ours = {name for name, plugin in installed().sources.items() if plugin.distribution.startswith("imgcuda ")}
    assert ours == set(VARIANTS)


@pytest.mark.usefixtures("nvrtc", "fresh_cache")
def test_what_was_compiled_is_not_compiled_again(nvrtc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cubin.compile(program(GOOD), (9, 0))
    monkeypatch.setattr(nvrtc, "compile", None)
    assert cubin.compile(program(GOOD), (9, 0)) == first


@pytest.mark.usefixtures("nvrtc", "fresh_cache")
def test_a_gpu_newer_than_the_compiler_gets_ptx() -> None:
    assert b".target sm_" in cubin.compile(program(GOOD), (99, 0))


@pytest.mark.usefixtures("nvrtc")
def test_a_gpu_too_old_for_the_compiler_is_refused() -> None:
    with pytest.raises(DeviceError, match=r"does not support compute capability 1\.0"):
        cubin.compile(program(GOOD), (1, 0))


@pytest.mark.usefixtures("nvrtc", "fresh_cache")
@pytest.mark.parametrize(
    "head",
    [
        "__global__ void k",
        'extern "C" __global__ void k',
        'extern "C"\n__global__ void k',
        'extern "C" {}\n__global__ void k',
        'extern "C" static __global__ void k',
        "static __global__ void k",
        "__global__ static void k",
        "static __global__ void __launch_bounds__(256, 2) k",
        "__launch_bounds__(256) __global__ void k",
        "__attribute__((used)) __global__ void k",
        "[[gnu::used]] inline __global__ void k",
        "#define KERNEL(name) static __global__ void name\nKERNEL(k)",
        "template <int N> __global__ void t(int a) {}\n__global__ void k",
        "template <int N> __global__ void t(int a) {}\ntemplate __global__ void t<3>(int a);\n__global__ void k",
        "class C { friend __global__ void z(int); };\n__global__ void k",
        "// __global__\n/* __global__ */ __global__ void k",
        '#define TEXT "__global__"\n__global__ void k',
    ],
)
def test_a_kernel_keeps_its_own_name(head: str) -> None:
    made = program(f"{head}(pixel *dst) {{ dst[0] = 1; }}")
    assert b"\0k\0" in cubin.compile(made, (9, 0))
    assert list(made.kernels) == ["k"]


@pytest.mark.usefixtures("nvrtc")
def test_an_instance_of_a_template_has_a_name_in_the_code(nvrtc: Any) -> None:
    text = "template <typename T, int N> __global__ void scale(T *p) { p[threadIdx.x] *= N; }\n"
    for kernel, mangled in (("scale<float, 3>", "_Z5scaleIfLi3EEvPT_"), ("scale<int,4>", "_Z5scaleIiLi4EEvPT_")):
        for _ in range(2):  # the second time from the cache
            name, code = cubin.compile_instance(program(text), kernel, (9, 0))
            assert name == mangled
            assert code.startswith(b"\x7fELF")
            assert f"\0{mangled}\0".encode() in code


def test_a_mistake_in_an_instance_has_the_authors_line(nvrtc: Any) -> None:
    text = "template <typename T> __global__ void k(T *p)\n{\n    p[0].none = 1;\n}\n"
    with pytest.raises(KernelError) as caught:
        cubin.compile_instance(program(text), "k<float>", (9, 0))
    assert caught.value.mistakes[0].line == 3


def test_a_mistake_is_reported_with_the_authors_file_line_and_text() -> None:
    text = (
        "// Mine.\n__global__ void f(int *p) {\n  p[0] = 1\n}\n\n__global__ void g(int *p) {\n  p[0] = nonsense;\n}\n"
    )
    with pytest.raises(KernelError) as caught:
        cubin.compile(program(text), (9, 0))
    assert [(mistake.file, mistake.line, mistake.text) for mistake in caught.value.mistakes] == [
        ("mine.cu", 4, "}"),  # where the semicolon is missed
        ("mine.cu", 7, "  p[0] = nonsense;"),
    ]
    assert str(caught.value).splitlines()[2] == 'mine.cu:7: identifier "nonsense" is undefined'


@pytest.mark.usefixtures("nvrtc")
def test_a_file_that_cannot_be_included_is_named_if_a_name_is_missing() -> None:
    cubin.compile(program('#include "nowhere.h"\n'), (9, 0))
    with pytest.raises(KernelError, match=r"mine\.cu:3: .*nowhere\.h"):
        cubin.compile(program('#include "nowhere.h"\n__global__ void f(int *p) {\n  p[0] = CHECK;\n}\n'), (9, 0))


# With nvcc


@pytest.fixture
def nvcc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A function that puts a shell script on the path as nvcc, and returns where it notes its arguments."""
    if os.name == "nt":
        pytest.skip("the stand-in for nvcc is a shell script")

    def install(script: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        noted = tmp_path / "arguments"
        version = 'if [ "$1" = --version ]; then echo "release 13.0"; exit 0; fi'
        (folder / "nvcc").write_text(f'#!/bin/sh\n{version}\nprintf "%s\\n" "$@" > "{noted}"\n{script}\n')
        (folder / "nvcc").chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
        return noted

    return install


@pytest.mark.usefixtures("no_nvrtc", "fresh_cache")
def test_without_nvrtc_nvcc_compiles(nvcc: Callable[[str], Path], tmp_path: Path) -> None:
    copy = tmp_path / "source"
    noted = nvcc(f'for last; do :; done; cp "$last" "{copy}"; printf "machine code" > "${{last%.cu}}.cubin"')
    assert cubin.compile(program(GOOD), (8, 6)) == b"machine code"
    *options, flag, target, source = noted.read_text().splitlines()
    assert options[:2] == ["--cubin", "-arch=sm_86"]
    assert "--std=c++17" in options[2:]
    assert (flag, Path(target).suffix, Path(source).suffix) == ("-o", ".cubin", ".cu")
    assert not Path(source).exists()
    assert 'extern "C" __global__ void good' in copy.read_text()


@pytest.mark.usefixtures("no_nvrtc")
def test_nvcc_alone_does_not_compile_an_instance(nvcc: Callable[[str], Path]) -> None:
    nvcc("")
    with pytest.raises(DeviceError, match="nvcc does not name 'k<3>'"):
        cubin.compile_instance(program("template <int N> __global__ void k(int *p) {}"), "k<3>", (8, 6))


@pytest.mark.usefixtures("no_nvrtc", "fresh_cache")
def test_a_mistake_that_nvcc_finds_has_the_authors_line(nvcc: Callable[[str], Path]) -> None:
    nvcc("echo 'mine.cu(3): error: identifier \"x\" is undefined' >&2; echo '1 error detected' >&2; exit 1")
    with pytest.raises(KernelError) as caught:
        cubin.compile(program(GOOD), (8, 6))
    assert str(caught.value) == 'mine.cu:3: identifier "x" is undefined\n        dst[0] = src[0];'


@pytest.mark.usefixtures("no_nvrtc", "fresh_cache")
def test_what_nvcc_says_in_another_way_is_passed_on(nvcc: Callable[[str], Path]) -> None:
    nvcc("echo 'nvcc fatal: cannot find compiler cl.exe in PATH' >&2; exit 1")
    with pytest.raises(KernelError, match=r"^mine\.cu: nvcc fatal: cannot find compiler cl\.exe in PATH$"):
        cubin.compile(program(GOOD), (8, 6))


@pytest.mark.usefixtures("no_nvrtc", "fresh_cache")
def test_without_any_compiler_the_message_says_what_brings_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        DeviceError, match=r"neither NVRTC nor nvcc was found .*; pip install 'imgcuda\[gpu\]' brings NVRTC"
    ):
        cubin.compile(program(GOOD), (9, 0))


@pytest.mark.usefixtures("no_nvrtc", "fresh_cache")
def test_an_nvcc_that_does_not_run_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "nvcc").write_text("#!/bin/sh\nexit 127\n")
    (tmp_path / "nvcc").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeviceError, match="neither NVRTC nor nvcc was found"):
        cubin.compile(program(GOOD), (9, 0))


@pytest.mark.exhaustive
@pytest.mark.usefixtures("no_nvrtc", "fresh_cache")
def test_the_real_nvcc_compiles_built_in_filters() -> None:
    path = which("nvcc")
    if path is None or subprocess.run([path, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("nvcc is not installed")
    for name, variants in [*VARIANTS.items()][::3]:  # it takes a second for each, and reads them as NVRTC does
        for code in compiled(installed().create(name, variants[-1]), "uint8", 4, (9, 0)).values():
            assert code.startswith(b"\x7fELF")
    with pytest.raises(KernelError, match=r"^mine\.cu:2: identifier \"x\" is undefined\n      x = 1;$"):
        cubin.compile(program("__global__ void f() {\n  x = 1;\n}\n"), (9, 0))

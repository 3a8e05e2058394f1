"""Asks Clang, which the wheel `ziglang` brings, for the syntax tree of a text in CUDA C++."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from imgcuda.cpu.cxx.cuda_declarations import declarations
from imgcuda.cpu.cxx.nodes import Node
from imgcuda.errors import KernelError, Mistake
from imgcuda.frontend import refusals
from imgcuda.frontend.compilers import CPU
from imgcuda.frontend.headers import HEADERS, UNKNOWN
from imgcuda.frontend.source_lines import source_line

INSTALL = "pip install 'imgcuda[cxx]'"
"""The command that brings Clang."""
_OPTIONS = [
    *("-x", "cuda", "--cuda-device-only", "-nocudainc", "-nocudalib", "--cuda-gpu-arch=sm_80", "-U__CUDA_ARCH__"),
    *("-std=c++20", "-nostdinc", "-fno-builtin", "-Wno-everything", "-fno-caret-diagnostics", "-fno-color-diagnostics"),
    *("-ferror-limit=0", "-fsyntax-only", "-Xclang", "-ast-dump=json"),
]
_LONGEST = 60
"""The seconds after which Clang is stopped: a kernel takes some hundredths."""
INSTANCE = "imgcuda_instance_"
"""The beginning of the names of the variables that make Clang instantiate templates, one for each instance."""
_BEFORE, _SOURCE = "imgcuda.h", "kernel.cu"
"""The files of CUDA's declarations and of the author's text."""
_INCLUDE = re.compile(r'^([ \t]*#[ \t]*include[ \t]*)([<"][^>"\n]+[>"])', re.MULTILINE)
_ERROR = re.compile(
    r"^(?P<file>[^\n]+?):(?P<line>\d+):(?P<column>\d+): (?:fatal )?error: (?P<message>.*)$", re.MULTILINE
)
_FATAL = re.compile(r"^[^\n]*: fatal error: ", re.MULTILINE)
"""An error behind which Clang does not go on."""
_MOST = 10
"""The most mistakes that an error tells."""
_OVERLOADED = f"variable '{INSTANCE}0' with type 'const auto' has incompatible initializer of type '<overloaded"
_NAMED = re.compile(r"(?:use of undeclared identifier|unknown type name|no type named) '(\w+)'")


def is_installed() -> bool:
    """Return whether Clang is there to be asked."""
    return find_spec("ziglang") is not None


def edition() -> str:
    """Return the version of the wheel that Clang is in, as a part of a cache key."""
    return version("ziglang")


def syntax_tree(text: str, name: str, expressions: Sequence[str], scope: str = "") -> tuple[Node, list[Mistake]]:
    """Return the tree of a text, and Clang's errors, at the author's lines: a tree with errors lacks some parts.

    `expressions` name instances of templates, as `scale<float, 3>`, to be made; `scope` is the namespace that they are
    in. Raises KernelError if there is no tree.
    """
    given, headers = _with_numbered_headers(text)
    names = "".join(f"__device__ const auto {INSTANCE}{n} = &{each};\n" for n, each in enumerate(expressions))
    names = f"namespace {scope} {{\n{names}}}\n" if scope else names
    with TemporaryDirectory(prefix="imgcuda-") as folder:
        for file, content in (headers | {_BEFORE: declarations()}).items():
            Path(folder, file).write_text(content, encoding="utf-8")
        Path(folder, _SOURCE).write_bytes(f"{given}\n{names}".encode())
        macros = [f"-D{macro}={value}" for macro, value in CPU]
        command = [*_clang(), *_OPTIONS, *macros, "-I.", "-include", _BEFORE, _SOURCE]
        done = _run(command, folder, name)
    log = done.stderr.decode(errors="replace")
    mistakes = [_mistake(match, text, name) for match in _ERROR.finditer(log)] if done.returncode else []
    if done.returncode and (not mistakes or _FATAL.search(log) or not done.stdout):
        raise KernelError(mistakes[:_MOST] or f"{name}: Clang failed: {log.strip()[:500]}")
    tree: Node = json.loads(done.stdout)
    return tree, mistakes


def _run(command: Sequence[str], folder: str, name: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            command, capture_output=True, check=False, stdin=subprocess.DEVNULL, cwd=folder, timeout=_LONGEST
        )
    except subprocess.TimeoutExpired:
        remedy = "make its templates and constant expressions simpler"
        raise KernelError(f"{name}: Clang has not read it within {_LONGEST} seconds; {remedy}") from None


@cache
def _clang() -> tuple[str, ...]:
    """Return the command that starts Clang: the program itself, since another Python before it takes longer."""
    specification = find_spec("ziglang")
    assert specification is not None
    assert specification.origin is not None
    for program in ("zig", "zig.exe"):
        if (found := Path(specification.origin).with_name(program)).exists():
            return str(found), "clang"
    return sys.executable, "-m", "ziglang", "clang"


def _with_numbered_headers(text: str) -> tuple[str, dict[str, str]]:
    """Return a text of the same length that includes headers under numbers, and the texts of these headers.

    So no header's name is a path on this machine, and every place in the text stays where it is. As for NVRTC, the
    headers are imgcuda's own.
    """
    headers: dict[str, str] = {}

    def put(match: re.Match[str]) -> str:
        name = match[2][1:-1]
        file = str(len(headers))
        headers[file] = f"#define __CUDACC_RTC__\n{HEADERS.get(name, UNKNOWN)}\n#undef __CUDACC_RTC__\n"
        return f'{match[1]}"{file}"'.ljust(len(match[0]))

    return _INCLUDE.sub(put, text), headers


def _mistake(match: re.Match[str], text: str, name: str) -> Mistake:
    """Return an error of Clang's; about a name that the CPU engine refuses, it is our own message."""
    file = name if match["file"] == _SOURCE else match["file"]
    line, column, message, remedy = int(match["line"]), int(match["column"]), match["message"], ""
    if named := _NAMED.match(message):
        word = named[1]
        if refused := refusals.refused_word(word) or refusals.refused_call(word) or refusals.refused_type(word):
            message, remedy = refused
    if _OVERLOADED in message:
        message, remedy = "several kernels are meant by this instance of a template", "give each overload its own name"
    shown = source_line(text, name, file, line)
    column = len(shown.encode()[: column - 1].decode(errors="replace")) + 1  # Clang counts bytes
    return Mistake(message, file, line, column, shown, remedy)

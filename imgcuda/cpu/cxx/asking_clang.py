"""Decides whether Clang is asked for a file that our own front end refuses, and says how to install it if it is not."""

from __future__ import annotations

import re
from dataclasses import replace

from imgcuda.cpu.cxx import clang
from imgcuda.cpu.cxx.kept_trees import kept
from imgcuda.cpu.cxx.translated_kernel import translated
from imgcuda.cpu.semantics.check import Checked
from imgcuda.errors import CheckError, KernelError, Mistake, PortabilityError
from imgcuda.frontend import syntax
from imgcuda.frontend.mistakes import Mistakes

_CXX = re.compile(
    r"\b(?:template|class|public|private|protected|union|operator|decltype|constexpr|typename|enum\s+class|using)\b|::|\]\s*\(|cuda_fp16"
)
"""Words and signs that a text in C++ has, and a text in C mostly has not; halves become floats by themselves in C++."""


def is_for_clang(error: KernelError, text: str) -> bool:
    """Return whether Clang is asked for a text that our own front end refuses: it refuses C++, or misreads it."""
    if isinstance(error, CheckError) or not error.mistakes:
        return False
    return any(map(_is_cxx, error.mistakes)) or (clang.is_installed() and bool(_CXX.search(text)))


def _is_cxx(mistake: Mistake) -> bool:
    told = f"{mistake.message} {mistake.remedy}"
    if "'std::" in mistake.message:  # Clang is given no standard library
        return False
    return "is C++" in told or "'union' is not in the portable subset" in told


def read_by_clang(
    text: str, name: str, kernel: str, error: KernelError | None
) -> tuple[syntax.TranslationUnit, Checked]:
    """Return the syntax tree of a kernel in C++ and its functions, as `check` does.

    `error` is our own front end's. Raises KernelError: without Clang that error, with the command that installs it;
    and where Clang finds mistakes, too, our own ones if none is about C++, or else Clang's.
    """
    require_clang(error, name, kernel)
    try:
        file, functions = kept(text, name, kernel, lambda: translated(text, name, kernel))
    except KernelError as refused:
        is_ours = error is not None and not any(map(_is_cxx, error.mistakes))
        if error is not None and is_ours and not isinstance(refused, PortabilityError):
            raise error from None
        raise refused from None
    return file, Checked(functions, Mistakes(text, name))


def require_clang(error: KernelError | None, name: str, kernel: str = "") -> None:
    """Raise our own front end's error, with the command that installs Clang, if Clang is not there."""
    if not clang.is_installed():
        raise _with_command(error, name, kernel) from None


def _with_command(error: KernelError | None, name: str, kernel: str) -> KernelError:
    """Return a refusal that names the command which installs Clang."""
    if error is None:
        return PortabilityError(f"{name}: '{kernel}' is an instance of a template, which is C++; {clang.INSTALL}")
    made = [replace(each, remedy=_remedy(each)) if _is_cxx(each) else each for each in error.mistakes]
    return type(error)(made)


def _remedy(mistake: Mistake) -> str:
    return f"{clang.INSTALL} brings Clang for it; or {mistake.remedy}" if mistake.remedy else clang.INSTALL

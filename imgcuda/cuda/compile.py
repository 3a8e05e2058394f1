"""Compiles CUDA C for a GPU, with NVRTC if it is installed, else with nvcc. Needs no GPU; the results are cached.

NVRTC compiles a kernel in some 30 ms and needs neither a toolkit nor a host compiler on the user's machine;
nvcc takes half a second and needs both.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from shutil import which
from time import perf_counter
from typing import Any, Protocol

from imgcuda import kernel_cache
from imgcuda.digests import digest_of
from imgcuda.engine import code_origins
from imgcuda.errors import DeviceError, KernelError, Mistake
from imgcuda.frontend import headers
from imgcuda.programs.outlines import edition
from imgcuda.programs.source import Program

_MESSAGE = re.compile(r"^(?P<file>[^\n(]+)\((?P<line>\d+)\): (?:catastrophic )?error: (?P<message>.*)$", re.MULTILINE)


def compile(program: Program, capability: tuple[int, int], optimize: bool = True) -> bytes:
    """Return a program's machine code for GPUs of one compute capability, like (9, 0).

    For a GPU newer than the compiler it is PTX, which the driver compiles. Without `optimize` it takes a fifth of the
    time: for code that is not to be run. Raises KernelError for a mistake in the source and DeviceError if there is no
    compiler.
    """
    return _kept(program, "", capability, optimize)[1]


def compile_instance(
    program: Program, kernel: str, capability: tuple[int, int], optimize: bool = True
) -> tuple[str, bytes]:
    """Return an instance of a template, like `scale<float, 3>`: its name in machine code, and the program's code.

    Raises as `compile` does, and DeviceError if there is nvcc alone: it does not tell the names.
    """
    return _kept(program, kernel, capability, optimize)


def _kept(program: Program, instance: str, capability: tuple[int, int], optimize: bool) -> tuple[str, bytes]:
    """Return the name of an instance, if there is one, and a program's machine code, from the cache on disk."""
    compiler: _Compiler | None = find_nvrtc() or _Nvcc.find()
    if compiler is None:
        raise DeviceError(
            "neither NVRTC nor nvcc was found to compile kernels for the GPU; pip install 'imgcuda[gpu]' brings NVRTC"
        )
    options = [*_options(program), *([] if optimize else ["--device-debug"])]
    parts = edition(), program.text, capability, options, compiler.version
    key, started = digest_of((*parts, instance) if instance else parts), perf_counter()
    kept = kernel_cache.get(f"cuda-{key}")
    is_known = kept is not None
    if kept is None:  # imported here, as at a warm start nothing is compiled
        from imgcuda.frontend.linkage import with_c_names

        # C++ would mangle a kernel's name, for overloading.
        name, code = _compiled(compiler, with_c_names(program.text), program, capability, options, instance)
        kept = f"{name}\n".encode() + code if instance else code
        kernel_cache.put(f"cuda-{key}", kept)
    code_origins.tell(program, instance or None, None, "cache" if is_known else "compiled", started)
    if not instance:
        return "", kept
    line, _, code = kept.partition(b"\n")
    return line.decode(), code


def _compiled(
    compiler: _Compiler,
    text: str,
    program: Program,
    capability: tuple[int, int],
    options: Sequence[str],
    instance: str,
) -> tuple[str, bytes]:
    """Return a text's machine code. If the compiler refuses it, it may do so because of the host's code in it."""
    from imgcuda.frontend.parse import without_host_code

    def made(text: str) -> tuple[str, bytes]:
        if instance:
            return compiler.compile_instance(text, program, capability, options, instance)
        return "", compiler.compile(text, program, capability, options)

    try:
        return made(text)
    except KernelError:
        without = without_host_code(text, program.name)
        if without == text:
            raise
        return made(without)


_DESIGNATOR = re.compile(r"[{,]\s*\.[A-Za-z_]\w*\s*[={]")
"""A field's value by its name, `{.x = 1}`, which C++ has since 2020."""


def _options(program: Program) -> list[str]:
    standard = "c++20" if _DESIGNATOR.search(program.text) else "c++17"
    return [f"--std={standard}", f"--fmad={'true' if program.contract else 'false'}"]


class _Compiler(Protocol):
    version: tuple[Any, ...]

    def compile(self, text: str, program: Program, capability: tuple[int, int], options: Sequence[str]) -> bytes: ...

    def compile_instance(
        self, text: str, program: Program, capability: tuple[int, int], options: Sequence[str], instance: str
    ) -> tuple[str, bytes]: ...


class Nvrtc:
    """NVIDIA's compiler as a library."""

    def __init__(self, nvrtc: Any) -> None:
        self._nvrtc = nvrtc
        self.version: tuple[Any, ...] = ("nvrtc", *self._call("nvrtcVersion"))
        self._known = sorted(self._call("nvrtcGetSupportedArchs")[-1])

    def compile(self, text: str, program: Program, capability: tuple[int, int], options: Sequence[str]) -> bytes:
        return self.compile_instance(text, program, capability, options, "")[1]

    def compile_instance(
        self, text: str, program: Program, capability: tuple[int, int], options: Sequence[str], instance: str
    ) -> tuple[str, bytes]:
        """Return the name of an instance of a template in machine code, and the code; with "" the code alone."""
        included = headers.for_nvrtc(text)
        names, texts = [name.encode() for name in included], [each.encode() for each in included.values()]
        source = text.encode(), program.name.encode(), len(included), texts, names
        (handle,) = self._call("nvrtcCreateProgram", *source)
        kind, target = self._target(capability)
        given = [option.encode() for option in (*options, f"--gpu-architecture={target}")]
        try:
            if instance:
                self._call("nvrtcAddNameExpression", handle, instance.encode())
            (status,) = self._nvrtc.nvrtcCompileProgram(handle, len(given), given)
            if status != self._nvrtc.nvrtcResult.NVRTC_SUCCESS:
                log = self._read(handle, "ProgramLog").decode(errors="replace")
                raise KernelError(_mistakes(log, program, headers.passed_over(included)))
            name: bytes = self._call("nvrtcGetLoweredName", handle, instance.encode())[0] if instance else b""
            return name.decode(), self._read(handle, kind)
        finally:
            self._nvrtc.nvrtcDestroyProgram(handle)

    def _target(self, capability: tuple[int, int]) -> tuple[str, str]:
        """Return the kind of output and its architecture: the GPU's own, or the newest known before it."""
        wanted = capability[0] * 10 + capability[1]
        if wanted in self._known:
            return "CUBIN", f"sm_{wanted}"
        older = [known for known in self._known if known < wanted]
        if not older:
            raise DeviceError(
                f"this NVRTC does not support compute capability {capability[0]}.{capability[1]}; an older release does"
            )
        return "PTX", f"compute_{older[-1]}"

    def _read(self, handle: Any, what: str) -> bytes:
        size: int = self._call(f"nvrtcGet{what}Size", handle)[0]
        buffer = b" " * size
        self._call(f"nvrtcGet{what}", handle, buffer)
        return buffer

    def _call(self, name: str, *arguments: Any) -> tuple[Any, ...]:
        status, *results = getattr(self._nvrtc, name)(*arguments)
        if status != self._nvrtc.nvrtcResult.NVRTC_SUCCESS:
            raise DeviceError(f"NVRTC failed in {name}: {status.name}")
        return tuple(results)


class _Nvcc:
    """NVIDIA's compiler as a program."""

    def __init__(self, path: str, version: str) -> None:
        self._path = path
        self.version: tuple[Any, ...] = ("nvcc", version)

    @classmethod
    def find(cls) -> _Nvcc | None:
        path = which("nvcc")
        if path is None:
            return None
        found = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
        return cls(path, found.stdout) if found.returncode == 0 else None

    def compile_instance(
        self, text: str, program: Program, capability: tuple[int, int], options: Sequence[str], instance: str
    ) -> tuple[str, bytes]:
        remedy = "pip install 'imgcuda[gpu]' brings NVRTC, which does"
        raise DeviceError(f"{program.name}: nvcc does not name '{instance}', an instance of a template; {remedy}")

    def compile(self, text: str, program: Program, capability: tuple[int, int], options: Sequence[str]) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder, "kernel.cu"), Path(folder, "kernel.cubin")
            source.write_text(text, encoding="utf-8")
            arch = f"-arch=sm_{capability[0]}{capability[1]}"
            for name in headers.OF_SAMPLES:
                Path(folder, name).write_text(headers.HEADERS[name], encoding="utf-8")
            command = [self._path, "--cubin", arch, f"-I{folder}", *options, "-o", str(target), str(source)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise KernelError(_mistakes(done.stderr + done.stdout, program))
            return target.read_bytes()


def nvrtc_missing() -> str | None:
    """Return why NVRTC compiles nothing here, in a sentence; None where it does, with a GPU or without."""
    return None if find_nvrtc() else "NVRTC is not installed: pip install nvidia-cuda-nvrtc cuda-bindings"


@cache
def find_nvrtc() -> Nvrtc | None:
    """Return NVRTC, or None if it or its Python bindings are not installed."""
    try:
        from cuda.bindings import nvrtc
    except ImportError:
        return None
    try:
        return Nvrtc(nvrtc)
    except Exception:  # the bindings are there and the library is not: they raise what their loader raises
        return None


def _mistakes(log: str, program: Program, remedy: str = "") -> list[Mistake] | str:
    """Return the mistakes in a compiler's log, with the author's lines; the log itself if it cannot be parsed.

    `remedy` is for names that are not declared.
    """
    found = [_mistake(m, program, remedy) for m in _MESSAGE.finditer(log)]
    return found or f"{program.name}: {log.strip()}"


def _mistake(match: re.Match[str], program: Program, remedy: str) -> Mistake:
    message, file, line = match["message"], match["file"], int(match["line"])
    undeclared = message.endswith("is undefined")
    return Mistake(message, file, line, text=program.line(file, line), remedy=remedy if undeclared else "")

"""The processor that code is compiled for, by LLVM's names for it and its features."""

from __future__ import annotations

import platform
from functools import cache
from typing import Any, NamedTuple

from imgcuda.errors import DeviceError
from imgcuda.startup import no_memory_to_load

WIDTHS = {"+avx512bw": 64, "+avx2": 32}
"""The number of threads in a vector that was fastest, by the processor's features; NARROWEST for all others."""
NARROWEST = 16


class Machine(NamedTuple):
    """A processor that code is compiled for."""

    cpu: str
    features: str
    triple: str = ""
    """LLVM's name of its architecture and system, as aarch64-linux-gnu; empty for those of this process."""

    @classmethod
    @cache
    def host(cls) -> Machine:
        """Return the processor that this process runs on."""
        llvm = load_llvm()
        features = llvm.get_host_cpu_features().flatten()
        if platform.machine().lower() in ("aarch64", "arm64"):
            features += ",+neon"  # which all of them have; LLVM does not say so of every system
        return cls(llvm.get_host_cpu_name(), features.strip(","))

    @property
    def width(self) -> int:
        """The most threads in a vector."""
        return next((width for feature, width in WIDTHS.items() if feature in self.features), NARROWEST)

    def target(self) -> Any:
        """Return LLVM's code generator for it."""
        llvm = load_llvm()
        _initialize(every=bool(self.triple))
        target = llvm.Target.from_triple(self.triple) if self.triple else llvm.Target.from_default_triple()
        return target.create_target_machine(
            cpu=self.cpu, features=self.features, opt=3, reloc="pic", codemodel="small", jit=True
        )


@cache
def _initialize(every: bool) -> None:
    """Make LLVM's code generators known: this process's own, or every one that it was built with."""
    llvm = load_llvm()
    if every:
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
    else:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()


def load_llvm() -> Any:
    """Return llvmlite's interface to LLVM. Raises DeviceError if its library cannot be loaded."""
    try:
        import llvmlite.binding as llvm
    except (ImportError, OSError, MemoryError) as error:
        why = " ".join(f"{error.__context__ or error}".split())[:200]
        broken = f"cannot load llvmlite, the compiler of the CPU engine: {why}; install llvmlite again"
        raise DeviceError(no_memory_to_load(error) or broken) from error
    return llvm

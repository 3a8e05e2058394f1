"""The NVIDIA driver, its GPUs, and the packages that use them: none of them is needed, but all that are there must
fit together."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from shutil import which

from imgcuda.cuda import compile as gpu_compiler
from imgcuda.cuda import driver_facts, jpeg_codec, presence
from imgcuda.cuda.driver_api import choice
from imgcuda.cuda.driver_facts import NO_GPU, DriverFacts
from imgcuda.diagnosis.finding import Finding, State
from imgcuda.diagnosis.packages import installed_version

CURES = {
    "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH": "sudo reboot",
    "CUDA_ERROR_SYSTEM_NOT_READY": "sudo systemctl start nvidia-fabricmanager",
    "CUDA_ERROR_UNKNOWN": "sudo modprobe nvidia_uvm",
    "CUDA_ERROR_STUB_LIBRARY": "unset LD_LIBRARY_PATH",
}
"""What cures a driver, by the error with which it begins."""
TELLS_MORE = "nvidia-smi"

INSTALL = "pip install 'imgcuda[gpu]'"


def gpu() -> Iterator[Finding]:
    """Yield the driver, the GPUs, and what runs and compiles kernels on them."""
    driver = driver_facts.read_driver()
    yield _driver(driver)
    gpus = driver.gpus if driver else ()
    for number, each in enumerate(gpus):
        capability = ".".join(map(str, each.capability))
        text = f"cuda:{number}, {each.name}, {each.memory / 2**30:.0f} GiB, compute capability {capability}"
        facts = {"name": each.name, "memory": each.memory, "capability": list(each.capability)}
        yield Finding("GPU", text, facts=facts)
    if not gpus:
        yield Finding("GPU", "none; filters run on the processor", "none")
    yield _bindings(bool(gpus))
    yield from _compilers(bool(gpus))
    yield _codecs()


def _driver(driver: DriverFacts | None) -> Finding:
    if driver is None:
        return Finding("driver", presence.NO_DRIVER, "none")
    release = f"NVIDIA {driver.release}, " if driver.release else "NVIDIA, "
    text = f"{release}for CUDA {driver.cuda[0]}.{driver.cuda[1]}"
    facts = {"release": driver.release, "cuda": list(driver.cuda)}
    if driver.error and driver.error != NO_GPU:
        cure = CURES.get(driver.error, TELLS_MORE)
        return Finding("driver", f"{text}, which does not work: {driver.error}", "wrong", cure, facts)
    return Finding("driver", text, facts=facts)


def _bindings(has_gpu: bool) -> Finding:
    """Return which package calls the driver, and whether it works with it."""
    package = choice()
    version, why = installed_version(package), presence.missing() if has_gpu else None
    if why:
        return Finding("bindings", why, "wrong", INSTALL if version is None else f"{INSTALL} --force-reinstall")
    if version is None:
        return Finding("bindings", "neither cuda-bindings nor PyCUDA; only a GPU needs one", "none", INSTALL)
    return Finding("bindings", f"{package} {version}", facts={"package": package, "version": version})


def _compilers(has_gpu: bool) -> Iterator[Finding]:
    """Yield NVRTC and nvcc, of which a GPU needs one."""
    nvrtc, nvcc = gpu_compiler.find_nvrtc(), which("nvcc")
    if nvrtc:
        version = ".".join(map(str, nvrtc.version[1:]))
        yield Finding("NVRTC", version, facts={"version": version})
    else:
        state: State = "wrong" if has_gpu and nvcc is None else "none"
        text = "not installed; it compiles kernels for a GPU, and checks them for one without a GPU"
        yield Finding("NVRTC", text, state, "pip install nvidia-cuda-nvrtc cuda-bindings")
    yield _nvcc(nvcc)


def _nvcc(path: str | None) -> Finding:
    if path is None:
        return Finding("nvcc", "not installed; NVRTC does what it would do", "none")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout
    found = re.search(r"release (\S+?),", said)
    if found is None:
        return Finding("nvcc", f"{path} does not tell its version; NVRTC does what it would do", "none")
    return Finding("nvcc", f"{found[1]}, {path}", facts={"version": found[1], "path": path})


def _codecs() -> Finding:
    """Return whether a GPU can decode and encode JPEGs."""
    if jpeg_codec.missing():
        return Finding("GPU codecs", "not installed; only batches on a GPU use them", "none", jpeg_codec.INSTALL)
    return Finding("GPU codecs", "nvImageCodec")

"""The parts of imgcuda on this machine: the processor, variables, the codecs, the cache and the plugins."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator

from imgcuda import devices, kernel_cache, private_folder
from imgcuda.cpu.device import CpuDevice
from imgcuda.diagnosis.finding import Finding
from imgcuda.diagnosis.packages import installed_version
from imgcuda.engine import memory_limit
from imgcuda.engine.memory_limit import in_words
from imgcuda.errors import DeviceError
from imgcuda.registry import Plugin, Registry

VARIABLES = ("IMGCUDA_", "CUDA_", "NVIDIA_VISIBLE_DEVICES")
"""The beginnings of the names of variables that imgcuda, or the driver, looks at."""

OWN = "imgcuda"
"""The distribution of the built-in plugins."""


def processor() -> Iterator[Finding]:
    """Yield the processor, its cores, and the width of the vectors that the CPU engine makes."""
    device = CpuDevice()
    try:
        threads = device.vector_threads
    except DeviceError as error:
        yield Finding("processor", f"{device.description}; {error}", "wrong", "pip install --force-reinstall llvmlite")
        return
    text = f"{device.description}, up to {threads} threads of a kernel in a vector"
    yield Finding("processor", text, facts={"description": device.description, "vector_threads": threads})


def variables() -> Iterator[Finding]:
    """Yield the environment variables that imgcuda or the driver reads, and each value that imgcuda refuses."""
    given = {name: value for name, value in sorted(os.environ.items()) if name.startswith(VARIABLES)}
    yield Finding("variables", ", ".join(f"{name}={value}" for name, value in given.items()) or "none", facts=given)
    checks: dict[str, Callable[[], object]] = {"IMGCUDA_MEMORY_LIMIT": memory_limit.limit}
    checks["IMGCUDA_CHECK"] = devices.find
    checks["IMGCUDA_DEVICE"] = devices.choose
    for name in checks.keys() & given.keys():
        try:
            checks[name]()
        except DeviceError as error:
            yield Finding("variables", str(error), "wrong", f"unset {name}")


def codecs() -> Iterator[Finding]:
    """Yield the libraries that read and write files, and the libraries that this build of Pillow lacks."""
    from imgcuda.images.codec_versions import codec_versions

    found = codec_versions()
    have = {what: library for what, library in found.items() if library}
    yield Finding("codecs", ", ".join(f"{what} ({library})" for what, library in have.items()), facts=found)
    for what in found.keys() - have.keys():
        yield Finding("codecs", f"this Pillow has no {what}", "none", "pip install --force-reinstall pillow")
    if installed_version("av") is None:
        yield Finding("codecs", "no videos: PyAV is not installed", "none", "pip install 'imgcuda[video]'")


def cache() -> Iterator[Finding]:
    """Yield where compiled kernels are kept, how many bytes they take, and whether this user can write there."""
    if why := kernel_cache.why_unused():
        words, _, remedy = why.partition("; ")
        cure = remedy if remedy.startswith("chmod ") else _other_folder()
        yield Finding("cache", f"compiled kernels are not kept: {words}", "wrong", cure)
        return
    path = private_folder.path("cache")
    files, size = kernel_cache.contents()
    rights = stat.filemode(path.stat().st_mode)
    count, most = f"{files} file{'s' * (files != 1)}", in_words(kernel_cache.LARGEST)
    text = f"{path}, {count}, {in_words(size)} of at most {most}, {rights}"
    yield Finding("cache", text, facts={"path": str(path), "files": files, "bytes": size, "rights": rights})


def _other_folder() -> str:
    """Return the command that leads to a folder where kernels can be kept."""
    return "unset IMGCUDA_CACHE" if os.environ.get("IMGCUDA_CACHE") else 'export IMGCUDA_CACHE="$(mktemp -d)"'


def plugins(registry: Registry) -> Iterator[Finding]:
    """Yield the working plugins, each plugin that is switched off or fails to load, and filters of the same name."""
    loaded = _filters_of(registry)
    text = ", ".join(f"{name} ({count} filter{'s' * (count != 1)})" for name, count in loaded.items())
    yield Finding("plugins", text or "none", facts=loaded)
    for plugin in registry.disabled:
        enable = f"imgcuda plugins --enable {plugin.name}"
        yield Finding("plugins", f"{plugin} is switched off", "none", enable)
    for plugin, why in registry.broken.items():
        yield Finding("plugins", f"{plugin} failed to load: {why}", "wrong", _cure_of(plugin))
    for name, sources in registry.clashes.items():
        both = " and from ".join(plugin.distribution for plugin in sources)
        text = f"filter '{name}' comes from {both}, so that neither can be used"
        yield Finding("plugins", text, "wrong", f"pip uninstall {_last_but_own(sources).project}")


def _filters_of(registry: Registry) -> dict[str, int]:
    """Return how many filters come from each distribution."""
    return dict(sorted(Counter(plugin.distribution for plugin in registry.sources.values()).items()))


def _cure_of(plugin: Plugin) -> str:
    if plugin.project == OWN:
        return f"pip install --force-reinstall {OWN}"
    return f"imgcuda plugins --disable {plugin.name}"


def _last_but_own(sources: list[Plugin]) -> Plugin:
    """Return the plugin to uninstall, where several have a filter of the same name: the last that is not built in."""
    return next((each for each in reversed(sources) if each.project != OWN), sources[-1])

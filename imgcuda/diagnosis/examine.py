"""All examinations of this machine, in the order in which they are reported."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from imgcuda.diagnosis import gpu_parts, packages, parts, probe
from imgcuda.diagnosis.finding import Examination, Finding, examined
from imgcuda.registry import Registry


def examine(registry: Registry) -> Iterator[Finding]:
    """Yield all findings about this machine, each as soon as it is there."""
    examinations: dict[str, Examination] = {
        "Python": packages.python,
        "packages": packages.packages,
        "variables": parts.variables,
        "processor": parts.processor,
        "GPU": gpu_parts.gpu,
        "codecs": parts.codecs,
        "cache": parts.cache,
        "plugins": partial(parts.plugins, registry),
        "pixel": probe.pixels,
    }
    for subject, examination in examinations.items():
        yield from examined(subject, examination)

"""`imgcuda doctor`: what it finds on a machine that works, and what it says of one that does not."""

from __future__ import annotations

import ctypes
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgcuda import Pipeline, Registry, devices
from imgcuda.cli import build, run
from imgcuda.cuda import driver_facts, presence
from imgcuda.cuda.driver_facts import NO_GPU, DriverFacts, GpuFacts
from imgcuda.diagnosis import gpu_parts, packages, parts, probe
from imgcuda.diagnosis.finding import Finding, examined
from imgcuda.diagnosis.packages import Requirement
from imgcuda.errors import DeviceError
from imgcuda.registry import Plugin
from support.installation import Installation, filter_of
from support.installed import installed

H200 = GpuFacts("NVIDIA H200", 139 << 30, (9, 0))


@pytest.fixture
def found(capsys: pytest.CaptureFixture[str]) -> Callable[[Registry], tuple[int, dict[str, Any]]]:
    """A function that runs `imgcuda doctor --json` with a registry; it returns the exit code and the object."""
    return lambda registry: (run(["doctor", "--json"], build(registry)), json.loads(capsys.readouterr().out))


def of(subject: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in found["findings"] if each["subject"] == subject]


def wrong(findings: list[Finding]) -> list[Finding]:
    return [each for each in findings if each.state == "wrong"]


def test_a_machine_that_works_passes_with_or_without_a_gpu(found: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    code, everything = found(installed())
    assert (code, everything["ok"]) == (0, True), [e for e in everything["findings"] if e["state"] == "wrong"]
    assert of("Python", everything)[0]["facts"]["version"] == platform.python_version()
    assert of("packages", everything)[0]["facts"]["numpy"] == np.__version__
    assert of("plugins", everything)[0]["facts"] == {"imgcuda 0.1.0": len(installed().entries)}
    names = [each["facts"]["device"] for each in of("pixel", everything)]
    assert names == [*(device.name for device in devices.find()), "cpu, checked"]
    assert of("cache", everything)[0]["facts"]["path"] == os.environ["IMGCUDA_CACHE"]


def test_the_text_has_the_same_findings_and_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"], build(installed())) == 0
    out = capsys.readouterr().out
    assert out.startswith("ok    imgcuda     0.1.0\n")
    assert "\nok    pixel       cpu is right, in " in out
    assert out.endswith("\nNothing is wrong.\n")


@pytest.mark.exhaustive
def test_a_plugin_that_fails_is_wrong_and_its_cure_works(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    installation.add("raise ImportError('no such lens')")
    done = installation.run("doctor")
    assert done.returncode == 1
    text = "WRONG plugins     postcard (old-photo 0.3) failed to load: ImportError: no such lens"
    assert text in done.stdout
    assert "                  cure: imgcuda plugins --disable postcard\n" in done.stdout
    assert done.stdout.endswith("1 thing is wrong; the command below each cures it\n")
    assert installation.run("plugins", "--disable", "postcard").returncode == 0
    cured = installation.run("doctor")
    assert cured.returncode == 0
    assert "postcard (old-photo 0.3) is switched off" in cured.stdout


def test_a_working_plugin_of_another_distribution_is_counted(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    installation.add(filter_of())
    assert "old-photo 0.3 (1 filter)" in installation.run("doctor").stdout


def test_two_filters_of_one_name_are_wrong() -> None:
    registry, blur = Registry(), installed()["blur"]
    registry.add(Plugin("blur", "imgcuda 0.1.0"), [blur])
    registry.add(Plugin("mine", "my-filters 2"), [blur])
    (finding,) = wrong(list(parts.plugins(registry)))
    assert finding.cure == "pip uninstall my-filters"


def test_a_cache_that_others_may_write_to_is_wrong_and_its_cure_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setenv("IMGCUDA_CACHE", str(folder))
    (finding,) = parts.cache()
    assert (finding.state, finding.cure) == ("wrong", f"chmod go-w {folder}")
    folder.chmod(0o755)
    (finding,) = parts.cache()
    assert finding.facts == {"path": str(folder), "files": 0, "bytes": 0, "rights": "drwxr-xr-x"}


def test_a_cache_with_a_relative_path_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_CACHE", "here")
    (finding,) = parts.cache()
    assert (finding.state, finding.cure) == ("wrong", "unset IMGCUDA_CACHE")


@pytest.mark.parametrize(
    ("name", "value"), [("IMGCUDA_MEMORY_LIMIT", "much"), ("IMGCUDA_CHECK", "perhaps"), ("IMGCUDA_DEVICE", "gpu")]
)
def test_a_variable_with_a_value_that_is_refused_is_wrong(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    shown, refused = parts.variables()
    assert shown.facts[name] == value
    assert (refused.state, refused.cure) == ("wrong", f"unset {name}")


# Packages


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("isal>=1.7", Requirement("isal", ((">=", "1.7"),))),
        ("typer<1,>=0.29", Requirement("typer", (("<", "1"), (">=", "0.29")))),
        ('dask[array]>=2025.1; extra == "dask"', Requirement("dask", ((">=", "2025.1"),), "dask")),
        ("numpy", Requirement("numpy", ())),
        (
            'cuda-bindings>=13; sys_platform == "linux" and extra == "test"',
            Requirement("cuda-bindings", ((">=", "13"),), "test"),
        ),
    ],
)
def test_requirements_are_read_as_metadata_has_them(line: str, expected: Requirement) -> None:
    assert Requirement.read(line) == expected


@pytest.mark.parametrize(
    ("version", "allowed"),
    [("1.7", True), ("1.7.0", True), ("1.10", True), ("1.6.9", False), ("2.0", False), ("1.7rc1", True)],
)
def test_versions_are_compared_by_their_numbers(version: str, allowed: bool) -> None:
    assert (not Requirement.read("isal>=1.7,<2").violation(version)) == allowed


def test_a_package_that_is_missing_or_too_old_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"numpy": "1.20", "pillow": "13.0", "dask": "2020.1"}
    lines = ["numpy>=1.26", "pillow>=13", "isal>=1.7", 'dask[array]>=2025.1; extra == "dask"', 'zarr; extra == "zarr"']
    monkeypatch.setattr("importlib.metadata.requires", lambda name: lines)
    monkeypatch.setattr(packages, "installed_version", versions.get)
    everything, *others = packages.packages()
    assert everything.facts == versions
    assert [(each.text, each.cure) for each in others] == [
        ("numpy 1.20 is not >=1.26", "pip install 'numpy>=1.26'"),
        ("isal is not installed", "pip install 'isal>=1.7'"),
        ("dask 2020.1 is not >=2025.1", "pip install 'imgcuda[dask]'"),
    ]


# The driver and GPUs


def driver_of(gpus: tuple[GpuFacts, ...], status: int = 0) -> Callable[[str], Callable[..., int]]:
    """Return a stand-in for the functions of the driver's library, that knows these GPUs."""

    def put(out: Any, value: int) -> None:
        ctypes.cast(out, ctypes.POINTER(ctypes.c_int))[0] = value

    def init(_: int) -> int:
        return status

    def version(out: Any) -> int:
        put(out, 13020)
        return 0

    def count(out: Any) -> int:
        put(out, len(gpus))
        return 0

    def get(out: Any, number: int) -> int:
        put(out, number)
        return 0

    def name(out: Any, size: int, handle: int) -> int:
        out.value = gpus[handle].name.encode()[: size - 1]
        return 0

    def memory(out: Any, handle: int) -> int:
        ctypes.cast(out, ctypes.POINTER(ctypes.c_size_t))[0] = gpus[handle].memory
        return 0

    def attribute(out: Any, number: int, handle: int) -> int:
        put(out, gpus[handle].capability[number - 75])
        return 0

    functions: dict[str, Callable[..., int]]
    functions = {"cuInit": init, "cuDriverGetVersion": version, "cuDeviceGetCount": count, "cuDeviceGet": get}
    functions |= {"cuDeviceGetName": name, "cuDeviceTotalMem_v2": memory, "cuDeviceGetAttribute": attribute}
    return functions.__getitem__


def test_the_driver_tells_of_itself_and_of_each_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "version"
    module.write_text("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build\n")
    gpus = (H200, GpuFacts("Tesla T4", 16 << 30, (7, 5)))
    monkeypatch.setattr(driver_facts, "MODULE", module)
    monkeypatch.setattr(driver_facts, "function", driver_of(gpus))
    assert driver_facts.read_driver() == DriverFacts((13, 2), "580.95.05", gpus)


def test_a_driver_without_a_gpu_is_nothing_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_facts, "function", driver_of(()))
    found = driver_facts.read_driver()
    assert found is not None and (found.gpus, found.error) == ((), NO_GPU)
    assert not wrong(list(gpu_parts.gpu()))


def test_without_a_driver_there_is_nothing_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(name: str) -> Any:
        return ctypes.CDLL("libnothing-of-this-name.so")

    monkeypatch.setattr(driver_facts, "function", no_library)
    assert driver_facts.read_driver() is None
    assert not wrong(list(gpu_parts.gpu()))


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        ("CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "sudo reboot"),
        ("CUDA_ERROR_UNKNOWN", "sudo modprobe nvidia_uvm"),
        ("CUDA_ERROR_OPERATING_SYSTEM", "nvidia-smi"),
    ],
)
def test_a_driver_that_does_not_begin_is_wrong(error: str, cure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_facts, "function", driver_of((), status=803))
    monkeypatch.setattr(driver_facts, "error_name", lambda status: error)
    (finding,) = wrong(list(gpu_parts.gpu()))
    assert finding.text.endswith(f"for CUDA 13.2, which does not work: {error}")
    assert finding.cure == cure


def test_a_gpu_without_bindings_and_compiler_is_wrong_twice(monkeypatch: pytest.MonkeyPatch, no_nvrtc: None) -> None:
    monkeypatch.setattr(driver_facts, "read_driver", lambda: DriverFacts((13, 2), "", (H200,)))
    monkeypatch.setattr(presence, "missing", lambda: "neither cuda-bindings nor PyCUDA is installed")
    monkeypatch.setattr(gpu_parts, "installed_version", lambda name: None)
    monkeypatch.setenv("PATH", "")
    found = list(gpu_parts.gpu())
    assert "cuda:0, NVIDIA H200, 139 GiB, compute capability 9.0" in [each.text for each in found]
    assert [(each.subject, each.cure) for each in wrong(found)] == [
        ("bindings", "pip install 'imgcuda[gpu]'"),
        ("NVRTC", "pip install nvidia-cuda-nvrtc cuda-bindings"),
    ]


def test_the_driver_and_the_bindings_tell_the_same_of_a_gpu(gpu: str) -> None:
    driver = driver_facts.read_driver()
    assert driver is not None
    index = int(gpu.partition(":")[2])
    name = driver.gpus[index].name
    assert devices.choose(gpu).description.startswith(f"{name}, ")


# The pixel


def test_a_device_that_computes_something_else_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pipeline, "__call__", lambda *_, **__: np.zeros((1, 1, 3), np.uint8))
    found = list(probe.pixels())
    assert {each.state for each in found} == {"wrong"}
    assert found[-1].text == "cpu, checked computes (0, 0, 0) of (10, 20, 30), not (30, 235, 10)"


def test_a_device_that_fails_is_wrong_with_its_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise DeviceError("the lamp is broken")

    monkeypatch.setattr(Pipeline, "__call__", fails)
    assert {each.text.partition(": ")[2] for each in probe.pixels()} == {"the lamp is broken"}


def test_an_examination_that_raises_is_a_finding() -> None:
    def broken() -> list[Finding]:
        raise OSError(5, "input/output error")

    (finding,) = examined("disk", broken)
    assert (finding.subject, finding.state) == ("disk", "wrong")
    assert "input/output error" in finding.text.lower()

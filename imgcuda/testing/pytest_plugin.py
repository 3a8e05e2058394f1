"""A pytest plugin for every project that has imgcuda installed: the fixtures `device`, `kernels` and `sample_images`.

pytest                              on every device of this machine
pytest --imgcuda-device cpu         on its cores only
pytest --imgcuda-device cuda        on its first GPU; without one, each test that needs it is skipped
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from imgcuda.testing.device_kernels import DeviceKernels

OPTION = "imgcuda_device"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("imgcuda")
    about = "where filters are tested: auto (every device there is), cpu, cuda, or cuda:N"
    group.addoption("--imgcuda-device", dest=OPTION, default="auto", metavar="NAME", help=about)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that uses the fixture `device` once on each device, and put the device into the test's id."""
    definitions = getattr(metafunc, "_arg2fixturedefs", {}).get("device")
    if definitions and definitions[-1].func.__module__ == __name__:  # not another project's fixture of that name
        metafunc.parametrize("device", device_names(metafunc.config), indirect=True, scope="session")


def device_names(config: pytest.Config) -> list[str]:
    """Return the names of the devices to test on."""
    from imgcuda import devices

    name: str = config.getoption(OPTION)
    return [device.name for device in devices.find()] if name == "auto" else [name]


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> str:
    """The name of the device to run on, like "cpu" or "cuda:0". Without a GPU, a test for one is skipped."""
    from imgcuda import devices

    name: str = request.param
    if name.startswith("cuda") and (why := devices.no_gpu()):
        pytest.skip(f"no GPU: {why}")
    return name


@pytest.fixture(scope="session")
def kernels(device: str) -> DeviceKernels:
    """`imgcuda.kernels` on each device: always on the CPU, and on a GPU where there is one."""
    from imgcuda.testing.device_kernels import DeviceKernels

    return DeviceKernels(device)


@pytest.fixture(scope="session")
def sample_images() -> dict[str, npt.NDArray[np.generic]]:
    """Small images of every kind, by name: "gray", "gray alpha", "rgb", "rgba", "rgb 16-bit" and "rgb float"."""
    from imgcuda.testing.contract_checks import random_image

    kinds: dict[str, tuple[tuple[int, ...], Any]] = {
        "gray": ((61, 83), "uint8"),
        "gray alpha": ((61, 83, 2), "uint8"),
        "rgb": ((61, 83, 3), "uint8"),
        "rgba": ((61, 83, 4), "uint8"),
        "rgb 16-bit": ((61, 83, 3), "uint16"),
        "rgb float": ((61, 83, 3), "float32"),
    }
    return {name: random_image(shape, dtype) for name, (shape, dtype) in kinds.items()}

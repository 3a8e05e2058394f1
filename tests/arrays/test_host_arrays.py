"""Arrays of other libraries in host memory: the same library comes out, and nothing is copied on the way in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any, assert_type

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import DeviceError, ImageError, Pipeline
from imgcuda.layouts import ImageLayout
from support.installed import installed

Make = Callable[..., npt.NDArray[Any]]
INVERT = installed().create("invert", {})
BLUR = installed().create("blur", {"sigma": 1})


class Produced:
    """A producer of DLPack: NumPy's own, of an array, in the kind that a test asks for."""

    def __init__(self, array: npt.NDArray[Any], device: tuple[int, int] = (1, 0)) -> None:
        self._array, self._device = array, device
        self.asked: list[dict[str, Any]] = []

    @property
    def shape(self) -> tuple[int, ...]:
        return self._array.shape

    def __dlpack__(self, **asked: Any) -> Any:
        self.asked.append(asked)
        return self._array.__dlpack__(**asked)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._device


class Old(Produced):
    """A producer of before DLPack 1.0: it takes no `max_version`."""

    def __dlpack__(self, stream: None = None) -> Any:  # type: ignore[override]
        return self._array.__dlpack__()


class Namespace:
    """A library by the array API standard."""

    @staticmethod
    def from_dlpack(array: npt.NDArray[Any]) -> tuple[str, npt.NDArray[Any]]:
        return "theirs", array


class Standard(Produced):
    """An array that names its library."""

    def __array_namespace__(self) -> type[Namespace]:
        return Namespace


@pytest.mark.parametrize("kind", [Produced, Old])
@pytest.mark.parametrize("view", ["whole", "every second column", "upside down", "rows from the third"])
def test_anything_with_dlpack_is_filtered(kind: type[Produced], view: str, random_image: Make) -> None:
    image = random_image((12, 14, 3))
    part = {"whole": image, "every second column": image[:, ::2], "upside down": image[::-1]}.get(view, image[2:])
    np.testing.assert_array_equal(INVERT(kind(part), device="cpu"), 255 - part)


def test_a_read_only_producer_is_filtered_and_stays_as_it_is(random_image: Make) -> None:
    image = random_image((12, 14, 3))
    image.flags.writeable = False
    before = image.copy()
    made: Any = INVERT(Standard(image), device="cpu")
    np.testing.assert_array_equal(made[1], 255 - image)
    np.testing.assert_array_equal(image, before)


def test_the_result_is_of_the_library_that_the_array_names(random_image: Make) -> None:
    image = random_image((12, 14, 3))
    made: Any = INVERT(Standard(image), device="cpu")
    assert made[0] == "theirs"
    np.testing.assert_array_equal(made[1], 255 - image)


def test_a_type_checker_knows_what_comes_back(random_image: Make) -> None:
    given = Standard(random_image((5, 6)))
    assert_type(INVERT(given, device="cpu"), Standard)
    assert_type(Pipeline([INVERT])(given, device="cpu"), Standard)
    assert_type(INVERT(random_image((5, 6)), device="cpu"), npt.NDArray[Any])


def test_wrong_samples_are_refused_as_for_numpy() -> None:
    with pytest.raises(ImageError, match="samples must be uint8, uint16, float32, float16 or float64; got int32"):
        INVERT(Produced(np.zeros((3, 4), np.int32)), device="cpu")


def test_an_array_on_another_device_is_refused_by_name(random_image: Make) -> None:
    with pytest.raises(DeviceError, match="an NVIDIA GPU; it is on ROCm; copy it to the host first"):
        INVERT(Produced(random_image((5, 6)), device=(10, 0)), device="cpu")


def test_a_producer_that_fails_is_named(random_image: Make) -> None:
    class Fails(Produced):
        def __dlpack__(self, **asked: Any) -> Any:
            raise RuntimeError("it is gone")

    with pytest.raises(ImageError, match="Fails cannot be read as an array: it is gone"):
        INVERT(Fails(random_image((5, 6))), device="cpu")


# PyTorch


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
def test_a_tensor_comes_back_as_a_tensor(torch: Any, kind: str, random_image: Make) -> None:
    image = random_image((12, 14, 3), kind)
    made = BLUR(torch.from_numpy(image), device="cpu")
    assert isinstance(made, torch.Tensor)
    assert made.dtype == getattr(torch, kind)
    np.testing.assert_array_equal(made.numpy(), BLUR(image, device="cpu"))


def test_a_permuted_tensor_is_read_by_its_strides(torch: Any, random_image: Make) -> None:
    image = random_image((3, 12, 14))
    made = INVERT(torch.from_numpy(image).permute(1, 2, 0), device="cpu")
    np.testing.assert_array_equal(made.numpy(), 255 - image.transpose(1, 2, 0))


def test_the_result_may_be_written_to_a_tensor(torch: Any, random_image: Make) -> None:
    image = torch.from_numpy(random_image((12, 14, 3)))
    wanted, out = 255 - image, torch.zeros_like(image)
    assert INVERT(image, device="cpu", out=out) is out
    assert (out == wanted).all()
    assert INVERT(image, device="cpu", out=image) is image
    assert (image == wanted).all()


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_bfloat16_is_computed_as_float32_and_rounded_once(torch: Any, layout: ImageLayout, random_image: Make) -> None:
    image = torch.from_numpy(random_image((3, 12, 14), "float32")).bfloat16()
    image = image if layout == "CHW" else image.permute(1, 2, 0)
    wanted = BLUR(image.float(), device="cpu", layout=layout).bfloat16()
    made = BLUR(image, device="cpu", layout=layout)
    assert made.dtype == torch.bfloat16
    assert torch.equal(made, wanted)
    for out in (torch.zeros_like(image), image):
        assert BLUR(image, device="cpu", layout=layout, out=out) is out
        assert torch.equal(out, wanted)


def test_a_tensor_is_not_changed_by_a_chain_without_filters(torch: Any, random_image: Make) -> None:
    image = torch.from_numpy(random_image((12, 14, 3)))
    made = Pipeline([])(image, device="cpu")
    made += 1
    assert (made != image).all()


def test_tensors_that_cannot_be_filtered_are_refused_with_the_remedy(torch: Any) -> None:
    with pytest.raises(ImageError, match=r"give tensor\.detach\(\)"):
        INVERT(torch.zeros((4, 5), requires_grad=True), device="cpu")
    with pytest.raises(ImageError, match=r"out must have the array's own type, torch.bfloat16; it has torch.float32"):
        INVERT(torch.zeros((4, 5), dtype=torch.bfloat16), device="cpu", out=torch.zeros((4, 5)))
    with pytest.raises(ImageError, match="Tensor cannot be read as an array"):
        INVERT(torch.zeros((4, 5)).to_sparse(), device="cpu")
    with pytest.raises(ImageError, match="out must be of the array's own kind, a Tensor in host memory"):
        INVERT(torch.zeros((4, 5)), device="cpu", out=np.zeros((4, 5), np.float32))


def test_jax_comes_back_as_jax(random_image: Make) -> None:
    jax = pytest.importorskip("jax")
    image = random_image((12, 14, 3))
    made = INVERT(jax.device_put(image, jax.devices("cpu")[0]), device="cpu")
    assert isinstance(made, jax.Array)
    np.testing.assert_array_equal(np.asarray(made), 255 - image)
    floats = jax.device_put(image / np.float32(255), jax.devices("cpu")[0])
    half = INVERT(floats.astype("bfloat16"), device="cpu")
    assert half.dtype == "bfloat16"
    assert (half == INVERT(floats.astype("bfloat16").astype("float32"), device="cpu").astype("bfloat16")).all()


def test_filtering_numpy_imports_nothing_of_this() -> None:
    code = (
        "import sys, numpy, imgcuda; imgcuda.apply(numpy.zeros((4, 5), 'u1'), 'invert', device='cpu')\n"
        "print([name for name in sys.modules if name.startswith(('imgcuda.arrays', 'PIL', 'torch'))])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"

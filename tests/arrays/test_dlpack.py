"""Capsules of DLPack: ours are read by other libraries and freed once, and theirs are read in any form."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import ImageError
from imgcuda.arrays import dlpack
from imgcuda.arrays.stored_types import BFLOAT16

Make = Callable[..., npt.NDArray[Any]]


class Owner:
    """The owner of some host memory, which stands for a GPU's."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self.array = array


class Exported:
    """A producer whose capsules are ours."""

    def __init__(self, owner: Owner, versioned: bool) -> None:
        self._owner, self._versioned = owner, versioned

    def __dlpack__(self, **asked: Any) -> Any:
        array = self._owner.array
        return dlpack.export(array.ctypes.data, array.shape, array.dtype, (1, 0), self._owner, self._versioned)

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


@pytest.fixture(params=[True, False], ids=["version 1", "before version 1"])
def versioned(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=["numpy", "torch"])
def importer(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (1, 1, 1)])
def test_another_library_reads_the_same_samples(
    importer: Any, versioned: bool, kind: str, shape: tuple[int, ...], random_image: Make
) -> None:
    image = random_image(shape, kind)
    made = importer.from_dlpack(Exported(Owner(image), versioned))
    assert tuple(made.shape) == shape
    np.testing.assert_array_equal(np.asarray(made), image)


@pytest.mark.parametrize("order", ["the producer first", "the consumer first", "the capsule is never used"])
def test_memory_lives_as_long_as_anything_reads_it(
    importer: Any, versioned: bool, order: str, random_image: Make
) -> None:
    owner = Owner(random_image((5, 7, 3)))
    lives, producer = weakref.ref(owner), Exported(owner, versioned)
    del owner
    if order == "the capsule is never used":
        capsule = producer.__dlpack__()
        del producer
        assert lives()
        del capsule
    else:
        made = importer.from_dlpack(producer)
        if order == "the producer first":
            del producer
            assert lives()
            del made
        else:
            del made
            assert lives()
            del producer
    gc.collect()
    assert lives() is None


def test_a_hundred_consumers_leave_nothing_behind(importer: Any, versioned: bool, random_image: Make) -> None:
    owner = Owner(random_image((5, 7, 3)))
    lives, producer = weakref.ref(owner), Exported(owner, versioned)
    del owner
    consumers = [importer.from_dlpack(producer) for _ in range(100)]
    del producer
    while consumers:
        assert lives()
        consumers.pop(len(consumers) // 2)
    gc.collect()
    assert lives() is None


VIEWS = {
    "whole": lambda image: image,
    "turned": lambda image: image.transpose(1, 0, 2),
    "upside down": lambda image: image[::-1],
    "a part": lambda image: image[2:, 1:4],
    "one channel": lambda image: image[:, :, 1],
}


@pytest.mark.parametrize("max_version", [None, (1, 0)], ids=["before version 1", "version 1"])
@pytest.mark.parametrize("view", VIEWS)
def test_address_shape_and_strides_of_a_capsule_are_read(view: str, max_version: Any, random_image: Make) -> None:
    image = VIEWS[view](random_image((6, 7, 3), "float32"))
    said = dlpack.describe(image.__dlpack__(max_version=max_version) if max_version else image.__dlpack__())
    assert (said.address, said.shape, said.dtype) == (image.ctypes.data, image.shape, image.dtype)
    assert said.strides in (image.strides, None)
    assert said.strides or image.flags.c_contiguous


def test_a_capsule_says_that_it_is_read_only(random_image: Make) -> None:
    image = random_image((6, 7))
    image.flags.writeable = False
    assert dlpack.describe(image.__dlpack__(max_version=(1, 0))).read_only


def test_a_tensor_with_an_offset_begins_there() -> None:
    torch = pytest.importorskip("torch")
    whole = torch.arange(60, dtype=torch.uint8).reshape(5, 12)
    said = dlpack.describe(whole[2:, 3:].__dlpack__())
    assert (said.address, said.strides) == (whole.data_ptr() + 2 * 12 + 3, (12, 1))


def test_a_used_capsule_and_what_is_none_are_refused(random_image: Make) -> None:
    capsule = random_image((6, 7)).__dlpack__()

    class Given:
        def __dlpack__(self, **asked: Any) -> Any:
            return capsule

        def __dlpack_device__(self) -> tuple[int, int]:
            return 1, 0

    np.from_dlpack(Given())
    for wrong in (capsule, object()):
        with pytest.raises(ImageError, match="a capsule of DLPack that is not used yet"):
            dlpack.describe(wrong)


def test_bfloat16_is_read_and_handed_on() -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.tensor([[1.0, -2.5]], dtype=torch.bfloat16)
    said = dlpack.describe(tensor.__dlpack__())
    assert (said.address, said.shape, said.dtype) == (tensor.data_ptr(), (1, 2), BFLOAT16)
    made = torch.from_dlpack(Exported(Owner(tensor.view(torch.uint16).numpy().view(BFLOAT16)), True))
    assert made.dtype == torch.bfloat16
    assert torch.equal(made, tensor)


def test_samples_without_a_name_in_numpy_are_refused() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(ImageError, match="bfloat16 or float64; they are of DLPack's code 10, 8 bits"):
        dlpack.describe(torch.zeros((3, 4), dtype=torch.float8_e4m3fn).__dlpack__())

"""What a GPU is given for a texture, without one: the function that reads it, and the driver's own structures."""

from __future__ import annotations

import ctypes
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from imgcuda import DeviceError, LaunchError, kernels
from imgcuda.cuda import driver_calls
from imgcuda.cuda.texture_handles import TextureHandle
from imgcuda.engine.texture_argument import TextureArgument
from imgcuda.frontend.compilers import CUDA
from imgcuda.programs.source import Source, as_written

IMAGE = np.arange(5 * 7, dtype=np.float32).reshape(5, 7)


READS = """\
template <class T> __device__ T of_row(cudaTextureObject_t t, float x) { return tex1D<T>(t, x); }
#define IMAGE(t) tex2D<float>(t, 1, 2)
struct Reader { cudaTextureObject_t t; __device__ float at(int i) const { return tex1Dfetch<float>(t, i); } };
__global__ void image(cudaTextureObject_t t) { if (IMAGE(t) > 0) { __syncthreads(); } }
__global__ void row(cudaTextureObject_t t) { of_row<float>(t, 1); }
template <int N> __global__ void fetched(cudaTextureObject_t t) { Reader{t}.at(N); }
__global__ void both(cudaTextureObject_t t) { IMAGE(t); of_row<float>(t, 1); }
__global__ void rows(cudaTextureObject_t t) { tex1D<float>(t, 0); tex1Dfetch<float>(t, 0); }
"""
ROW, PICTURE, LINE = kernels.Texture(IMAGE[0]), kernels.Texture(IMAGE), kernels.Texture(IMAGE[:1])


def _given(texture: kernels.Texture, kernel: str) -> TextureArgument:
    made = texture.argument("here", as_written(Source("reads.cu", READS), {}, CUDA), kernel)
    assert isinstance(made, TextureArgument)
    return made


@pytest.mark.parametrize(
    ("kernel", "texture", "function"),
    [
        ("image", PICTURE, "tex2D"),
        ("image", ROW, "tex2D"),
        ("row", ROW, "tex1D"),
        ("fetched<3>", ROW, "tex1Dfetch"),
        ("both", PICTURE, "tex2D"),
        ("both", ROW, "tex1D"),
        ("both", LINE, "tex2D"),
        ("row", LINE, "tex1D"),
    ],
)
def test_a_gpus_texture_is_for_the_function_that_reads_it(kernel: str, texture: kernels.Texture, function: str) -> None:
    assert _given(texture, kernel).function == function


def test_a_texture_that_no_function_of_the_kernel_fits_is_refused() -> None:
    with pytest.raises(LaunchError, match="here; the kernel reads textures by tex1D, and this one has 5 rows; pass an"):
        _given(PICTURE, "row")
    with pytest.raises(LaunchError, match="here; the kernel reads textures by tex1Dfetch and tex1D; read textures of"):
        _given(ROW, "rows")


class Driver:
    """Notes the calls of the driver, and the bytes that it is given; what it makes has the numbers 100, 101 ..."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[bytes | int | None]]] = []

    def function(self, name: str) -> Any:
        """Return a function of the driver."""

        def called(*arguments: Any) -> int:
            read = [getattr(each, "_obj", each) for each in arguments]  # of byref
            if "Create" in name:
                read[0].value = 100 + len(self.calls)
            self.calls.append((name, [each if isinstance(each, int | None) else bytes(each) for each in read]))
            return 0

        return called

    @property
    def names(self) -> list[str]:
        """The calls' names."""
        return [name for name, _ in self.calls]

    def given(self, name: str) -> list[Any]:
        """Return the arguments of the only call of a name."""
        (found,) = (given for each, given in self.calls if each == name)
        return found


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Driver:
    """A driver that notes what it is asked for."""
    made = Driver()
    for place in ("driver_calls", "texture_handles"):
        monkeypatch.setattr(f"imgcuda.cuda.{place}.function", made.function)
    return made


@pytest.fixture
def bindings() -> ModuleType:
    """NVIDIA's own declarations of the driver's structures."""
    found: ModuleType = pytest.importorskip("cuda.bindings.driver")
    return found


def _bytes(structure: Any, size: int) -> bytes:
    return ctypes.string_at(structure.getPtr(), size)


def test_an_image_becomes_a_cuda_array(recorded: Driver, bindings: ModuleType) -> None:
    texels = np.arange(5 * 7 * 2, dtype=np.uint8).reshape(5, 7, 2)
    given = TextureArgument(texels, "tex2D", True, True, True, ("wrap", "mirror"), (1, 2, 3, 4))
    texture = TextureHandle(given, 7, lambda size: 0)
    array = bindings.CUDA_ARRAY_DESCRIPTOR()
    array.Width, array.Height, array.NumChannels = 7, 5, 2
    array.Format = bindings.CUarray_format.CU_AD_FORMAT_UNSIGNED_INT8
    assert recorded.given("cuArrayCreate_v2")[1] == _bytes(array, 24)
    copy = bindings.CUDA_MEMCPY2D()
    copy.srcMemoryType, copy.dstMemoryType = (
        bindings.CUmemorytype.CU_MEMORYTYPE_HOST,
        bindings.CUmemorytype.CU_MEMORYTYPE_ARRAY,
    )
    copy.srcHost, copy.srcPitch, copy.dstArray = texels.ctypes.data, 14, bindings.CUarray(100)
    copy.WidthInBytes, copy.Height = 14, 5
    assert recorded.given("cuMemcpy2DAsync_v2") == [_bytes(copy, 128), 7]
    read = bindings.CUDA_TEXTURE_DESC()
    modes = bindings.CUaddress_mode
    read.addressMode = [getattr(modes, f"CU_TR_ADDRESS_MODE_{each}") for each in ("WRAP", "MIRROR", "CLAMP")]
    read.filterMode = bindings.CUfilter_mode.CU_TR_FILTER_MODE_LINEAR
    read.flags, read.borderColor = bindings.CU_TRSF_NORMALIZED_COORDINATES, [1, 2, 3, 4]
    resource = bindings.CUDA_RESOURCE_DESC()
    resource.resType = bindings.CUresourcetype.CU_RESOURCE_TYPE_ARRAY
    resource.res.array.hArray = bindings.CUarray(100)
    assert recorded.given("cuTexObjectCreate")[1:3] == [_bytes(resource, 144), _bytes(read, 104)]
    assert texture.number == 102
    texture.close()
    assert recorded.calls[-2:] == [("cuTexObjectDestroy", [102]), ("cuArrayDestroy", [(100).to_bytes(8, "little")])]
    texture.close()
    assert len(recorded.calls) == 5


def test_tex1dfetch_reads_aligned_memory(recorded: Driver, bindings: ModuleType) -> None:
    texels = np.arange(9, dtype=np.int16).reshape(1, 9, 1)
    given = TextureArgument(texels, "tex1Dfetch", False, False, False, ("clamp", "clamp"), (0, 0, 0, 0))
    TextureHandle(given, 7, lambda size: 1000)
    assert recorded.given("cuMemcpyHtoDAsync_v2") == [1024, texels.ctypes.data, 18, 7]
    resource = bindings.CUDA_RESOURCE_DESC()
    resource.resType, linear = bindings.CUresourcetype.CU_RESOURCE_TYPE_LINEAR, resource.res.linear
    linear.devPtr, linear.numChannels, linear.sizeInBytes = bindings.CUdeviceptr(1024), 1, 18
    linear.format = bindings.CUarray_format.CU_AD_FORMAT_SIGNED_INT16
    assert recorded.given("cuTexObjectCreate")[1] == _bytes(resource, 144)
    assert recorded.names == ["cuMemcpyHtoDAsync_v2", "cuTexObjectCreate", "cuTexObjectDestroy"]


def test_a_row_becomes_a_cuda_array_of_one_dimension(recorded: Driver) -> None:
    given = TextureArgument(IMAGE[None, 0, :, None], "tex1D", False, False, False, ("clamp", "clamp"), (0, 0, 0, 0))
    TextureHandle(given, 0, lambda size: 0)
    width, height = np.frombuffer(recorded.given("cuArrayCreate_v2")[1], np.uint64)[:2]
    assert (width, height) == (7, 0)


def test_a_border_of_whole_numbers_keeps_their_bits(recorded: Driver) -> None:
    texels = np.zeros((2, 2, 2), np.int16)
    TextureHandle(TextureArgument(texels, "tex2D", False, False, False, ("border", "border"), (-5, 7, 0, 0)), 0, int)
    read = recorded.given("cuTexObjectCreate")[2]
    assert np.frombuffer(read, np.int32)[10:14].tolist() == [-5, 7, 0, 0]


def test_a_texture_that_fails_leaves_no_array(recorded: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = driver_calls.function
    monkeypatch.setattr(
        driver_calls, "function", lambda name: (lambda *given: 1) if name == "cuTexObjectCreate" else plain(name)
    )
    given = TextureArgument(IMAGE[..., None], "tex2D", False, False, False, ("clamp", "clamp"), (0, 0, 0, 0))
    with pytest.raises(DeviceError, match="cuTexObjectCreate failed"):
        TextureHandle(given, 0, lambda size: 0)
    assert recorded.names.count("cuArrayCreate_v2") == recorded.names.count("cuArrayDestroy") == 1

"""Textures on each device, against the formulas of the CUDA C++ Programming Guide in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import KernelError, LaunchError, kernels
from imgcuda.cuda.compile import Nvrtc
from imgcuda.frontend.compilers import CUDA
from imgcuda.programs.source import Source, as_written

TEXT = """\
__device__ TYPE at(cudaTextureObject_t texture, float x, float y) { return tex2D<TYPE>(texture, x, y); }
__global__ void read(cudaTextureObject_t texture, const float2 *where, int count, TYPE *out)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    out[i] = at(texture, where[i].x, where[i].y);
}
__global__ void line(cudaTextureObject_t texture, const float2 *where, int count, TYPE *out)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) out[i] = tex1D<TYPE>(texture, where[i].x);
}
__global__ void fetch(cudaTextureObject_t texture, int count, TYPE *out)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) out[i] = tex1Dfetch<TYPE>(texture, i - 3);
}
"""
HEIGHT, WIDTH, COUNT = 5, 7, 300
RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.standard_normal((HEIGHT, WIDTH, 4)).astype(np.float32)
BYTES = RANDOM.integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
WHERE = RANDOM.uniform(-2, 3, (COUNT, 2)).astype(np.float32)
"""Coordinates, normalized: some lie in the texture."""
TEXELS: npt.NDArray[Any] = WHERE * np.array([WIDTH, HEIGHT], np.float32)
"""The same coordinates, not normalized."""
Axis = Callable[[npt.NDArray[Any], int], tuple[npt.NDArray[Any], npt.NDArray[Any]]]
AXES: dict[str, Axis] = {
    "clamp": lambda i, size: (np.clip(i, 0, size - 1), np.ones(i.shape, bool)),
    "border": lambda i, size: (np.clip(i, 0, size - 1), (i >= 0) & (i < size)),
    "wrap": lambda i, size: (i % size, np.ones(i.shape, bool)),
    "mirror": lambda i, size: (np.minimum(i % (2 * size), 2 * size - 1 - i % (2 * size)), np.ones(i.shape, bool)),
}
"""By its address mode, the texels that a texture has for positions along an axis, and which are not beyond it."""


def _texels(image: npt.NDArray[Any], x: Any, y: Any, modes: tuple[str, str], border: Any) -> npt.NDArray[Any]:
    column, inside = AXES[modes[0]](x, image.shape[1])
    row, within = AXES[modes[1]](y, image.shape[0])
    return np.where((inside & within)[:, None], image[row, column], border)


def _expected(
    image: npt.NDArray[Any], where: npt.NDArray[Any], filter: str, modes: tuple[str, str], border: Any
) -> npt.NDArray[Any]:
    """Return what a texture gives for coordinates that are not normalized."""
    x, y = where.T
    if filter == "point":
        return _texels(image, np.floor(x).astype(int), np.floor(y).astype(int), modes, border)
    x, y = x - np.float32(0.5), y - np.float32(0.5)
    i, j = np.floor(x).astype(int), np.floor(y).astype(int)
    a, b = (np.rint((each - np.floor(each)) * 256)[:, None] / 256 for each in (x.astype(float), y.astype(float)))
    corner = np.rint(a * b * 256) / 256
    weights = {(0, 0): 1 - a - b + corner, (1, 0): a - corner, (0, 1): b - corner, (1, 1): corner}
    made = np.zeros((len(x), image.shape[2]))
    for (right, down), weight in weights.items():
        made += weight * _texels(image.astype(float), i + right, j + down, modes, border)
    return made


NUMBERS: dict[str, Any] = {
    "float": np.float32,
    "uchar": np.uint8,
    "char": np.int8,
    "short": np.int16,
    "uint": np.uint32,
}
"""The numbers in texels, by the beginning of their type's name."""


def _read(
    texture: kernels.Texture, type: str, where: npt.NDArray[Any], device: str, kernel: str = "read"
) -> npt.NDArray[Any]:
    """Return what a kernel reads of a texture, by channels."""
    channels = int(type[-1]) if type[-1].isdigit() else 1
    out = np.zeros((len(where), channels), NUMBERS[type.rstrip("124")])
    module = kernels.compile(TEXT, defines={"TYPE": type})
    module[kernel](texture, np.ascontiguousarray(where), len(where), out, grid=3, block=128, device=device)
    return out


@pytest.mark.parametrize("channels", [1, 2, 4])
@pytest.mark.parametrize("filter", ["point", "linear"])
@pytest.mark.parametrize("modes", [("clamp", "clamp"), ("border", "border"), ("wrap", "mirror"), ("mirror", "border")])
def test_a_texture_is_read_by_cudas_formulas(modes: tuple[str, str], filter: str, channels: int, device: str) -> None:
    image = np.ascontiguousarray(IMAGE[..., :channels])
    border = (0.5, 1.5, 2.5, 3.5)
    texture = kernels.Texture(image, filter, modes, normalized=True, border=border)
    made = _read(texture, f"float{channels if channels > 1 else ''}", WHERE, device)
    expected = _expected(image, TEXELS, filter, modes, border[:channels])
    repeated = device != "cpu" and modes[0] in ("wrap", "mirror")  # a GPU rounds such places, by its own rules
    assert np.abs(made - expected).max() <= (0 if filter == "point" else 3 / 256 if repeated else 1e-6)


@pytest.mark.parametrize("filter", ["point", "linear"])
def test_coordinates_that_are_not_normalized_count_texels(filter: str, device: str) -> None:
    where = TEXELS
    made = _read(kernels.Texture(IMAGE, filter), "float4", where, device)
    expected = _expected(IMAGE, where, filter, ("clamp", "clamp"), 0)
    assert np.abs(made - expected).max() <= (0 if filter == "point" else 1e-6)


def test_bytes_are_read_as_they_are_or_as_floats(device: str) -> None:
    where = TEXELS
    expected = _expected(BYTES, where, "point", ("clamp", "clamp"), 0)
    assert (_read(kernels.Texture(BYTES), "uchar4", where, device) == expected).all()
    for filter in ("point", "linear"):
        made = _read(kernels.Texture(BYTES, filter, read="normalized"), "float4", where, device)
        apart = np.abs(made - _expected(BYTES / 255, where, filter, ("clamp", "clamp"), 0)).max()
        assert apart < (1e-6 if device == "cpu" else 2**-16)  # between bytes a GPU keeps some 17 bits


@pytest.mark.parametrize("type", ["char", "short2", "uint4"])
def test_whole_numbers_are_read_as_they_are(type: str, device: str) -> None:
    dtype, channels = np.dtype(NUMBERS[type.rstrip("24")]), int(type[-1]) if type[-1].isdigit() else 1
    image = BYTES[..., :channels].astype(np.int64) * (np.iinfo(dtype).max // 255) - (dtype.kind == "i")
    image = np.ascontiguousarray(image.astype(dtype))
    made = _read(
        kernels.Texture(image, address="border", border=-7.0 if dtype.kind == "i" else 7.0), type, TEXELS, device
    )
    border = np.array([-7 if dtype.kind == "i" else 7, 0, 0, 0][:channels])
    assert (made == _expected(image, TEXELS, "point", ("border", "border"), border)).all()


def test_signed_numbers_are_read_as_floats_from_minus_one(device: str) -> None:
    image = np.array([[-128, -127, 0, 127]], np.int8)
    where = np.array([[0.5, 0.5], [1.5, 0.5], [2.5, 0.5], [3.5, 0.5]], np.float32)
    assert _read(kernels.Texture(image, read="normalized"), "float", where, device)[:, 0].tolist() == [-1, -1, 0, 1]


def test_a_texture_of_one_dimension_is_a_row(device: str) -> None:
    where = TEXELS
    row = np.ascontiguousarray(IMAGE[0, :, 0])
    for filter in ("point", "linear"):
        made = _read(kernels.Texture(row, filter), "float", where, device, "line")
        expected = _expected(row[None, :, None], where * [1, 0] + [0, 0.5], filter, ("clamp", "clamp"), 0)
        assert np.abs(made - expected).max() < 1e-6
    out = np.full(16, -1, np.float32)
    module = kernels.compile(TEXT, defines={"TYPE": "float"})
    module.fetch(kernels.Texture(row), 16, out, grid=1, block=32, device=device)
    assert out.tolist() == [0, 0, 0, *row.tolist(), *[0] * 6]  # beyond it are zeros


def test_one_row_of_vectors_is_read_along_it_or_as_an_image(device: str) -> None:
    texture, where = kernels.Texture(IMAGE[:1]), TEXELS
    expected = _expected(IMAGE[:1], where, "point", ("clamp", "clamp"), 0)
    for kernel in ("read", "line"):
        assert (_read(texture, "float4", where, device, kernel) == expected).all()


def test_a_texel_that_is_not_a_number_spoils_no_others(device: str) -> None:
    image = np.where(np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) == 9, np.float32(np.nan), np.float32(1))
    where = np.argwhere(np.ones((HEIGHT, WIDTH)))[:, ::-1].astype(np.float32) + 0.5
    assert np.isnan(_read(kernels.Texture(image), "float", where, device)).sum() == 1


def test_coordinates_far_away_are_clamped(device: str) -> None:
    where = np.array([[-1e30, 1e30], [np.inf, -np.inf], [2.0**31, -(2.0**31)]], np.float32)
    made = _read(kernels.Texture(np.ascontiguousarray(IMAGE[..., 0]), "linear"), "float", where, device)[:, 0]
    assert made.tolist() == [IMAGE[-1, 0, 0], IMAGE[0, -1, 0], IMAGE[0, -1, 0]]


def test_a_kernel_reads_several_textures_many_times(device: str) -> None:
    text = """\
    __device__ float table(cudaTextureObject_t t, int i) { return tex1Dfetch<float>(t, i); }
    __global__ void k(cudaTextureObject_t image, cudaTextureObject_t places, int n, float *out)
    {
        int i = threadIdx.x;
        if (i < n) out[i] += tex2D<float>(image, table(places, i) + 0.5f, 0.5f);
    }"""
    image, places, out = IMAGE[..., 0].copy(), np.array([3, 0, 6], np.float32), np.zeros(3, np.float32)
    module, textures = kernels.compile(text), (kernels.Texture(image), kernels.Texture(places))
    for _ in range(50):
        module.k(*textures, 3, out, grid=1, block=32, device=device)
    assert np.allclose(out, 50 * image[0, [3, 0, 6]], rtol=1e-5)


def test_arrays_on_a_gpu_and_textures_go_together(gpu: str) -> None:
    cupy = pytest.importorskip("cupy")
    with cupy.cuda.Device(int(gpu.partition(":")[2])):
        out = cupy.zeros((COUNT, 4), cupy.float32)
        module = kernels.compile(TEXT, defines={"TYPE": "float4"})
        for _ in range(3):
            module.read(kernels.Texture(IMAGE), TEXELS, COUNT, out, grid=3, block=128)
        assert (out.get() == _expected(IMAGE, TEXELS, "point", ("clamp", "clamp"), 0)).all()


@pytest.mark.exhaustive
def test_a_checked_launch_reads_textures() -> None:
    with kernels.checked():
        test_a_texture_is_read_by_cudas_formulas(("wrap", "mirror"), "linear", 4, "cpu")


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"address": "wrap"}, "a texture's address 'wrap' is for normalized coordinates; pass normalized=True"),
        ({"filter": "cubic"}, "a texture's filter must be 'point' or 'linear'; got 'cubic'"),
        ({"array": IMAGE[..., :3]}, "1, 2 or 4 channels; got an array of 5 x 7 x 3"),
        ({"array": IMAGE.astype(float)}, "is made of an array of uint8, .*float32; got an array of float64"),
        (
            {"array": BYTES.astype(np.int32), "read": "normalized"},
            "of int32 cannot be read as floats; pass an array of 8",
        ),
        (
            {"array": BYTES, "filter": "linear"},
            "a texture of uint8 cannot be filtered linearly; pass",
        ),
    ],
)
def test_what_cuda_has_no_texture_of_is_refused(how: dict[str, Any], why: str) -> None:
    with pytest.raises(LaunchError, match=why):
        kernels.Texture(**{"array": IMAGE, **how})


def test_a_texture_of_other_texels_than_the_kernel_reads_is_refused() -> None:
    with pytest.raises(LaunchError, match="the file reads texels of float; it was given <texture of 5 x 7 x 4 uint8>"):
        module = kernels.compile(TEXT.replace("TYPE", "float"))
        module.read(kernels.Texture(BYTES), WHERE, COUNT, np.zeros(COUNT, np.float32), grid=1, block=32, device="cpu")
    with pytest.raises(LaunchError, match=r"'texture' is cudaTextureObject_t; it was given 3; pass kernels\.Texture"):
        module.read(3, WHERE, COUNT, np.zeros(COUNT, np.float32), grid=1, block=32, device="cpu")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "texture<float, 2> image; __global__ void k() { float v = tex2D(image, 1, 2); }",
            "CUDA 12 has no texture ref",
        ),
        (
            "KERNELfloat v = tex2D(t, 1, 2); }",
            r"write tex2D<float>\(texture, x, y\)",
        ),
        (
            "KERNELfloat v = tex2D<float>(t, 1); }",
            "takes 3 arguments; it is given 2",
        ),
        ("KERNELdouble v = tex2D<double>(t, 1, 2); }", "no texture has texels of"),
        (
            "KERNELtex3D<float>(t, 1, 2, 3); }",
            "tex3D: of textures, the CPU engine",
        ),
        ("__global__ void k(int t) { tex2D<float>(t, 1, 2); }", "a cudaTextureObject_t is needed here; this is a int"),
    ],
)
def test_a_read_that_the_cpu_engine_has_not_names_the_remedy(text: str, said: str) -> None:
    kernel = kernels.compile(text.replace("KERNEL", "__global__ void k(cudaTextureObject_t t) { ")).k
    takes_texture = "KERNEL" in text
    arguments = [kernels.Texture(IMAGE[..., 0].copy())] if takes_texture else [1] if "int t" in text else []
    with pytest.raises((KernelError, LaunchError), match=said):
        kernel(*arguments, grid=1, block=1, device="cpu")


def test_nvrtc_takes_the_same_text(nvrtc: Nvrtc) -> None:
    program = as_written(Source("read.cu", TEXT), {"TYPE": "float4"}, CUDA)
    assert nvrtc.compile(program.text, program, (9, 0), [])

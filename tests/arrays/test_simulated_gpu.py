"""What is asked of the driver for an array on a GPU, on a GPU that is simulated: copies, order, memory, results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.forked_scenes import Scenes, prepared
from support.matrix import exhaustive

TESTS = Path(__file__).parents[1]

SETTING = """
import os
import sys
sys.path.insert(0, {tests!r})
import numpy as np
from support import simulated_cupy as cupy, simulated_gpu
simulated_gpu.install()
cupy.install()
from support.simulated_gpu import LOG, MEMORY, aligned
import imgcuda
import imgcuda.testing
from imgcuda.arrays import dlpack
from imgcuda.arrays.stored_types import BFLOAT16, as_float32
from imgcuda.execution import chain_plan
from imgcuda.layouts import LAYOUTS
from imgcuda.programs.source import Source

class Interface:
    def __init__(self, array, stream=None):
        self.array, self.stream = array, stream
    @property
    def __cuda_array_interface__(self):
        array = self.array
        return dict(shape=array.shape, strides=array.strides, typestr=array.dtype.str, version=3,
                    data=(array.ctypes.data, False), stream=self.stream)

class Producer:
    def __init__(self, array):
        self.array, self.shape = array, array.shape
    def __dlpack_device__(self):
        return 2, 0
    def __dlpack__(self, stream=None, max_version=None):
        LOG.append(("asked", stream, max_version))
        return dlpack.export(self.array.ctypes.data, self.array.shape, self.array.dtype, (2, 0), self, True)

SIZES = dict(N=3, H=9, W=14, C=3)

def nothing_was_copied_to_the_host():
    return not [each for each in LOG if each[0] in ("down", "the host waits")]

def refusal(call, kind=imgcuda.ImageError):
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError("no error")

def image(shape, kind=np.uint8):
    made = aligned(int(np.prod(shape)) * np.dtype(kind).itemsize).view(kind).reshape(shape)
    made[...] = np.random.default_rng(0).random(shape) * (1 if made.dtype.kind == "f" else 255)
    return made

filters = imgcuda.load()
invert, blur, gray = filters.create("invert", {{}}), filters.create("blur", {{"sigma": 1}}), filters.create("grayscale", {{}})
"""  # noqa: E501

SCENES = {
    "the caller's stream is waited for, and waits": """
made = invert(Interface(image((20, 30, 3)), stream=7))
assert LOG == [("record", 7), ("wait", 100), ("launch", "point"), ("record", 100), ("wait", 7)], LOG
""",
    "without a stream it is the legacy default stream": """
made = invert(Interface(image((20, 30, 3))))
assert LOG[0] == ("record", 1) and LOG[-1] == ("wait", 1), LOG
""",
    "after an error the caller's stream waits, too": """
class Fails(imgcuda.PointFilter):
    "Fail."
    @classmethod
    def source(cls):
        raise RuntimeError("no source")
refusal(lambda: imgcuda.Pipeline([blur, Fails()])(Interface(image((20, 30, 3)), stream=7)), imgcuda.FilterError)
assert LOG[-1][0] == "free" and ("wait", 7) in LOG, LOG
assert not MEMORY
""",
    "the same samples for each kind and view": """
equalize = filters.create("equalize", {})
for kind, shape, filter in (
    (np.uint8, (20, 32, 4), blur), (np.uint16, (20, 32), equalize), (np.float32, (20, 32, 3), invert)
):
    whole = image(shape, kind)
    for pipeline in (imgcuda.Pipeline([filter]), imgcuda.Pipeline([])):
        for view in (whole, whole[::-1], whole[:, ::2], whole[3:, 1:]):
            before = view.copy()
            made, wanted = pipeline(Interface(view)).download(), pipeline(view, device="cpu")
            assert made.shape == wanted.shape and made.dtype == wanted.dtype
            np.testing.assert_array_equal(made, wanted)
            np.testing.assert_array_equal(view, before)
    del made
assert not MEMORY
""",
    "no pixel is copied, and what the host sends is small": """
given = Interface(image((200, 300, 3)))
made = imgcuda.Pipeline([invert, blur, gray])(given)
assert not [each for each in LOG if each[0] in ("down", "copy", "the host waits")], LOG
assert sum(each[1] for each in LOG if each[0] == "up") < 1000
""",
    "a freed image goes after all work, and a reader keeps its memory": """
made = invert(Interface(image((20, 30, 3))))
capsule = made.__dlpack__(stream=9, max_version=(1, 0))
assert LOG[-2:] == [("record", 100), ("wait", 9)]
made.free()
assert MEMORY
LOG.clear()
del capsule
assert LOG == [("record", "all"), ("wait", 100), ("free", 100)] and not MEMORY, LOG
""",
    "dlpack gets our stream, and its capsule lives until the next call": """
given = image((20, 30, 3))
made = invert(Producer(given))
assert LOG[0] == ("asked", 100, (1, 0)), LOG
np.testing.assert_array_equal(made.download(), 255 - given)
""",
    "a batch is one piece of work for the caller's stream": """
given = cupy.asarray(image((3, 16, 32, 4)))
made = invert(given, layout="NHWC")
assert LOG == [("record", 7), ("wait", 100), *[("launch", "point")] * 3, ("record", 100), ("wait", 7)], LOG
assert made.array.flags.c_contiguous and not MEMORY
np.testing.assert_array_equal(made.array[..., :3], 255 - given.array[..., :3])
""",
    "a call like one before gives the same, by its launches alone, in the caller's stream": """
for chain in map(imgcuda.Pipeline.from_text, ("invert", "blur:sigma=1 | grayscale", "edges | blur:sigma=9 | median")):
    for shape, layout in (((20, 32, 3), "HWC"), ((20, 32), "HWC"), ((20, 32, 4), "HWC"), ((3, 16, 32, 3), "NHWC")):
        asked = []
        for number in range(4):
            given = cupy.asarray(image(shape) // (number + 1))
            wanted = chain(given.array, device="cpu", layout=layout)
            LOG.clear()
            made = chain(given, layout=layout)
            np.testing.assert_array_equal(made.array, wanted)
            asked.append([each for each in LOG if each[0] not in ("up", "the host waits", "free")])
        assert asked[3] == asked[2] == [each for each in asked[0] if each[0] == "launch"], asked
        assert nothing_was_copied_to_the_host() and not [each for each in LOG if each[0] == "up"], LOG
chain_plan.forget()
assert not MEMORY
""",
    "a call like one before tells errors and keeps to the limit of memory as the first": """
given = cupy.asarray(image((20, 32, 3)))
for _ in range(3):
    wanted = blur(given).array
for variable, value, kind in (
    ("IMGCUDA_MEMORY_LIMIT", "10", imgcuda.DeviceMemoryError), ("IMGCUDA_MEMORY_LIMIT", "many", imgcuda.DeviceError),
    ("IMGCUDA_CHECK", "1", imgcuda.DeviceError), ("IMGCUDA_DEVICE", "cpu", imgcuda.DeviceError),
):
    os.environ[variable] = value
    refusal(lambda: imgcuda.Pipeline([blur, gray])(given) if value == "10" else blur(given), kind)
    del os.environ[variable]
    np.testing.assert_array_equal(blur(given).array, wanted)
with imgcuda.testing.checked():
    assert "check" in refusal(lambda: blur(given), imgcuda.DeviceError)
""",
    "a filter that asks for other work each time is asked each time": """
NTH = '''
__global__ void nth(const pixel *src, pixel *dst, int width, int height, int n)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x < width && y < height) dst[y * width + x] = src[y * width + x] + n;
}
'''

class Nth(imgcuda.NeighborhoodFilter):
    "Add how often it ran."
    ran = 0
    @classmethod
    def source(cls):
        return Source("nth.cu", NTH)
    def run(self, gpu, image):
        type(self).ran += 1
        return gpu.launch("nth", image, {"n": self.ran})
given = cupy.asarray(image((20, 32)) // 2)
for number in range(1, 5):
    np.testing.assert_array_equal(Nth()(given).array, given.array + number)
""",
    "a filter that decides on a size makes a result of it, new or in out": """
trim = filters.create("trim", {})
for layout, shape in (("HWC", (20, 30, 3)), ("CHW", (3, 20, 30)), ("NHWC", (2, 20, 30, 3))):
    whole = np.zeros(shape, np.uint8)
    inside = np.s_[..., 4:9, 5:21] if layout == "CHW" else np.s_[..., 4:9, 5:21, :]
    whole[inside] = image(whole[inside].shape) // 2 + 1
    np.testing.assert_array_equal(trim(cupy.asarray(whole), layout=layout).array, whole[inside])
    out = cupy.empty(whole[inside].shape, np.uint8)
    assert trim(cupy.asarray(whole), layout=layout, out=out) is out
    np.testing.assert_array_equal(out.array, whole[inside])
    said = refusal(lambda: trim(cupy.asarray(whole), layout=layout, out=cupy.empty(shape, np.uint8)))
    assert "out must be a writable array of the result's shape and type" in said, said
np.testing.assert_array_equal(trim(Interface(whole[0])).download(), whole[0, 4:9, 5:21])
larger = imgcuda.Pipeline([trim, filters.create("resize", {"scale": 9.0})])
said = refusal(lambda: larger(cupy.asarray(whole[0]), max_pixels=1000))
assert "resize would make 144x45, 6,480 pixels, more than 1,000" in said, said
assert not MEMORY
""",
    "a result has the caller's axes and type, and out any strides": """
for layout in LAYOUTS:
    for kind in (np.uint8, np.float16):
        whole = image(tuple(SIZES[axis] for axis in layout), kind)
        given, wanted = cupy.asarray(whole), invert(whole, device="cpu", layout=layout)
        made = invert(given, layout=layout)
        assert (made.dtype, made.array.strides) == (wanted.dtype, wanted.strides), layout
        np.testing.assert_array_equal(made.array, wanted)
        out = cupy.Ndarray(cupy.empty((*wanted.shape[:-1], 2 * wanted.shape[-1]), kind).array[..., ::-2])
        assert invert(given, layout=layout, out=out) is out
        np.testing.assert_array_equal(out.array, wanted)
        invert(given, layout=layout, out=given)
        np.testing.assert_array_equal(given.array, wanted)
assert nothing_was_copied_to_the_host() and not MEMORY
""",
    "without memory of the library's a result is contiguous in the caller's axes": """
whole = image((3, 3, 9, 14))
made = invert(Interface(whole), layout="NCHW")
assert (made.ndim, made.__cuda_array_interface__["strides"]) == (4, None)
np.testing.assert_array_equal(made.download(), 255 - whole)
np.testing.assert_array_equal(invert(made, layout="NCHW").download(), whole)
""",
    "results do not overwrite what is still to be read": """
for shape, layout, views in (
    ((5, 9, 14), "NHW", (lambda a: a[1:], lambda a: a[:-1])),
    ((9, 14, 7), "HWC", (lambda a: a, lambda a: a[:, :, ::-1])),
):
    for read, write in (views, views[::-1]):
        whole = image(shape)
        wanted, room = invert(read(whole), device="cpu", layout=layout), cupy.asarray(whole).array
        invert(cupy.Ndarray(read(room)), layout=layout, out=cupy.Ndarray(write(room)))
        np.testing.assert_array_equal(write(room), wanted)
assert not MEMORY
""",
    "more than four channels are filtered each by itself": """
flip = filters.create("flip", {})
for shape, layout in (((9, 14, 7), "HWC"), ((2, 5, 9, 14), "NCHW"), ((8, 9, 14), "CHW")):
    whole = image(shape)
    made, same = flip(cupy.asarray(whole), layout=layout), flip(Interface(whole), layout=layout)
    assert nothing_was_copied_to_the_host()
    np.testing.assert_array_equal(made.array, flip(whole, device="cpu", layout=layout))
    np.testing.assert_array_equal(same.download(), made.array)
    LOG.clear()
said = refusal(lambda: gray(cupy.asarray(image((9, 14, 7)))))
assert said.startswith("grayscale takes images of 1 to 4 channels, since"), said
""",
    "bfloat16 comes back as bfloat16, by both protocols": """
levels = np.arange(9 * 14, dtype=np.float32).reshape(9, 14) / 128
given = (levels.view(np.uint32) >> 16).astype(np.uint16).view(BFLOAT16)
made = invert(cupy.asarray(given))
assert made.dtype == BFLOAT16
np.testing.assert_array_equal(as_float32(made.array), 1 - levels)
made = invert(Producer(given))
assert str(made.__cuda_array_interface__["typestr"]) == "<V2" and "bfloat16" in repr(made)
np.testing.assert_array_equal(made.download(), 1 - levels)
assert dlpack.describe(made.__dlpack__()).dtype == BFLOAT16
""",
    "what a GPU does not compute is refused as on the host": """
for array, layout, words in (
    (np.zeros((4, 5), bool), "HWC", "got bool; convert with array.astype('uint8') * 255"),
    (np.zeros((4, 5), np.int32), "HWC", "if 255 is white, convert with array.astype('uint8')"),
    (np.zeros((4, 5), ">u2"), "HWC", "must have its bytes in the machine's order; got >u2"),
    (np.zeros((3, 4, 5), np.uint8), "HWC", "an image with its channels first takes layout='CHW'"),
    (np.zeros((3, 4, 5), np.uint8), "NCHW", "takes (images, channels, height, width); got shape (3, 4, 5)"),
):
    said = refusal(lambda: invert(cupy.Ndarray(array), layout=layout))
    assert words in said, (words, said)
given, stuck = cupy.asarray(image((4, 5))), cupy.Ndarray(np.lib.stride_tricks.as_strided(image((5,)), (4, 5), (0, 1)))
for out, words in ((stuck, "its elements share memory"), (cupy.asarray(image((5, 4))), "(4, 5) uint8; it is (5, 4)")):
    said = refusal(lambda: invert(given, out=out))
    assert words in said, (words, said)
assert not LOG
""",
    "each chain, layout, type and view": """
chains = ["", "blur:sigma=1", "invert | grayscale", "resize:width=9,height=40", "auto-contrast"]
for chain in map(imgcuda.Pipeline.from_text, chains):
    for layout in LAYOUTS:
        for kind in (np.uint8, np.uint16, np.float16, np.float64):
            whole = image(tuple(SIZES[axis] for axis in layout), kind)
            for view in (lambda a: a, lambda a: a[..., ::-1], lambda a: a[::-1]):
                given = cupy.Ndarray(view(cupy.asarray(whole).array))
                wanted = chain(view(whole), device="cpu", layout=layout)
                for out in (None, cupy.empty(wanted.shape, kind)):
                    made = chain(given, layout=layout, out=out)
                    assert made.dtype == wanted.dtype
                    np.testing.assert_array_equal(made.array, wanted)
                np.testing.assert_array_equal(given.array, view(whole))
                np.testing.assert_array_equal(chain(Interface(given.array), layout=layout).download(), wanted)
chain_plan.forget()  # with the tables of chains that are kept on the GPU for the next array
assert not MEMORY
""",
    "a device that is not the array's is refused": """
for device in ("cpu", "cuda:1"):
    said = refusal(lambda: invert(Interface(image((4, 5))), device=device), imgcuda.DeviceError)
    assert f"the array is on cuda:0, and device is {device}; " in said, said
""",
}


@pytest.fixture(scope="module")
def scenes() -> Iterator[Scenes]:
    with prepared(SETTING.format(tests=str(TESTS))) as found:
        yield found


@pytest.mark.parametrize("scene", [exhaustive(name) if name.startswith("each chain") else name for name in SCENES])
def test_what_is_asked_of_the_driver(scene: str, scenes: Scenes) -> None:
    assert not scenes.play(SCENES[scene])

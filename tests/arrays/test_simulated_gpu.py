"""What is asked of the driver for an array on a GPU, on a GPU that is simulated: copies, order, memory, results."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

SETTING = """
import sys
sys.path.insert(0, {tests!r})
import numpy as np
from support import simulated_gpu
simulated_gpu.install()
from support.simulated_gpu import LOG, MEMORY, aligned
import imgcuda
from imgcuda.arrays import dlpack

class Interface:
    def __init__(self, array, stream=None):
        self.array, self.stream = array, stream
    @property
    def __cuda_array_interface__(self):
        array = self.array
        return dict(shape=array.shape, strides=array.strides, typestr=array.dtype.str, version=3,
                    data=(array.ctypes.data, False), stream=self.stream)

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
try:
    imgcuda.Pipeline([blur, Fails()])(Interface(image((20, 30, 3)), stream=7))
except imgcuda.FilterError:
    pass
else:
    raise AssertionError("no error")
assert LOG[-1][0] == "free" and ("wait", 7) in LOG, LOG
assert not MEMORY
""",
    "the same samples for each kind, view and chain": """
for kind in (np.uint8, np.uint16, np.float32):
    for shape in ((20, 32), (20, 32, 2), (20, 32, 3), (20, 32, 4)):
        whole = image(shape, kind)
        for chain in ([invert], [blur], [invert, blur, gray], [filters.create("equalize", {})], []):
            pipeline = imgcuda.Pipeline(chain)
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
class Producer:
    def __init__(self, array):
        self.array = array
    def __dlpack_device__(self):
        return 2, 0
    def __dlpack__(self, stream=None, max_version=None):
        LOG.append(("asked", stream, max_version))
        return dlpack.export(self.array.ctypes.data, self.array.shape, self.array.dtype, (2, 0), self, True)
given = image((20, 30, 3))
made = invert(Producer(given))
assert LOG[0] == ("asked", 100, (1, 0)), LOG
np.testing.assert_array_equal(made.download(), 255 - given)
""",
    "a device that is not the array's is refused": """
for device in ("cpu", "cuda:1"):
    try:
        invert(Interface(image((4, 5))), device=device)
    except imgcuda.DeviceError as error:
        assert f"the array is on cuda:0, and device is {device}; " in str(error)
    else:
        raise AssertionError(device)
""",
}


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_asked_of_the_driver(scene: str) -> None:
    code = SETTING.format(tests=str(TESTS)) + SCENES[scene]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

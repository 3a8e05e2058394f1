"""`imgcuda explain`: what it tells of a run is what the engine did."""

from __future__ import annotations

import json
import webbrowser
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest
import tifffile

from imgcuda import DeviceArray, Pipeline, devices, large_files
from imgcuda.cpu import loading
from imgcuda.cpu.session import CpuSession, as_device_array
from imgcuda.engine.code_origins import CodeOrigin, tell, told
from imgcuda.execution.chain_plan import plan_for
from imgcuda.execution.gpu import Gpu
from imgcuda.execution.streaming import filter_by_plan
from imgcuda.explain.explaining import explain
from imgcuda.explain.explanation import Explanation, PassSummary
from imgcuda.explain.explanation_text import duration, explanation_text, size
from imgcuda.explain.plain_copy import layout, source
from imgcuda.explain.recording_device import RecordingDevice
from imgcuda.explain.run_records import PieceRecord
from imgcuda.programs.layout import Dim3
from support.command_line import Call
from support.matrix import every_third

Image = npt.NDArray[Any]
NOISE = np.random.default_rng(5).integers(0, 256, (200, 90, 3), dtype=np.uint8)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    PIL.Image.fromarray(NOISE).save(tmp_path / "in.png")
    return tmp_path / "in.png"


def explained(chain: str, image: Image, device: str = "cpu") -> Explanation:
    return explain(list(Pipeline.from_text(chain)), image, devices.members(devices.choose(device)), repeat=1)


def recorded(chain: str, image: Image, device: str) -> tuple[Image, list[PieceRecord]]:
    """Return the result of a recorded run, and its pieces."""
    filters, pieces = list(Pipeline.from_text(chain)), list[PieceRecord]()
    members = [RecordingDevice(each, pieces) for each in devices.members(devices.choose(device))]
    return filter_by_plan(members, plan_for(filters, image.shape, image.dtype), image), pieces


def steps(each: PassSummary) -> list[tuple[str, ...]]:
    return [step.filters for step in each.steps]


class CopyingSession(CpuSession):
    """A session as a GPU's: the image is copied there and back, and a large one runs in strips, in two streams."""

    strip_bytes = 1 << 16

    def upload(self, array: Image) -> DeviceArray:
        return as_device_array(array.copy())

    def download(self, array: DeviceArray) -> Image:
        return np.array(array.owner)

    @contextmanager
    def streams(self, most: int) -> Iterator[list[CpuSession]]:
        both: list[CpuSession] = [CopyingSession(), CopyingSession()]
        yield both[:most]


class CopyingDevice:
    """A device with a memory of its own."""

    description = "a device that copies"

    def __init__(self, name: str) -> None:
        self.name = name

    def session(self) -> AbstractContextManager[CopyingSession]:
        return nullcontext(CopyingSession())

    def pinned(self, memory: Image) -> AbstractContextManager[None]:
        return nullcontext()

    def jpeg_coder(self) -> None:
        return None


CHAINS = ["blur:sigma=3 | invert | sepia | edges", "equalize | median:radius=1", "resize:width=40 | auto-contrast"]


@pytest.mark.parametrize(("chain", "limit"), every_third(product(CHAINS, ["200K", ""])))
def test_a_recorded_run_has_the_bytes_of_any_other(
    chain: str, limit: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Pipeline.from_text(chain)(NOISE, device=device)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", limit)
    made, pieces = recorded(chain, NOISE, device)
    assert np.array_equal(made, wanted)
    assert pieces and all(step.launches for piece in pieces for step in piece.steps)


def test_steps_are_the_filters_and_per_pixel_filters_fuse(device: str) -> None:
    (only,) = explained("blur:sigma=3 | invert | sepia | edges", NOISE, device).passes
    assert steps(only) == [("blur:sigma=3",), ("invert", "sepia"), ("edges",)]
    assert [len(step.kernels) for step in only.steps[1:]] == [1, 1]
    assert all(step.seconds >= sum(kernel.seconds for kernel in step.kernels) > 0 for step in only.steps)


def test_a_kernel_reads_and_writes_the_bytes_of_its_arrays() -> None:
    (only,) = explained("flip", NOISE).passes
    (kernel,) = only.steps[0].kernels
    assert (kernel.file, kernel.kernel, kernel.launches) == ("flip.cu", "flip", 1)
    assert (kernel.read_bytes, kernel.written_bytes) == (NOISE.nbytes, NOISE.nbytes)
    assert kernel.grid.total * kernel.block.total >= 200 * 90


def test_strips_tell_what_they_read_for_what_they_make(monkeypatch: pytest.MonkeyPatch) -> None:
    tall = np.tile(NOISE, (10, 1, 1))
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", "1M")
    found = explained("blur:sigma=3 | edges", tall)
    (only,) = found.passes
    assert (only.streams, found.halo, found.why_whole) == (1, 13, "")
    assert only.pieces * only.rows_made >= 2000 > (only.pieces - 1) * only.rows_made
    assert only.rows_read >= only.rows_made + 2 * 13
    assert [kernel.launches for step in only.steps for kernel in step.kernels] == [only.pieces] * 2


def test_a_two_phase_filter_in_strips_takes_a_pass_that_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", "1M")
    first, second = explained("invert | equalize", np.tile(NOISE, (10, 1, 1))).passes
    assert [step.phase for step in first.steps] == ["run", "measure"]
    assert (first.rows_made, first.steps[1].filters) == (0, ("equalize",))
    assert [step.phase for step in second.steps] == ["run"]
    assert second.rows_made > 0


def test_a_chain_that_reads_the_whole_image_says_why() -> None:
    found = explained("rotate:angle=90 | blur:border=wrap", NOISE)
    assert (found.halo, found.passes[0].streams) == (None, 0)
    assert "blur with border=wrap" in found.why_whole
    assert found.why_whole in explanation_text("in.png", found)


def test_premultiplication_belongs_to_the_filter_that_needs_it() -> None:
    image = np.dstack([NOISE, NOISE[:, :, :1]])
    (only,) = explained("blur:sigma=1", image).passes
    files = [kernel.file for kernel in only.steps[0].kernels]
    assert (files[0], files[-1], len(only.steps)) == ("alpha.cu", "alpha.cu", 1)


def test_channels_beyond_four_run_in_groups() -> None:
    found = explained("blur:sigma=1", np.dstack([NOISE, NOISE[:, :, :1], NOISE]))
    assert [(each.channels, each.pieces) for each in found.passes] == [(3, 2), (1, 1)]


def test_code_is_compiled_then_cached_then_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def state() -> str:
        return explained("erode:radius=1", NOISE).passes[0].steps[0].kernels[0].code

    monkeypatch.setenv("IMGCUDA_CACHE", str(tmp_path / "cache"))
    loading.loaded.clear()
    assert state() == "compiled"
    loading.loaded.clear()
    assert state() == "cache"
    assert state() == "memory"


def test_code_that_is_cached_is_told_so_where_others_are_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGCUDA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("IMGCUDA_THREADS", "2")
    loading.loaded.clear()
    explained("edges", NOISE)
    loading.loaded.clear()
    (only,) = explained("dilate:radius=1 | edges", NOISE).passes
    assert [step.kernels[0].code for step in only.steps] == ["compiled", "cache"]


def test_a_listener_hears_only_within_its_context() -> None:
    heard: list[CodeOrigin] = []
    (only,) = recorded("flip", NOISE, "cpu")[1]
    program = only.steps[0].launches[0].call.program
    with told(heard.append):
        tell(program, "flip", None, "compiled", 0.0)
    tell(program, "flip", None, "cache", 0.0)
    assert [each.origin for each in heard] == ["compiled"]


def test_several_devices_and_streams_are_counted_with_all_that_they_copy() -> None:
    tall = np.tile(NOISE, (10, 1, 1))
    filters = list(Pipeline.from_text("invert"))
    found = explain(filters, tall, [CopyingDevice("one:0"), CopyingDevice("one:1")], repeat=1)
    (only,) = found.passes
    assert (found.device, only.devices, only.streams) == ("one:0, one:1", ("one:0", "one:1"), 4)
    assert (only.upload_bytes, only.download_bytes) == (tall.nbytes, tall.nbytes)
    assert only.pieces * only.rows_made >= 2000


def test_tables_and_measurements_that_a_step_copies_belong_to_it() -> None:
    (only,) = explain(list(Pipeline.from_text("equalize")), NOISE[:40], [CopyingDevice("one")], repeat=1).passes
    measured, made = only.steps
    assert 0 < measured.moved_bytes < NOISE[:40].nbytes
    assert made.moved_bytes > 0
    assert only.upload_bytes == NOISE[:40].nbytes


def test_a_gpu_copies_the_image_and_the_cpu_does_not(device: str) -> None:
    (only,) = explained("flip", NOISE, device).passes
    moved = 0 if device == "cpu" else NOISE.nbytes
    assert (only.upload_bytes, only.download_bytes) == (moved, moved)


@pytest.mark.parametrize(
    ("dtype", "shape"),
    every_third(product([np.uint8, np.uint16, np.float32], [(1, 1, 1), (7, 13, 4), (64, 129, 3), (300, 301, 2)])),
)
def test_the_plain_copy_copies_each_sample(shape: tuple[int, ...], dtype: Any, device: str) -> None:
    image = np.random.default_rng(1).integers(0, 256, shape).astype(dtype)
    with devices.choose(device).session() as session:
        given = session.upload(image)
        with Gpu(session, source(), given, {}, layout(image.dtype)) as gpu:
            assert np.array_equal(session.download(gpu.launch("copy", given)), image)


def test_the_tree_has_a_line_for_each_step_and_kernel(call: Call, picture: Path) -> None:
    code, out, _ = call("explain", picture, "-f", "blur:sigma=3 | invert | sepia", "--device", "cpu", "--repeat", 1)
    lines = out.splitlines()
    assert code == 0
    assert lines[0].startswith(f"{picture}: 90 x 200 x 3 uint8, 52.7 KiB, on cpu (")
    assert lines[1] == "blur:sigma=3 | invert | sepia"
    assert lines[2].startswith(
        "├─ the whole image at once: 200 rows; strips are possible; the halo is 12 rows: blur 12"
    )
    assert any("│  ├─ invert + sepia (fused into one kernel): " in line for line in lines)
    assert any("│  │  └─ point (invert.cu+sepia.cu): grid " in line for line in lines)
    assert lines[-1].startswith("└─ a plain copy of the image on cpu: ")


def test_json_has_all_that_the_tree_has(call: Call, picture: Path) -> None:
    code, out, _ = call(
        "explain", picture, "-f", "blur:sigma=3", "-f", "invert", "--device", "cpu", "--json", "--repeat", 1
    )
    found = json.loads(out)
    assert (code, found["file"], found["shape"], found["halo"]) == (0, str(picture), [200, 90, 3], 12)
    assert found["filters"] == [{"text": "blur:sigma=3", "halo": 12}, {"text": "invert", "halo": 0}]
    assert [step["filters"] for step in found["passes"][0]["steps"]] == [["blur:sigma=3"], ["invert"]]
    assert found["copy_seconds"] > 0


@pytest.mark.parametrize("name", ["out.svg", "out.html"])
def test_the_drawing_has_a_box_and_a_bar_for_each_step(call: Call, picture: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    code, _, _ = call(
        "explain", picture, "-f", "blur:sigma=3 | invert | edges", "--device", "cpu", "--repeat", 1, "-o", path
    )
    text = path.read_text("utf-8")
    root = ElementTree.fromstring(text[text.index("<svg") : text.index("</svg>") + len("</svg>")])
    kinds = [each.get("class") for each in root.iter(f"{SVG}rect")]
    words = [each.text or "" for each in root.iter(f"{SVG}text")]
    assert (code, kinds.count("box"), kinds.count("bar")) == (0, 3, 3)
    assert {"blur:sigma=3", "invert", "edges", "a plain copy"} <= set(words)
    assert "://" not in text.replace("http://www.w3.org/2000/svg", "")


def test_a_drawing_may_be_opened_and_only_if_it_is_written(
    call: Call, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def note(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", note)
    words = picture, "-f", "invert", "--device", "cpu", "--repeat", 1, "--open"
    assert call("explain", *words)[0] == 2
    assert call("explain", *words, "-o", tmp_path / "out.html")[0] == 0
    assert opened == [(tmp_path / "out.html").as_uri()]


def test_names_with_markup_are_escaped_in_a_drawing(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "<b>&.png"
    PIL.Image.fromarray(NOISE).save(path)
    assert call("explain", path, "-f", "invert", "--repeat", 1, "-o", tmp_path / "out.html")[0] == 0
    assert "<b>" not in (tmp_path / "out.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "exit_code", "said"),
    [
        ("out.png", 2, "a drawing is written to a file with the extension .svg or .html"),
        ("none/out.svg", 1, "none/out.svg cannot be written: there is no folder"),
        ("there.svg", 1, "there.svg cannot be written: it is there already; --overwrite replaces it"),
        ("folder.svg", 1, "folder.svg cannot be written: it is a folder"),
    ],
)
def test_a_drawing_that_cannot_be_written_is_refused_first(
    call: Call, picture: Path, tmp_path: Path, name: str, exit_code: int, said: str
) -> None:
    (tmp_path / "there.svg").write_text("mine")
    (tmp_path / "folder.svg").mkdir()
    code, out, err = call("explain", picture, "-f", "invert", "-o", tmp_path / name)
    assert (code, out) == (exit_code, "")
    assert said in err
    assert (tmp_path / "there.svg").read_text() == "mine"


def test_a_large_tiff_is_explained_in_strips(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_files, "LARGE", 1000)
    tifffile.imwrite(tmp_path / "in.tif", NOISE, photometric="rgb", rowsperstrip=16)
    code, out, _ = call(
        "explain", tmp_path / "in.tif", "-f", "blur:sigma=1", "--json", "--device", "cpu", "--repeat", 1
    )
    (only,) = json.loads(out)["passes"]
    assert (code, only["streams"], only["rows_made"]) == (0, 1, 200)


def test_a_file_that_is_not_there_fails_as_in_other_commands(call: Call, tmp_path: Path) -> None:
    code, out, err = call("explain", tmp_path / "none.png", "-f", "invert")
    assert (code, out) == (1, "")
    assert err.startswith("Error: ") and "none.png" in err


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(2.041, "2.04 s"), (0.2104, "210 ms"), (0.00412, "4.12 ms"), (0.000312, "0.312 ms"), (75.0, "75.0 s")],
)
def test_durations_have_three_digits(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_sizes_leave_out_axes_of_one() -> None:
    assert [size(Dim3(*each)) for each in ((5,), (5, 3), (1, 1, 2))] == ["5", "5x3", "1x1x2"]

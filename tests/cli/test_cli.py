"""The command line: in process with filters of the test's own, and as a program with the built-in ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import PIL.Image
import pytest

import imgcuda
from imgcuda import (
    DeviceArray,
    Filter,
    Gpu,
    NeighborhoodFilter,
    Pipeline,
    PointFilter,
    Registry,
    devices,
    param,
)
from imgcuda.cli import build, run
from imgcuda.cli.filtering import without_option
from imgcuda.errors import DeviceError
from imgcuda.programs.source import Source
from imgcuda.registry import Plugin
from support.installed import installed

SAMPLES = Path(__file__).parents[2] / "sample_images"


class Soften(NeighborhoodFilter):
    """Soften an image evenly.

    The more, the larger sigma.
    """

    halo = 6
    sigma: float = param(default=2.0, ge=0.1, le=100, help="in pixels")
    passes: int = param(default=1, ge=1, help="how often")
    low_light: bool = param(default=False, help="for dark pictures")


class Cut(PointFilter):
    """Cut at a level."""

    level: float = param(ge=0, le=1, help="where")
    device: int = param(default=3, ge=0, help="an option of every filter has this name")


class List(Filter):
    """Have the name of a command."""

    kind: Literal["a", "b"] = param(default="a", help="which")


@dataclass
class Result:
    code: int
    out: str
    err: str


Command = Callable[..., Result]


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.add(Plugin("ours", "ours 1.0"), [Soften, Cut, List])
    return registry


@pytest.fixture
def command(registry: Registry, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs the command line with the test's filters."""

    def call(*arguments: object) -> Result:
        code = run([str(argument) for argument in arguments], build(registry))
        return Result(code, *capsys.readouterr())

    return call


@dataclass
class FakeDevice:
    name: str
    description: str = "a fake"


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Filter, ...]]:
    """Let every pipeline leave the image as it is; return the list of the chains that were run."""
    chains: list[tuple[Filter, ...]] = []

    def call(self: Pipeline, array: Any, *, device: str, max_pixels: int | None = None) -> Any:
        chains.append(self.filters)
        return array

    monkeypatch.setattr(Pipeline, "__call__", call)
    monkeypatch.setattr(devices, "choose", FakeDevice)
    return chains


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "in.png"
    PIL.Image.fromarray(np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)).save(path)
    return path


# Help and lists


def test_the_help_lists_commands_and_filters_apart(command: Command) -> None:
    result = command("--help")
    assert result.code == 0
    commands, filters = result.out.split("Filters (ours):")
    assert "plugins" in commands and "soften" not in commands
    assert "soften  Soften an image evenly." in filters
    assert "list" not in filters


def test_nothing_at_all_shows_the_help(command: Command) -> None:
    result = command()
    assert result.code == 2
    assert "Usage: imgcuda" in result.err


def test_a_filters_help_has_types_ranges_defaults_and_choices(command: Command) -> None:
    out = " ".join(command("soften", "--help").out.split())
    assert "Soften an image evenly. The more, the larger sigma." in out
    assert "--sigma <float range> in pixels [default: 2.0; 0.1<=x<=100]" in out
    assert "--passes <int range> how often [default: 1; x>=1]" in out
    assert "--low-light / --no-low-light for dark pictures" in out
    assert "--border <reflect|mirror|nearest|wrap|constant>" in out
    assert out.index("--sigma") < out.index("--border") < out.index("--device auto|cuda[:N]|cpu")


def test_the_help_of_filter_says_what_it_does_without_any(command: Command) -> None:
    assert "Without any, it is blur." in " ".join(command("filter", "--help").out.split())


def test_the_version_is_the_packages(command: Command) -> None:
    assert command("--version") == Result(0, f"imgcuda {imgcuda.__version__}\n", "")


def test_list_has_a_line_for_each_filter(command: Command) -> None:
    lines = ["  cut     Cut at a level.", "  list    Have the name of a command.", "  soften  Soften an image evenly."]
    assert command("list").out.splitlines() == ["ours:", *lines]


def test_info_tells_all_that_the_fields_declare(command: Command) -> None:
    out = command("info", "soften").out
    assert "  sigma: number, from 0.1 to 100; default 2\n      in pixels\n" in out
    assert "  passes: whole number, at least 1; default 1\n" in out
    assert "  low_light: true or false; default false\n" in out
    assert "  border: one of reflect, mirror, nearest, wrap, constant; default reflect\n" in out
    assert "Reads:    up to 6 pixels around each, with the defaults\n" in out
    assert "Category: ours\nFrom:     ours 1.0, module " in out
    example = "Example:  imgcuda filter in.png out.png -f soften:sigma=2,passes=1\n"
    example += "          imgcuda soften in.png out.png --sigma 2 --passes 1\n"
    assert out.endswith(f"{example}          imgcuda.apply(array, 'soften', sigma=2.0, passes=1)  # in Python\n")


def test_info_shows_no_command_where_there_is_none(command: Command) -> None:
    assert "imgcuda list in.png" not in command("info", "list").out
    assert "imgcuda.apply(array, 'list', kind='a')  # in Python\n" in command("info", "list").out
    assert "imgcuda cut in.png" not in command("info", "cut").out  # --device is another option


def test_info_of_an_alias_says_what_it_sets(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["info", "scharr"]) == 0
    assert capsys.readouterr().out.startswith("scharr (operator=scharr) is another name of edges.\n\nedges: ")


def test_info_tells_of_a_parameter_without_a_default(command: Command) -> None:
    assert "  level: number, from 0 to 1; required\n" in command("info", "cut").out


def test_devices_lists_them_and_says_why_there_is_no_gpu(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "find", lambda: [FakeDevice("cuda:0", "a GPU"), FakeDevice("cpu", "4 cores")])
    monkeypatch.setattr(devices, "no_gpu", lambda: "the driver is asleep")
    assert command("devices").out == "cuda:0  a GPU\ncpu     4 cores\nNo GPU: the driver is asleep\n"


def test_plugins_says_what_is_reached_with_f_only(command: Command) -> None:
    result = command("plugins")
    assert result.code == 0
    assert "ours 1.0: cut, list, soften\n" in result.out
    assert "filter 'list' is reached with -f only: `imgcuda list` is another command\n" in result.out
    assert "cut: parameter 'device' is reached with -f only: --device is another option\n" in result.out


def test_a_switch_whose_no_option_is_taken_is_reached_with_f_only() -> None:
    class Careful(PointFilter):
        """Have a switch whose negation is another option."""

        clobber: bool = param(default=True, help="whether")
        auto: bool = param(default=True, help="whether")

    assert list(without_option(Careful)) == ["clobber"]


def test_plugins_fails_when_one_is_broken(command: Command, registry: Registry) -> None:
    registry.broken[Plugin("sepia", "old-photo 0.3")] = "ImportError: no"
    result = command("plugins")
    assert result.code == 1
    assert "plugin sepia (old-photo 0.3) is left out: ImportError: no\n" in result.out


# Filtering


def test_a_filter_is_a_command(command: Command, ran: list[tuple[Filter, ...]], photo: Path) -> None:
    out = photo.with_name("out.png")
    assert command("soften", photo, out, "--sigma", 3, "--low-light", "--border", "wrap") == Result(0, "", "")
    assert ran == [(Soften(sigma=3, low_light=True, border="wrap"),)]
    assert out.exists()


def test_filter_runs_a_chain_in_order(command: Command, ran: list[tuple[Filter, ...]], photo: Path) -> None:
    result = command("filter", photo, photo.with_name("out.png"), "-f", "cut:level=1", "-f", "soften:sigma=3")
    assert result == Result(0, "", "")
    assert ran == [(Cut(level=1), Soften(sigma=3))]


def test_filter_without_f_says_which_filter_it_runs(photo: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = str(photo.with_name("out.png"))
    assert run(["filter", str(photo), out, "--device", "cpu"]) == 0
    assert capfd.readouterr() == ("", "Note: without -f the filter is blur; `imgcuda convert` only converts\n")
    assert run(["filter", str(photo), out, "--device", "cpu", "--quiet"]) == 0
    assert run(["filter", str(photo), out, "--device", "cpu", "-f", "blur"]) == 0
    assert capfd.readouterr() == ("", "")


def test_quiet_leaves_out_notes_but_not_errors(command: Command, ran: list[tuple[Filter, ...]], tmp_path: Path) -> None:
    path = tmp_path / "in.gif"
    frames = [PIL.Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert command("soften", path, tmp_path / "out.jpg", "-q") == Result(0, "", "")
    assert command("soften", path, tmp_path / "out.jpg", "-q", "--no-clobber").err.startswith("Error: ")


# Converting


def test_convert_keeps_every_pixel_and_runs_no_filter(
    command: Command, ran: list[tuple[Filter, ...]], photo: Path
) -> None:
    assert command("convert", photo, out := photo.with_name("out.tif")) == Result(0, "", "")
    assert np.array_equal(imgcuda.read(out).pixels, imgcuda.read(photo).pixels)
    assert ran == []


def test_convert_takes_the_options_of_a_file_run(command: Command, photo: Path) -> None:
    made = photo.with_name("out")
    assert command("convert", photo, made, "--format", "tiff", "--depth", 16, "--convert", "L", "--strip").code == 0
    found = imgcuda.read(made).pixels
    assert str(found.dtype) == "uint16" and found.shape == (4, 6)
    assert command("convert", photo, made.with_suffix(".jpg"), "--quality", 5, "-v").err.startswith("image: ")


@pytest.mark.parametrize("option", ["--device", "--check", "--linear", "-f"])
def test_convert_has_no_options_that_only_filters_have(command: Command, photo: Path, option: str) -> None:
    result = command("convert", photo, photo.with_name("out.png"), option)
    assert (result.code, f"No such option: {option}" in result.err) == (2, True)


def test_convert_shows_the_command_for_a_folder(command: Command, photo: Path) -> None:
    result = command("convert", photo.parent, photo.with_name("out.png"))
    said = f"Error: convert converts one file, from IN to OUT; for folders and many files: imgcuda batch {photo.parent}"
    assert (result.code, result.err) == (1, f"{said} -o out --format png\n")


def test_a_filter_and_a_parameter_that_are_hidden_are_reached_with_f(
    command: Command, ran: list[tuple[Filter, ...]], photo: Path
) -> None:
    command("filter", photo, photo.with_name("out.png"), "-f", "list:kind=b", "-f", "cut:level=1,device=7")
    assert ran == [(List(kind="b"), Cut(level=1, device=7))]


def test_verbose_says_device_image_and_times_on_stderr(
    command: Command, ran: list[tuple[Filter, ...]], photo: Path
) -> None:
    result = command("soften", photo, photo.with_name("out.png"), "-v", "--device", "cuda:1")
    assert result.out == ""
    device, image, time = result.err.splitlines()
    assert device == "device: cuda:1 (a fake)"
    assert image == "image:  6 x 4 RGB, uint8"
    assert time.startswith("time:   read ")


def test_the_device_may_come_from_the_environment(
    command: Command, ran: list[tuple[Filter, ...]], photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGCUDA_DEVICE", "cuda:3")
    assert "device: cuda:3" in command("soften", photo, photo.with_name("out.png"), "-v").err


@pytest.mark.parametrize("link", ["itself", "symlink", "hard link", "other spelling"])
def test_the_input_is_not_overwritten_unless_asked_for(
    link: str, command: Command, ran: list[tuple[Filter, ...]], photo: Path
) -> None:
    out = photo.with_name("same.png")
    if link == "symlink":
        out.symlink_to(photo)
    elif link == "hard link":
        out.hardlink_to(photo)
    else:
        out = photo if link == "itself" else photo.parent / "." / ".." / photo.parent.name / photo.name
    before = photo.read_bytes()
    result = command("soften", photo, out)
    assert result.code == 1
    assert result.err == f"Error: {out} is the input itself; write to another file, or add --overwrite\n"
    assert photo.read_bytes() == before
    assert ran == []
    assert command("soften", photo, out, "--overwrite").code == 0
    assert len(ran) == 1


def test_what_imgcuda_wrote_is_replaced_and_another_file_is_not(
    command: Command, ran: list[tuple[Filter, ...]], photo: Path
) -> None:
    out, other = photo.with_name("out.png"), photo.with_name("other.png")
    assert command("soften", photo, out).code == 0
    assert command("soften", photo, out).code == 0
    other.write_bytes(b"old")
    refused = command("soften", photo, other)
    said = "it is there already, and imgcuda did not write it, or it was changed since; --overwrite replaces it"
    assert (refused.code, refused.err) == (1, f"Error: {other} cannot be written: {said}\n")
    assert other.read_bytes() == b"old" and len(ran) == 2
    assert command("soften", photo, other, "--overwrite").code == 0
    assert other.read_bytes().startswith(b"\x89PNG")


def test_a_note_says_what_was_lost_on_the_way(command: Command, ran: list[tuple[Filter, ...]], tmp_path: Path) -> None:
    path = tmp_path / "in.gif"
    frames = [PIL.Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    result = command("soften", path, tmp_path / "out.jpg")
    assert result == Result(0, "", f"Note: {path}: it holds 2 pictures; the first is read\n")


def test_an_original_is_not_overwritten_with_less_than_it_holds(
    command: Command, ran: list[tuple[Filter, ...]], tmp_path: Path
) -> None:
    path = tmp_path / "in.tif"
    PIL.Image.new("CMYK", (4, 4)).save(path)
    before = path.read_bytes()
    result = command("soften", path, path, "--overwrite")
    assert result.code == 1
    assert "is not overwritten: its CMYK colors are converted to RGB; write to another file" in result.err
    assert path.read_bytes() == before


# What goes wrong


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sotfen"], "there is no command or filter 'sotfen'; did you mean 'soften'?"),
        (["plugin"], "there is no command or filter 'plugin'; did you mean 'plugins'?"),
        (["xyz"], "there is no command or filter 'xyz'; `imgcuda --help` shows what there is"),
        (["in.png", "out.png"], "to filter a file, write imgcuda filter IN OUT -f NAME"),
        (["info", "sotfen"], "there is no filter 'sotfen'; did you mean 'soften'?"),
        (["soften", "a.png", "b.png", "--sigma", "0"], "sigma must be from 0.1 to 100; got 0.0"),
        (["soften", "a.png", "b.png", "--sigma", "big"], "sigma must be a number; got 'big'"),
        (["soften", "a.png", "b.png", "--passes", "1.5"], "passes must be a whole number; got '1.5'"),
        (["soften", "a.png", "b.png", "--border", "warp"], "got 'warp'; did you mean 'wrap'?"),
        (["soften", "a.png", "b.png", "--sgima", "3"], "No such option: --sgima (Possible options: --sigma)"),
        (["soften", "a.png"], "Missing argument 'OUT'"),
        (["cut", "a.png", "b.png"], "Missing option '--level'"),
        (["filter", "a.png", "b.png", "-f", "sotfen"], "there is no filter 'sotfen'; did you mean 'soften'?"),
        (["filter", "a.png", "b.png", "-f", "soften:sigma=0"], "soften: sigma must be from 0.1 to 100; got 0.0"),
        (["filter", "a.png", "b.png"], "Without -f it is 'blur', which is not installed"),
        (["soften", "a.png", "b.png", "--device", "gpu"], "--device: no device is called 'gpu'"),
    ],
)
def test_wrong_usage_is_said_and_exits_2(arguments: list[str], said: str, command: Command) -> None:
    result = command(*arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert "Error: " in result.err
    assert "Traceback" not in result.err


def test_a_broken_plugin_is_mentioned_only_where_it_may_matter(
    command: Command, registry: Registry, ran: list[tuple[Filter, ...]], photo: Path
) -> None:
    registry.broken[Plugin("sepia", "old-photo 0.3")] = "ImportError: no"
    assert command("soften", photo, photo.with_name("out.png")).err == ""
    result = command("sepia", photo, photo.with_name("out.png"))
    assert result.code == 2
    assert result.err.splitlines()[1] == "Broken and left out: sepia; `imgcuda plugins` says why"


@pytest.mark.parametrize("arguments", [["soften", "a.png", "b.png"], ["filter", "a.png", "b.png", "-f", "soften"]])
def test_two_filters_of_one_name_are_refused_naming_both(
    arguments: list[str], command: Command, registry: Registry
) -> None:
    registry.add(Plugin("theirs", "theirs 2.0"), [Soften])
    result = command(*arguments)
    assert result.code == 2
    assert result.err == "Error: filter 'soften' comes from ours 1.0 and from theirs 2.0; uninstall one\n"


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("missing.png", "out.png", "missing.png cannot be read: no such file or directory"),
        (".", "out.png", "soften filters one file, from IN to OUT; for folders and many files: imgcuda batch"),
        ("text.png", "out.png", "text.png cannot be read: it is not a picture in a known format"),
        ("in.png", "out.xyz", "out.xyz cannot be written: the extension '.xyz' is not known"),
        ("in.png", "missing/out.png", "out.png cannot be written: there is no folder"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence_and_exits_1(
    source: str, target: str, said: str, command: Command, ran: list[tuple[Filter, ...]], photo: Path
) -> None:
    photo.with_name("text.png").write_text("not a picture")
    result = command("soften", photo.parent / source, photo.parent / target, "-v")
    assert (result.code, result.out) == (1, "")
    assert said in result.err
    assert result.err.startswith("Error: ") and result.err.count("\n") == 1


def test_a_device_that_is_missing_is_a_failure(command: Command, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def choose(name: str) -> None:
        raise DeviceError("cuda:0 cannot be used: there is no driver")

    monkeypatch.setattr(devices, "choose", choose)
    result = command("soften", photo, photo.with_name("out.png"), "--device", "cuda")
    assert result == Result(1, "", "Error: cuda:0 cannot be used: there is no driver\n")


def test_ctrl_c_exits_130_and_leaves_nothing(
    command: Command, ran: list[tuple[Filter, ...]], photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Pipeline, "__call__", interrupt)
    result = command("soften", photo, photo.with_name("out.png"))
    assert result.code == 130
    assert "Traceback" not in result.err
    assert list(photo.parent.iterdir()) == [photo]


def test_a_filter_that_raises_is_named_in_one_sentence(
    command: Command, registry: Registry, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fails(Filter):
        """Fail, as somebody's filter may."""

        def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
            raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(Fails, "source", installed()["edges"].source)  # a kernel file, if not one of its own
    registry.add(Plugin("theirs", "theirs 2.0"), [Fails])
    result = command("filter", photo, photo.with_name("out.png"), "-f", "fails", "--device", "cpu", "-v")
    assert result.code == 1
    assert re.fullmatch(r"Error: fails failed at test_cli\.py:\d+: ZeroDivisionError: division by zero\n", result.err)


def test_check_finds_what_a_kernel_does_wrong_and_writes_nothing(
    command: Command, registry: Registry, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shift(Filter):
        """Shift an image to the left, and forget the edge."""

    text = (
        "__global__ void shift(const pixel *src, pixel *dst, int width, int height)\n"
        "{ int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;\n"
        "  if (x < width && y < height)\n    dst[(y * width + x) * CHANNELS] = src[(y * width + x + 1) * CHANNELS]; }"
    )
    monkeypatch.setattr(Shift, "source", staticmethod(lambda: Source("shift.cu", text)))
    registry.add(Plugin("theirs", "theirs 2.0"), [Shift])
    out = photo.with_name("out.png")
    result = command("shift", photo, out, "--check")
    assert result.code == 1 and not out.exists()
    assert result.err == (
        "Error: shift.cu:4: shift: thread (5, 3, 0) of block (0, 0, 0) reads src[72], "
        "which has 72 elements (4 x 6 x 3)\n"
        "    dst[(y * width + x) * CHANNELS] = src[(y * width + x + 1) * CHANNELS]; }\n"
    )


# As a program, with the filters that are installed


def program(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "imgcuda", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def test_a_picture_goes_through_a_chain_of_built_in_filters(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    result = program("filter", SAMPLES / "coffee.png", out, "-f", "grayscale", "-f", "edges", "--device", "cpu")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    with PIL.Image.open(out) as picture:
        assert (picture.mode, picture.size) == ("L", (600, 400))
    coffee = np.asarray(PIL.Image.open(SAMPLES / "coffee.png").convert("RGB"))
    gray = imgcuda.apply(coffee, "grayscale", device="cpu")
    assert np.array_equal(np.asarray(PIL.Image.open(out).convert("L")), imgcuda.apply(gray, "edges", device="cpu"))


def test_without_a_filter_it_blurs(tmp_path: Path) -> None:
    for arguments, name in (["filter"], "a.png"), (["blur"], "b.png"):
        assert program(*arguments, SAMPLES / "chelsea.png", tmp_path / name, "--device", "cpu").returncode == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_the_environment_chooses_the_device(tmp_path: Path) -> None:
    result = program("edges", SAMPLES / "horse.png", tmp_path / "out.png", "-v", IMGCUDA_DEVICE="cpu")
    assert result.returncode == 0
    assert result.stderr.startswith("device: cpu (")
    assert "400 x 328 RGB with alpha, uint8" in result.stderr


def test_the_built_in_filters_are_commands() -> None:
    out = program("list", "--plain").stdout
    assert {"blur", "edges", "grayscale"} <= {line.split("\t")[0] for line in out.splitlines()}


def test_devices_always_has_the_cpu() -> None:
    result = program("devices")
    assert result.returncode == 0
    assert any(line.startswith("cpu") for line in result.stdout.splitlines())


def test_a_closed_pipe_is_no_error_message() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "imgcuda", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from imgcuda.cli import run; run(['--help']); print(*sys.modules, file=sys.stderr)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr.split()
    assert "imgcuda.cli" in modules
    heavy = {"PIL", "rich", "pydantic", "pycuda", "llvmlite", "cuda", "scipy", "imgcuda.images", "imgcuda.cpu.lower"}
    assert not heavy & set(modules)

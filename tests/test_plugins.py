"""Plugins: found by their entry points, and left out alone when they are broken.

A distribution is a folder `*.dist-info` with two files in it, so the tests install them without an installer.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from textwrap import dedent

import PIL.Image
import pytest

import imgcuda
from imgcuda import PluginError, Registry, load
from imgcuda.cli import build, run

DUOTONE = """
    from imgcuda import Filter, PointFilter, hookimpl, param

    class Postcard(PointFilter):
        '''Print an image in two colors.'''
        strength: float = param(default=1.0, ge=0, le=1, help="how much")

    @hookimpl
    def imgcuda_filters():
        return [Postcard]
"""

BROKEN = {
    "its import fails": ("import a_module_that_is_not_there", "ModuleNotFoundError: No module named 'a_module_that"),
    "it is no Python": ("def", "SyntaxError: "),
    "it raises as it is imported": ("1 / 0", "ZeroDivisionError: division by zero"),
    "it ends the program": ("import sys; sys.exit(0)", "SystemExit: 0"),
    "it ends the program from its hook": (DUOTONE.replace("return [Postcard]", "raise SystemExit"), "SystemExit"),
    "it interrupts": ("raise KeyboardInterrupt", "RuntimeError: KeyboardInterrupt"),
    "it raises what no one catches": ("raise GeneratorExit('x')", "GeneratorExit: x"),
    "its error cannot be printed": (
        "class E(BaseException):\n    def __str__(self): raise SystemExit\nraise E",
        "an error that cannot be printed",
    ),
    "its error would move the cursor": ("raise ValueError('a\\x1b[2J\\nb')", "ValueError: a\\x1b[2J b"),
    "its filter's name is a path": (
        DUOTONE.replace("strength:", "name = '../x'\n        strength:"),
        "a filter's name is in lower case, with hyphens between words, as warm-glow; it is '../x'",
    ),
    "its filter's name is empty": (DUOTONE.replace("strength:", "name = ''\n        strength:"), "it is ''"),
    "its filter's name is an option": (
        DUOTONE.replace("strength:", "name = '--help'\n        strength:"),
        "it is '--help'",
    ),
    "its filter's name is no text": (DUOTONE.replace("strength:", "name = 3\n        strength:"), "it is 3"),
    "its filter's category is a phrase": (
        DUOTONE.replace("strength:", "category = 'My filters'\n        strength:"),
        "postcard: a category is in lower case, with hyphens between words, as blur; it is 'My filters'",
    ),
    "its filter's category is no text": (
        DUOTONE.replace("strength:", "category = None\n        strength:"),
        "as blur; it is None",
    ),
    "its docstring would move the cursor": (
        DUOTONE.replace("Print an", "Print \\x1b[2Jan"),
        "postcard: its docstring has control characters",
    ),
    "it brings a filter twice": (DUOTONE.replace("[Postcard]", "[Postcard] * 2"), "several filters called 'postcard'"),
    "it brings filters without an end": (
        DUOTONE.replace("[Postcard]", "iter(lambda: Postcard, None)"),
        "imgcuda_filters() returned more than 1000 filters",
    ),
    "its hook is misspelled": (DUOTONE.replace("imgcuda_filters", "imgcuda_filter"), "unknown hook 'imgcuda_filter'"),
    "it has no hook": ("x = 1", ".py has no function imgcuda_filters() that is marked with @hookimpl"),
    "its hook takes an argument": (DUOTONE.replace("imgcuda_filters()", "imgcuda_filters(register)"), "'register'"),
    "its hook raises": (
        DUOTONE.replace("return [Postcard]", "raise RuntimeError('not today')"),
        "RuntimeError: not today",
    ),
    "its hook returns a class that is no filter": (
        DUOTONE.replace("[Postcard]", "[dict]"),
        "imgcuda_filters() must return filter classes; it returned <class 'dict'>",
    ),
    "its hook returns a filter that is made": (
        DUOTONE.replace("[Postcard]", "[Postcard()]"),
        "it returned Postcard(strength=",
    ),
    "its hook returns a number": (DUOTONE.replace("[Postcard]", "3"), "TypeError: "),
    "its filter has no docstring": (
        DUOTONE.replace("'''Print an image in two colors.'''", ""),
        "Postcard has no docstring",
    ),
    "its parameter is a plain value": (
        DUOTONE.replace('param(default=1.0, ge=0, le=1, help="how much")', "1.0"),
        "Postcard.strength must be declared with param(default=..., help=...)",
    ),
    "its parameter begins with _": (
        DUOTONE.replace("strength:", "_strength:"),
        "postcard: the parameter _strength would be the option ---strength; let its name begin and end with a letter",
    ),
    "two parameters have one option": (
        DUOTONE.replace(
            "strength:",
            "no_ink: float = param(default=1, help='x')\n        ink: bool = param(default=True, help='x')"
            "\n        strength:",
        ),
        "postcard: the parameters no_ink and ink would have one option, --no-ink; rename one",
    ),
    "its parameter is a list": (DUOTONE.replace(": float", ": list"), "Postcard.strength must be typed float"),
}

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that installs a distribution with one plugin, whose source is given."""
    monkeypatch.syspath_prepend(tmp_path)

    def call(source: str, distribution: str = "old-photo", plugin: str = "postcard") -> None:
        module = f"{distribution.replace('-', '_')}_{plugin}"
        info = tmp_path / f"{distribution.replace('-', '_')}-0.3.dist-info"
        info.mkdir(exist_ok=True)
        (tmp_path / f"{module}.py").write_text(dedent(source))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 0.3\n")
        (info / "entry_points.txt").write_text(f"[imgcuda]\n{plugin} = {module}\n")
        sys.modules.pop(module, None)  # another test may have imported its own

    return call


def program(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "imgcuda", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(path), os.environ.get("PYTHONPATH")]))}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def problems(registry: Registry) -> list[str]:
    """Return what is wrong with the plugins of these tests, which have version 0.3; others may be installed, too."""
    return [problem for problem in registry.problems if " 0.3" in problem]


def only(registry: Registry) -> tuple[str, str]:
    """Return the one broken plugin of these tests, and why it is."""
    ((plugin, why),) = [(str(plugin), why) for plugin, why in registry.broken.items() if " 0.3" in str(plugin)]
    return plugin, why


def test_the_built_in_filters_come_by_the_same_way() -> None:
    registry = load()
    assert {"blur", "edges", "grayscale"} <= set(registry)
    assert registry.sources["edges"].distribution == f"imgcuda {imgcuda.__version__}"
    assert not [problem for problem in registry.problems if "imgcuda" in problem]


def test_a_plugin_is_found_by_its_entry_point(install: Install) -> None:
    install(DUOTONE)
    registry = load()
    assert registry["postcard"].summary() == "Print an image in two colors."
    assert str(registry.sources["postcard"]) == "postcard (old-photo 0.3)"


def test_each_registry_is_fresh(install: Install) -> None:
    before = load()
    install(DUOTONE)
    assert "postcard" in load().filters
    assert "postcard" not in before.filters


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plugin_is_left_out_alone(kind: str, install: Install) -> None:
    source, why = BROKEN[kind]
    good = set(load())
    install(source)
    registry = load()
    assert set(registry) == good
    plugin, said = only(registry)
    assert plugin == "postcard (old-photo 0.3)"
    assert why in said
    assert problems(registry) == [f"plugin postcard (old-photo 0.3) is left out: {said}"]


def test_a_broken_plugin_takes_no_other_of_its_kind_along(install: Install) -> None:
    install(BROKEN["its hook is misspelled"][0], distribution="broken")
    install(DUOTONE)
    registry = load()
    assert "postcard" in registry.filters
    assert only(registry)[0] == "postcard (broken 0.3)"


def test_two_filters_of_one_name_are_refused_naming_both(install: Install) -> None:
    install(DUOTONE)
    install(DUOTONE, distribution="new-photo")
    registry = load()
    said = "filter 'postcard' comes from new-photo 0.3 and from old-photo 0.3; uninstall one"
    assert problems(registry) == [said]
    assert "postcard" not in set(registry)
    with pytest.raises(PluginError) as error:
        registry["postcard"]
    assert str(error.value) == said


def test_three_filters_of_one_name_are_all_refused(install: Install) -> None:
    for distribution in ("a-photo", "b-photo", "c-photo"):
        install(DUOTONE, distribution=distribution)
    registry = load()
    assert problems(registry) == [
        "filter 'postcard' comes from a-photo 0.3 and from b-photo 0.3 and from c-photo 0.3; uninstall one"
    ]


def test_a_built_in_filter_cannot_be_replaced_in_silence(install: Install) -> None:
    install(DUOTONE.replace("Postcard", "Edges"))
    registry = load()
    assert "edges" not in set(registry)
    assert problems(registry) == [
        f"filter 'edges' comes from imgcuda {imgcuda.__version__} and from old-photo 0.3; uninstall one"
    ]


# As a program


def test_the_command_line_works_beside_broken_plugins_and_tells_of_them(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(BROKEN["its import fails"][0], distribution="broken-import")
    install(BROKEN["its hook is misspelled"][0], distribution="misspelled-hook")
    install(BROKEN["its hook raises"][0], distribution="raising-hook")
    install(DUOTONE)
    listed = program(tmp_path, "list", "--plain")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert {"edges", "grayscale", "postcard"} <= {line.split("\t")[0] for line in listed.stdout.splitlines()}
    assert run(["plugins"], build(load())) == 1
    said = capsys.readouterr()
    assert said.err == ""
    assert "old-photo 0.3: postcard\n" in said.out
    for distribution in ("broken-import", "misspelled-hook", "raising-hook"):
        assert f"plugin postcard ({distribution} 0.3) is left out: " in said.out


def test_a_plugins_filter_is_a_command_with_its_options(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install(DUOTONE)
    assert run(["postcard", "--help"], build(load())) == 0
    said = capsys.readouterr().out
    assert "Print an image in two colors." in said
    assert "--strength <float range>" in said


def test_a_clash_is_said_when_the_filter_is_asked_for(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install(DUOTONE)
    install(DUOTONE, distribution="new-photo")
    assert run(["postcard", "in.png", "out.png"], build(load())) == 2
    said = "Error: filter 'postcard' comes from new-photo 0.3 and from old-photo 0.3; uninstall one\n"
    assert capsys.readouterr().err == said


# Switched off


def test_a_plugin_may_be_switched_off_for_a_process(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(DUOTONE)
    assert "postcard" in load().filters
    for name in ("postcard", "grayscale, postcard", "old-photo"):
        monkeypatch.setenv("IMGCUDA_DISABLE_PLUGINS", name)
        registry = load()
        assert "postcard" not in registry.filters
        assert "postcard" in [plugin.name for plugin in registry.disabled]
    assert "blur" in registry.filters


def test_a_plugin_may_be_switched_off_until_it_is_switched_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMGCUDA_CONFIG", str(tmp_path / "new"))
    assert run(["plugins", "--disable", "color"], build(load())) == 0
    assert "color is switched off." in capsys.readouterr().out
    assert "grayscale" not in load().filters
    assert run(["plugins"], build(load())) == 0
    assert "color (imgcuda 0.1.0) is switched off\n" in capsys.readouterr().out
    assert run(["grayscale", "in.png", "out.png"], build(load())) == 2
    assert "\nSwitched off: color; `imgcuda plugins --enable NAME` switches one on" in capsys.readouterr().err
    assert run(["plugins", "--enable", "color"], build(load())) == 0
    assert "grayscale" in load().filters


def test_what_is_no_plugin_cannot_be_switched_off(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plugins", "--disable", "colo"], build(load())) == 2
    assert "there is no plugin 'colo'; did you mean 'color'?" in capsys.readouterr().err


# What a plugin may not do


MEDDLING = """
    import os, signal, sys, warnings
    print("HELLO")
    os.write(1, b"HELLO")
    os.chdir("/")
    sys.argv[:] = ["x"]
    sys.setrecursionlimit(77)
    sys.stdout.close()
    sys.stdout = sys.stderr = sys.stdin = None
    os.environ["IMGCUDA_DEVICE"] = "cuda:77"
    warnings.simplefilter("error")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
"""


def test_what_a_plugin_changes_as_it_is_imported_is_put_back(
    install: Install, capfd: pytest.CaptureFixture[str]
) -> None:
    def state() -> list[object]:
        streams = sys.stdin, sys.stdout, sys.stderr
        limit, filters = sys.getrecursionlimit(), list(warnings.filters)
        return [
            Path.cwd(),
            list(sys.argv),
            limit,
            streams,
            dict(os.environ),
            filters,
            signal.getsignal(signal.SIGTERM),
        ]

    install(MEDDLING.replace("sys.stdout.close()", ""))
    before = state()
    assert "MEDDLING" not in load().filters
    assert state() == before


def test_a_plugins_words_are_not_in_the_picture(install: Install, tmp_path: Path) -> None:
    install(MEDDLING + DUOTONE + "    import atexit; atexit.register(print, 'BYE')\n")
    picture = tmp_path / "in.png"
    PIL.Image.new("RGB", (3, 2), (10, 20, 30)).save(picture)
    command = [sys.executable, "-m", "imgcuda", "invert", str(picture), "-", "--format", "png"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert done.stderr.count(b"HELLO") == 2
    with PIL.Image.open(BytesIO(done.stdout)) as made:
        assert made.getpixel((0, 0)) == (245, 235, 225)
    assert done.stdout.endswith(b"IEND\xaeB`\x82")


@pytest.mark.parametrize("source", ["import os; os._exit(3)", "while True: pass"])
def test_any_plugin_can_be_switched_off(
    source: str, install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMGCUDA_CONFIG", str(tmp_path / "settings"))
    install(source)
    assert run(["plugins", "--disable", "postcard"]) == 0
    assert capsys.readouterr().out == "postcard is switched off.\n"
    assert "blur" in load().filters
    assert run(["plugins", "--enable=old-photo"]) == 0


# Distributions that are broken

POINTS = "[imgcuda]\nbad = bad\n"
METADATA = "Metadata-Version: 2.1\nName: bad\nVersion: 1.0\n"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"entry_points.txt": POINTS}, "its METADATA has no name and version; install it again, or remove that folder"),
        ({"entry_points.txt": POINTS, "METADATA": ""}, "its METADATA has no name and version"),
        ({"entry_points.txt": POINTS, "METADATA": "Name: bad\n"}, "its METADATA has no name and version"),
        ({"entry_points.txt": POINTS, "METADATA": "\0\xff\x1b"}, "its METADATA has no name and version"),
        ({"entry_points.txt": "\xff\0", "METADATA": METADATA}, "its entry points cannot be read (UnicodeDecodeError"),
        ({"entry_points.txt": "[imgcuda]\nbad\n", "METADATA": METADATA}, "its entry points cannot be read ("),
        ({"entry_points.txt": "[imgcuda]\nbad = \n", "METADATA": METADATA}, "Error: "),
        ({"entry_points.txt": "[imgcuda]\nbad = ../x:y\n", "METADATA": METADATA}, "Error: "),
    ],
)
def test_a_broken_distribution_is_one_line_and_the_others_go_on(
    files: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    info = tmp_path / "bad-1.0.dist-info"
    info.mkdir()
    for name, text in files.items():
        (info / name).write_bytes(text.encode("latin-1"))
    registry = load()
    assert "blur" in registry.filters
    ((plugin, why),) = [(plugin, why) for plugin, why in registry.broken.items() if "bad" in str(plugin)]
    assert said in why
    assert (str(plugin) + why).isprintable()

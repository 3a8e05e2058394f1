"""Plugins: found by their entry points, and left out alone when they are broken.

A distribution is a folder `*.dist-info` with two files in it, so the tests install them without an installer.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

import imgcuda
from imgcuda import PluginError, Registry, load
from imgcuda.cli import build, run

DUOTONE = """
    from imgcuda import Filter, PointFilter, hookimpl, param

    class Duotone(PointFilter):
        '''Print an image in two colours.'''
        strength: float = param(default=1.0, ge=0, le=1, help="how much")

    @hookimpl
    def imgcuda_filters():
        return [Duotone]
"""

BROKEN = {
    "its import fails": ("import a_module_that_is_not_there", "ModuleNotFoundError: No module named 'a_module_that"),
    "it is no Python": ("def", "SyntaxError: "),
    "it raises as it is imported": ("1 / 0", "ZeroDivisionError: division by zero"),
    "its hook is misspelt": (DUOTONE.replace("imgcuda_filters", "imgcuda_filter"), "unknown hook 'imgcuda_filter'"),
    "it has no hook": ("x = 1", ".py has no function imgcuda_filters() that is marked with @hookimpl"),
    "its hook takes an argument": (DUOTONE.replace("imgcuda_filters()", "imgcuda_filters(register)"), "'register'"),
    "its hook raises": (
        DUOTONE.replace("return [Duotone]", "raise RuntimeError('not today')"),
        "RuntimeError: not today",
    ),
    "its hook returns a class that is no filter": (
        DUOTONE.replace("[Duotone]", "[dict]"),
        "imgcuda_filters() must return filter classes; it returned <class 'dict'>",
    ),
    "its hook returns a filter that is made": (
        DUOTONE.replace("[Duotone]", "[Duotone()]"),
        "it returned Duotone(strength=",
    ),
    "its hook returns a number": (DUOTONE.replace("[Duotone]", "3"), "TypeError: "),
    "its filter has no docstring": (
        DUOTONE.replace("'''Print an image in two colours.'''", ""),
        "Duotone has no docstring",
    ),
    "its parameter is a plain value": (
        DUOTONE.replace('param(default=1.0, ge=0, le=1, help="how much")', "1.0"),
        "Duotone.strength must be declared with param(default=..., help=...)",
    ),
    "its parameter is a list": (DUOTONE.replace(": float", ": list"), "Duotone.strength must be typed float"),
}

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that installs a distribution with one plugin, whose source is given."""
    monkeypatch.syspath_prepend(tmp_path)

    def call(source: str, distribution: str = "old-photo", plugin: str = "duotone") -> None:
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
    assert registry["duotone"].summary() == "Print an image in two colours."
    assert str(registry.sources["duotone"]) == "duotone (old-photo 0.3)"


def test_each_registry_is_fresh(install: Install) -> None:
    before = load()
    install(DUOTONE)
    assert "duotone" in load().filters
    assert "duotone" not in before.filters


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plugin_is_left_out_alone(kind: str, install: Install) -> None:
    source, why = BROKEN[kind]
    good = set(load())
    install(source)
    registry = load()
    assert set(registry) == good
    plugin, said = only(registry)
    assert plugin == "duotone (old-photo 0.3)"
    assert why in said
    assert problems(registry) == [f"plugin duotone (old-photo 0.3) is left out: {said}"]


def test_a_broken_plugin_takes_no_other_of_its_kind_along(install: Install) -> None:
    install(BROKEN["its hook is misspelt"][0], distribution="broken")
    install(DUOTONE)
    registry = load()
    assert "duotone" in registry.filters
    assert only(registry)[0] == "duotone (broken 0.3)"


def test_two_filters_of_one_name_are_refused_naming_both(install: Install) -> None:
    install(DUOTONE)
    install(DUOTONE, distribution="new-photo")
    registry = load()
    said = "filter 'duotone' comes from new-photo 0.3 and from old-photo 0.3; uninstall one"
    assert problems(registry) == [said]
    assert "duotone" not in set(registry)
    with pytest.raises(PluginError) as error:
        registry["duotone"]
    assert str(error.value) == said


def test_three_filters_of_one_name_are_all_refused(install: Install) -> None:
    for distribution in ("a-photo", "b-photo", "c-photo"):
        install(DUOTONE, distribution=distribution)
    registry = load()
    assert problems(registry) == [
        "filter 'duotone' comes from a-photo 0.3 and from b-photo 0.3 and from c-photo 0.3; uninstall one"
    ]


def test_a_built_in_filter_cannot_be_replaced_in_silence(install: Install) -> None:
    install(DUOTONE.replace("Duotone", "Edges"))
    registry = load()
    assert "edges" not in set(registry)
    assert problems(registry) == [
        f"filter 'edges' comes from imgcuda {imgcuda.__version__} and from old-photo 0.3; uninstall one"
    ]


# As a program


def test_the_command_line_works_beside_broken_plugins_and_tells_of_them(install: Install, tmp_path: Path) -> None:
    install(BROKEN["its import fails"][0], distribution="broken-import")
    install(BROKEN["its hook is misspelt"][0], distribution="misspelt-hook")
    install(BROKEN["its hook raises"][0], distribution="raising-hook")
    install(DUOTONE)
    listed = program(tmp_path, "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert {"edges", "grayscale", "duotone"} <= {line.split()[0] for line in listed.stdout.splitlines()}
    plugins = program(tmp_path, "plugins")
    assert (plugins.returncode, plugins.stderr) == (1, "")
    assert "old-photo 0.3: duotone\n" in plugins.stdout
    for distribution in ("broken-import", "misspelt-hook", "raising-hook"):
        assert f"plugin duotone ({distribution} 0.3) is left out: " in plugins.stdout


def test_a_plugins_filter_is_a_command_with_its_options(install: Install, tmp_path: Path) -> None:
    install(DUOTONE)
    result = program(tmp_path, "duotone", "--help")
    assert result.returncode == 0
    assert "Print an image in two colours." in result.stdout
    assert "--strength <float range>" in result.stdout


def test_a_clash_is_said_when_the_filter_is_asked_for(install: Install, tmp_path: Path) -> None:
    install(DUOTONE)
    install(DUOTONE, distribution="new-photo")
    result = program(tmp_path, "duotone", "in.png", "out.png")
    assert result.returncode == 2
    assert result.stderr == ("Error: filter 'duotone' comes from new-photo 0.3 and from old-photo 0.3; uninstall one\n")


# Switched off


def test_a_plugin_may_be_switched_off_for_a_process(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(DUOTONE)
    assert "duotone" in load().filters
    for name in ("duotone", "grayscale, duotone", "old-photo"):
        monkeypatch.setenv("IMGCUDA_DISABLE_PLUGINS", name)
        registry = load()
        assert "duotone" not in registry.filters
        assert "duotone" in [plugin.name for plugin in registry.disabled]
    assert "blur" in registry.filters


def test_a_plugin_may_be_switched_off_until_it_is_switched_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMGCUDA_CONFIG", str(tmp_path / "new"))
    assert run(["plugins", "--disable", "grayscale"], build(load())) == 0
    assert "grayscale is switched off." in capsys.readouterr().out
    assert "grayscale" not in load().filters
    assert run(["plugins"], build(load())) == 0
    assert "grayscale (imgcuda 0.1.0) is switched off\n" in capsys.readouterr().out
    assert run(["grayscale", "in.png", "out.png"], build(load())) == 2
    assert "\nSwitched off: grayscale; `imgcuda plugins --enable NAME` switches one on" in capsys.readouterr().err
    assert run(["plugins", "--enable", "grayscale"], build(load())) == 0
    assert "grayscale" in load().filters


def test_what_is_no_plugin_cannot_be_switched_off(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plugins", "--disable", "grayscal"], build(load())) == 2
    assert "there is no plugin 'grayscal'; did you mean 'grayscale'?" in capsys.readouterr().err

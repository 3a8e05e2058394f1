"""The index of what plugins offer: nothing is imported that it knows, and nothing in it is out of date.

Each command is a process of its own, as a user's is, with a cache and a search path of this test's own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from support.installation import Installation, filter_of
from support.matrix import every_third, exhaustive


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


@pytest.mark.exhaustive
def test_everything_is_said_as_without_an_index(installation: Installation) -> None:
    installation.add(filter_of())
    installation.add("1 / 0", "broken", modules="fails")
    installation.add(filter_of("Edges"), "other-edges", modules="edges_again")
    calls = ["list", "list --plain", "--help", "info postcard", "info edges", "two-colors --help", "plugins", "duotnoe"]
    first = []
    for call in calls:
        for index in installation.indexes:
            index.unlink()
        first.append(installation.run(*call.split()))
    assert installation.indexes
    again = [installation.run(*call.split()) for call in calls]
    for before, after in zip(first, again, strict=True):
        assert (before.returncode, before.stdout, before.stderr) == (after.returncode, after.stdout, after.stderr)


@pytest.mark.parametrize(
    "call", every_third(["list", "list --plain", "--version", "--help", "list blurr", "list denoise size"])
)
def test_lists_and_help_import_no_plugin_and_no_numpy(call: str, installation: Installation) -> None:
    installation.add(filter_of())
    assert "postcard" in installation.command("list")
    heavy = {"numpy", "email.message", "importlib.metadata", "pluggy", "PIL", "imgcuda.filters", "postcard"}
    modules = installation.command(*call.split())
    assert not {name for name in modules if name in heavy or name.startswith("imgcuda_plugins")}


@pytest.mark.parametrize(
    ("general", "own"),
    [
        (["list"], ["many7-again --help", "info many7"]),
        exhaustive(["list", "--help"], ["many7 --help", "many7-again --help", "info many7", "filter a b -f many7"]),
    ],
)
def test_a_command_imports_its_own_plugin_of_a_hundred_and_twenty(
    general: list[str], own: list[str], installation: Installation
) -> None:
    names = [f"many{number}" for number in range(120)]
    installation.add("", "many", modules=" ".join(names))
    for name in names:
        installation.write(name, filter_of(name.capitalize(), alias=f"{name}-again"))
    assert len(set(installation.listed()) & set(names)) == 120
    for call in general:
        assert not installation.command(call) & set(names)
    for call in own:
        modules = installation.command(*call.split())
        assert modules & set(names) == {"many7"}
        assert not any(name.startswith("imgcuda_plugins") for name in modules)


def test_words_are_completed_from_the_index(installation: Installation) -> None:
    installation.add(filter_of("Postcard", summary="Print in two colors."))
    installation.listed()
    names = installation.run(_IMGCUDA_COMPLETE="complete_bash", COMP_WORDS="imgcuda postc", COMP_CWORD="1")
    assert names.stdout.split() == ["postcard"]
    everything = installation.run(_IMGCUDA_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="imgcuda ")
    assert '"postcard":"Print in two colors."' in everything.stdout
    assert '"list":"List the filters by category."' in everything.stdout
    options = installation.run(_IMGCUDA_COMPLETE="complete_bash", COMP_WORDS="imgcuda postcard --str", COMP_CWORD="2")
    assert "--strength" in options.stdout.split()
    installation.variables |= {"_IMGCUDA_COMPLETE": "complete_bash", "COMP_WORDS": "imgcuda p", "COMP_CWORD": "1"}
    assert not {"postcard", "numpy"} & installation.command()


def test_a_call_from_python_imports_one_plugin(installation: Installation) -> None:
    installation.add(filter_of())
    installation.listed()
    code = "import numpy, imgcuda; imgcuda.apply(numpy.zeros((3, 4), 'uint8'), 'invert', device='cpu')"
    modules = installation.imported(code)
    assert "imgcuda_plugins.color" in modules
    assert not {"postcard", "imgcuda_plugins.blur", "imgcuda_plugins.color.hue"} & modules


PLUGIN = """
    from imgcuda import hookimpl

    @hookimpl
    def imgcuda_filters():
        from inks.dark import Dark
        from inks.pale import Pale

        return [Dark, Pale]
"""


def test_a_filter_is_imported_without_the_others_of_its_plugin(installation: Installation) -> None:
    (installation.folder / "inks").mkdir()
    installation.add("", modules="inks.plugin")
    for module, source in {"plugin": PLUGIN, "dark": filter_of("Dark"), "pale": filter_of("Pale")}.items():
        installation.write(f"inks/{module}", source)
    assert {"dark", "pale"} <= installation.listed().keys()
    modules = installation.command("info", "dark")
    assert "inks.dark" in modules
    assert not {"inks.pale", "inks.plugin"} & modules


def test_an_edit_of_a_plugin_is_seen_at_once(installation: Installation) -> None:
    installation.add(filter_of())
    assert installation.listed()["postcard"] == "Print in two colors."
    installation.write("postcard", filter_of(summary="Print in 2 colors."))
    assert installation.listed()["postcard"] == "Print in 2 colors."
    installation.write("postcard", filter_of("Tritone"))
    assert "postcard" not in installation.listed()
    assert "tritone" in installation.listed()


def test_an_edit_of_a_module_beside_the_plugin_is_seen_at_once(installation: Installation) -> None:
    package = installation.folder / "inks"
    package.mkdir()
    (package / "words.py").write_text("ALIAS = 'red'\n")
    installation.add("", modules="inks.plugin")
    source = filter_of().replace('{"two-colors"', "{words.ALIAS").replace("import os", "from inks import words")
    installation.write("inks/plugin", source)
    assert "Also:     red\n" in installation.run("info", "postcard").stdout
    (package / "words.py").write_text("ALIAS = 'black'\n")
    assert "(black)" in installation.run("list").stdout


def test_what_is_installed_or_removed_is_seen_at_once(installation: Installation) -> None:
    assert "postcard" not in installation.listed()
    installation.add(filter_of())
    assert "postcard" in installation.listed()
    old, new = (installation.folder / f"old_photo-0.{minor}.dist-info" for minor in (3, 4))
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: old-photo\nVersion: 0.4\n")
    assert "From:     old-photo 0.4, " in installation.run("info", "postcard").stdout
    old.rename(new)
    (new / "METADATA").write_text("Metadata-Version: 2.1\nName: old-photo\nVersion: 0.5\n")
    assert "From:     old-photo 0.5, " in installation.run("info", "postcard").stdout
    (new / "entry_points.txt").write_text("[imgcuda]\n")
    assert "postcard" not in installation.listed()


def test_a_plugin_is_switched_off_and_on_beside_the_index(installation: Installation) -> None:
    installation.add(filter_of())
    for _ in range(2):
        assert "postcard" in installation.listed()
        assert "postcard" not in installation.listed(IMGCUDA_DISABLE_PLUGINS="old-photo")
    assert installation.run("plugins", "--disable", "postcard").returncode == 0
    assert "postcard" not in installation.listed()
    assert installation.run("plugins", "--enable", "postcard").returncode == 0
    assert "postcard" in installation.listed()


@pytest.mark.exhaustive
def test_what_failed_is_tried_again_each_time(installation: Installation) -> None:
    installation.add(filter_of() + "\n    if 'FAIL' in os.environ: raise OSError('no license')\n")
    assert "postcard" not in installation.listed(FAIL="1")
    assert "postcard" in installation.listed()
    # The index has it now. It is imported when it is asked for, and then is said to fail as without an index.
    failed = installation.run("postcard", "in.png", "out.png", FAIL="1")
    assert failed.returncode == 2
    assert "\nBroken and left out: postcard; `imgcuda plugins` says why\n" in failed.stderr
    assert "no license" in installation.run("plugins", FAIL="1").stdout
    assert "postcard" in installation.listed()


@pytest.mark.exhaustive
def test_a_filter_that_the_index_does_not_know_is_found(installation: Installation) -> None:
    installation.add(filter_of() + "\n    if 'TRITONE' in os.environ: Postcard.name = 'tritone'\n")
    assert "postcard" in installation.listed()
    for call in (["tritone", "--help"], ["info", "tritone"]):
        installation.listed()
        assert installation.run(*call, TRITONE="1").returncode == 0
    installation.run("plugins")
    gone = installation.run("postcard", "--help", TRITONE="1")
    assert (gone.returncode, gone.stdout) == (2, "")
    assert "there is no filter 'postcard'" in gone.stderr


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole.replace(b"two colors", b"six colors"),
        *map(exhaustive, (lambda _: b"", lambda whole: whole[:100], lambda whole: bytes(len(whole)))),
    ],
    ids=["another word", "empty", "cut off", "zeros"],
)
def test_a_damaged_index_is_made_anew(damage: Callable[[bytes], bytes], installation: Installation) -> None:
    installation.add(filter_of())
    right = installation.listed()
    (index,) = installation.indexes
    whole = index.read_bytes()
    index.write_bytes(damage(whole))
    assert installation.listed() == right
    assert index.read_bytes() == whole


@pytest.mark.exhaustive
def test_an_index_that_others_may_write_is_not_used(installation: Installation) -> None:
    installation.add(filter_of())
    right = installation.listed()
    installation.cache.chmod(0o777)
    assert "postcard" in installation.command("list")
    assert installation.listed() == right


@pytest.mark.exhaustive
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives a folder away")
def test_another_users_index_is_not_used(installation: Installation) -> None:
    installation.add(filter_of())
    right = installation.listed()
    os.chown(installation.cache, 12345, 12345)
    assert "postcard" in installation.command("list")
    assert installation.listed() == right


@pytest.mark.exhaustive
@pytest.mark.parametrize("place", ["/proc/nowhere", "relative"])
def test_without_a_place_for_an_index_all_goes_on(place: str, installation: Installation) -> None:
    installation.add(filter_of())
    installation.variables["IMGCUDA_CACHE"] = place
    for _ in range(2):
        assert "postcard" in installation.listed()


@pytest.mark.exhaustive
def test_what_was_edited_after_its_import_is_not_kept(installation: Installation) -> None:
    installation.add(filter_of())
    path, text = installation.folder / "postcard.py", dedent(filter_of(summary="Print in 2 colors."))
    code = f"import postcard, pathlib\npathlib.Path({str(path)!r}).write_text({text!r})\n"
    installation.imported(code + "import imgcuda.registry; imgcuda.registry.installed()")
    assert installation.listed()["postcard"] == "Print in 2 colors."


@pytest.mark.exhaustive
def test_what_is_installed_while_a_command_starts_is_found_by_the_next(installation: Installation) -> None:
    installation.add(filter_of())
    info, other = (str(installation.folder / f"{name}-0.3.dist-info") for name in ("old_photo", "new_photo"))
    installation.write("tritone", filter_of("Tritone", alias="three-colors"))
    installation.imported(f"""
import imgcuda.registry, pathlib, shutil, imgcuda.registry.distributions as distributions
find = distributions.find
def find_then_install(setting):
    found = find(setting)
    shutil.copytree({info!r}, {other!r})
    pathlib.Path({other!r}, "METADATA").write_text("Metadata-Version: 2.1\\nName: new-photo\\nVersion: 0.3\\n")
    pathlib.Path({other!r}, "entry_points.txt").write_text("[imgcuda]\\ntritone = tritone\\n")
    return found
distributions.find = find_then_install
assert "tritone" not in imgcuda.registry.installed().entries""")
    assert installation.indexes
    assert {"postcard", "tritone"} <= set(installation.listed())


@pytest.mark.exhaustive
def test_a_plugin_that_changes_the_search_path_is_indexed(installation: Installation) -> None:
    installation.add(filter_of() + "\n    import sys; sys.path.append('/nowhere')\n")
    assert "postcard" in installation.command("list")
    assert "postcard" not in installation.command("list")


@pytest.mark.exhaustive
def test_distributions_that_another_finder_finds_are_found(installation: Installation) -> None:
    """A finder of another kind may find distributions that lie in no folder: nothing is kept then."""
    installation.add(filter_of())
    code = "import sys; sys.meta_path.append(type('Finder', (), {'find_distributions': lambda *_: [], 'find_spec': F}))"
    code = code.replace("F}", "lambda *_: None}") + "\nfrom imgcuda.cli import run; run(['list'])"
    for _ in range(2):
        assert "postcard" in installation.imported(code)
    assert not installation.indexes
